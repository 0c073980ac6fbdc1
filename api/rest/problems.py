"""The one table from Midthought's errors to HTTP, as `application/problem+json` (RFC 9457), and back."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from difflib import get_close_matches
from itertools import islice
from typing import Any

from midthought.api.harvesting import NoModel
from midthought.api.redaction import clean_text
from midthought.api.rest.request_context import current_request
from midthought.ingest.decomposition.model_calls import BudgetSpent, Spent
from midthought.memory import errors

MEDIA_TYPE = "application/problem+json"
_URN = "urn:midthought:problem:"
_BUDGET_SPENT = "budget-spent"

STATUS: dict[type[errors.MidthoughtError], int] = {
    errors.BadInput: 400,
    errors.NotFound: 404,
    errors.NotAllowed: 403,
    errors.TooLarge: 413,
    errors.TooManySessions: 429,
    errors.EncoderMismatch: 409,
    errors.BadSettings: 500,
    NoModel: 501,
    errors.StoreDamaged: 500,
    errors.StoreError: 500,
    errors.StoreTooNew: 500,
    errors.MidthoughtError: 500,
    errors.MissingExtra: 501,
    errors.EngineFailed: 502,
    errors.Unreachable: 502,
    errors.Overloaded: 503,
    errors.StoreInUse: 503,
    errors.WrongProcess: 503,
    errors.IndexUnavailable: 503,
    errors.StoreFull: 507,
}
"""The status of each error class; a class that is not listed has the status of its parent."""

TITLES = {
    400: "Bad request",
    401: "No valid key",
    402: "Budget spent",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    408: "Took too long",
    409: "Conflict",
    412: "Another state",
    413: "Too large",
    415: "Media type not supported",
    422: "Request not understood",
    429: "Too busy",
    500: "Internal error",
    501: "Not available",
    502: "Model failed",
    503: "Not ready",
    504: "Took too long",
    507: "Disk full",
}

MAX_ERRORS = 100
"""Errors of one body that are said."""
_MAX_NAME = 80
_OBJECT = "Input should be a valid object"
_JSON_WORDS = {
    "dataclass_type": _OBJECT,
    "dict_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "tuple_type": "Input should be a valid list",
    "unexpected_keyword_argument": "Extra inputs are not permitted",
}
"""Messages for callers who wrote JSON, by pydantic's error type, where pydantic's own message names a Python type."""


def status_of(error: errors.MidthoughtError) -> int:
    """Return the status of an error: its own class's, or its nearest parent's."""
    return next(STATUS[parent] for parent in type(error).__mro__ if parent in STATUS)


def problem_of(error: errors.MidthoughtError) -> dict[str, Any]:
    """Return the problem document of an error."""
    record = problem(status_of(error), str(error), kind=_kebab(type(error)))
    return record | ({"place": error.place} if isinstance(error, errors.BadInput) and error.place else {})


def problem(status: int, detail: str, *, kind: str = "") -> dict[str, Any]:
    """Return a problem document; `kind` is the last part of its type."""
    record = {"title": TITLES.get(status, "Error"), "status": status, "detail": clean_text(detail)}
    names = current_request()
    return {"type": _URN + kind if kind else "about:blank", **record} | ({"request_id": names.id} if names else {})


def budget_problem(error: BudgetSpent) -> dict[str, Any]:
    """Return the problem document of a job whose budget is spent, with what it has spent."""
    return problem(402, str(error), kind=_BUDGET_SPENT) | {"spent": asdict(error.spent)}


def field_errors(found: Iterable[Mapping[str, Any]], known: Collection[str] = ()) -> list[dict[str, str]]:
    """Return pydantic's first errors as places and reasons, in the words of JSON: lists and objects, no Python types.

    Of what a caller has named only the beginning is said back: a body may have a hundred thousand fields that do not
    exist, or one with a name of megabytes. `known` are the fields of the body: the nearest is named for one that does
    not exist.
    """
    first = islice((one for one in found if not _echoes(one)), MAX_ERRORS)
    return [{"place": ".".join(_shown(part) for part in one["loc"]), "reason": _reason(one, known)} for one in first]


def _shown(part: str | int) -> str:
    text = str(part)
    return text if len(text) <= _MAX_NAME else f"{text[:_MAX_NAME]}..."


def _reason(error: Mapping[str, Any], known: Collection[str]) -> str:
    if error["type"] == "json_invalid":
        return f"not JSON: {error['ctx']['error']}"
    said = _JSON_WORDS.get(error["type"]) or re.sub(r"^Tuple\b", "List", error["msg"])
    is_unknown = error["type"] in ("unexpected_keyword_argument", "extra_forbidden") and len(error["loc"]) == 2
    near = get_close_matches(str(error["loc"][-1])[:_MAX_NAME], known, n=1) if is_unknown else []
    return f"{said}; did you mean {near[0]!r}?" if near else said


def _echoes(error: Mapping[str, Any]) -> bool:
    """Whether pydantic reports a list as too short only because it left out bad items, which have their own errors."""
    given = error["input"]
    return error["type"] == "too_short" and isinstance(given, list) and len(given) >= error["ctx"]["min_length"]


_REBUILT: tuple[type[errors.MidthoughtError], ...] = (
    errors.BadInput,
    errors.TooLarge,
    errors.NotFound,
    errors.NotAllowed,
    errors.SessionGone,
    errors.TooManySessions,
    errors.Overloaded,
    errors.EncoderMismatch,
    errors.StoreFull,
    errors.StoreDamaged,
    errors.EngineFailed,
    errors.IndexUnavailable,
)
"""The errors that a client raises as the service did; the others are the service's own."""
_OTHER_KINDS: dict[str, type[errors.MidthoughtError]] = {
    "no-engine": errors.BadSettings,
    "no-model": NoModel,
    "deadline-passed": errors.EngineFailed,
    "too-many-requests": errors.Overloaded,
    "too-many-at-once": errors.Overloaded,
    "too-many-refused-keys": errors.Overloaded,
}
"""What a client raises for kinds of problems that are named after no class."""


def error_from_problem(record: Mapping[str, Any]) -> errors.MidthoughtError | BudgetSpent:
    """Return the error of a problem document: of the same class if a client can get that class, else `Unreachable`."""
    detail = str(record.get("detail", "no reason was given"))
    name = str(record.get("type", "")).removeprefix(_URN)
    if name == _BUDGET_SPENT:
        return BudgetSpent(detail, Spent(**record.get("spent", {})))
    found = next((one for one in _REBUILT if _kebab(one) == name), _OTHER_KINDS.get(name))
    if record.get("status") in (401, 403):  # no key, one that is not known, one without the right
        found = found or errors.NotAllowed
    if record.get("status") == 422:  # a field out of the bounds that the service declares
        found = found or errors.BadInput
    if found is None:
        return errors.Unreachable(f"the service refused the request ({record.get('status')}): {detail}")
    return found(detail)


def _kebab(error_class: type[errors.MidthoughtError]) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", error_class.__name__).lower()
