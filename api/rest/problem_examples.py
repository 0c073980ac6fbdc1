"""An example of the problem document of each status, as the service words it."""

from typing import Any

from midthought.api.rest.problems import TITLES

_URN = "urn:midthought:problem:"
_TOLD: dict[int, tuple[str, str]] = {
    400: ("bad-input", "min_score must be 0 to 1, got 7"),
    401: ("invalid-key", "send 'Authorization: Bearer <key>' with a valid key"),
    402: ("budget-spent", "the budget of 100,000 tokens is spent: what was committed stays, and more continues it"),
    403: ("not-allowed", "this needs a key with the right to write"),
    404: ("not-found", "there is no namespace typo"),
    408: ("", "the body did not come within 60 seconds"),
    409: ("encoder-mismatch", "the memory was built with the encoder minilm, and is opened with hashing"),
    412: ("", "the state is another: read it again"),
    413: ("too-large", "the body has more than 64 MiB, which the setting max_body_mb allows"),
    415: ("", "the body is 'text/html', expected application/json"),
    422: ("", "body.k: Input should be less than or equal to 1000"),
    429: ("", "too many ingestions at once: try again soon"),
    500: ("store-damaged", "an invariant of the stored data does not hold"),
    501: ("no-model", "no language model is configured: give the settings 'model' and 'model_url'"),
    502: ("engine-failed", "the model server does not answer: start it"),
    503: ("overloaded", "1,000 jobs wait for their turn, the most there may be: try again later"),
    504: ("deadline-passed", "the thought did not end within 30 seconds"),
    507: ("store-full", "the disk is full: nothing was written"),
}


def problem_example(status: int) -> dict[str, Any]:
    """Return a problem document of a status; one of 422 names the places that are wrong."""
    kind, detail = _TOLD[status]
    told = {"type": _URN + kind if kind else "about:blank", "title": TITLES[status], "status": status, "detail": detail}
    place, _, reason = detail.partition(": ")
    errors = {"errors": [{"place": place, "reason": reason}]} if status == 422 else {}
    return {**told, **errors, "request_id": "q-0f5a3c2b9d8e7f61"}
