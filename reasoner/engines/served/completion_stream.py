"""The events of ``POST /v1/completions`` as what each adds to the text."""

from collections.abc import Iterable, Iterator
from typing import Any

from midthought.memory.errors import EngineFailed
from midthought.reasoner.engines.known_ids import are_token_ids
from midthought.reasoner.engines.served.deltas import Delta, is_cut, read_usage
from midthought.reasoner.engines.served.event_stream import Event
from midthought.reasoner.engines.served.token_chances import completion_chances


def read_completion_deltas(events: Iterable[Event]) -> Iterator[Delta]:
    """Yield one delta per event, without the token that ends the text. Raises `EngineFailed` for nonsense."""
    for event in events:
        try:
            yield _read_delta(event)
        except (LookupError, TypeError, ValueError, AttributeError) as cause:
            raise EngineFailed(f"the server sent an event that is no completion: {str(event)[:200]}") from cause


def _read_delta(event: Event) -> Delta:
    read, written = read_usage(event.get("usage"))
    choices = event.get("choices") or []
    if not choices:
        return Delta(written=written, read=read)
    choice = choices[0]
    text = choice.get("text") or ""
    if not isinstance(text, str):
        raise TypeError(f"the text is {type(text).__name__}")
    ids = _token_ids(choice.get("token_ids"))
    chances = completion_chances(choice.get("logprobs"))
    if choice.get("finish_reason") == "stop" and ids:
        # No stop string is sent, so the last token is the one that ends the text; its characters are not in `text`.
        ids, chances = ids[:-1], chances[: len(ids) - 1]
    return Delta(text, ids, tuple(chances), written, read, is_cut(choice.get("finish_reason")))


def _token_ids(given: Any) -> tuple[int, ...]:
    ids = given or []
    if not are_token_ids(ids):
        raise TypeError("a token id is none")
    return tuple(ids)
