"""Server-sent events of an answer that a model still writes, as the JSON in them."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from midthought.memory.errors import EngineFailed

_DONE = b"[DONE]"
_ERROR = b"error"
"""The name of an event that is one (``event: error``)."""
_MAX_LINE_BYTES = 16 << 20
"""The first event may hold every id of a prompt: a million tokens are 8 MB."""
_SHOWN = 200
_GIVEN_UP = frozenset({"abort", "content_filter", "error"})
"""Reasons for an end that is none of the model's (vLLM, hosted services)."""

Event = dict[str, Any]


def read_events(chunks: Iterable[bytes], *, patience: float, clock: Callable[[], float]) -> Iterator[Event]:
    """Yield the JSON object of every ``data:`` line up to ``[DONE]``: parts of an answer (``choices``), or usage alone.

    A server must have said why the text ends (``finish_reason``), with ``[DONE]`` or without. Lines end in a line feed
    only: JSON may hold other characters that Unicode counts as line ends. A server that does not stream, and answers
    with one JSON object, has said everything in one event.

    Args:
        chunks: the body as it arrives, cut anywhere.
        patience: seconds that may pass without an event; comments, which keep a connection open, do not count.
        clock: seconds from any start.

    Raises:
        EngineFailed: an error event, something that is no part of an answer, an answer that is cut off, or no event in
            time.
    """
    finished = False
    for name, line in _data_lines(chunks, patience, clock):
        if name == _ERROR:
            raise EngineFailed(f"the server reports an error: {_show(line)}")
        if line == _DONE:
            break
        event = _read_event(line)
        finished = is_finished(event) or finished
        yield event
    if not finished:
        raise EngineFailed("the server ended the answer before its end: it gave no finish_reason")


def is_finished(event: Event) -> bool:
    """Whether an event says why the text ends. Raises `EngineFailed` if the server gave it up."""
    choices = event.get("choices")
    reasons = (
        [one.get("finish_reason") for one in choices if isinstance(one, dict)] if isinstance(choices, list) else []
    )
    for one in reasons:
        check_given_up(one)
    return any(isinstance(one, str) and one for one in reasons)


def check_given_up(reason: object) -> None:
    """Raise `EngineFailed` if an answer that ends for this reason (``finish_reason``) was given up."""
    if isinstance(reason, str) and reason in _GIVEN_UP:
        raise EngineFailed(f"the server gave up the answer: {reason}")


def _data_lines(chunks: Iterable[bytes], patience: float, clock: Callable[[], float]) -> Iterator[tuple[bytes, bytes]]:
    """Yield the name of each event, which is empty if it has none, and its data."""
    heard, name = clock(), b""
    for line in _lines(chunks):
        if line.startswith((b"data:", b"{")):
            heard = clock()
            yield name, line.removeprefix(b"data:").strip()
            name = b""
        elif line.startswith(b"event:"):
            name = line.removeprefix(b"event:").strip()
        elif clock() - heard > patience:
            raise EngineFailed(f"no token for {patience:g} seconds: see the setting 'model_timeout'")


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield complete lines, an empty one with every chunk that completes none, and last what has no line end."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > _MAX_LINE_BYTES:
            raise EngineFailed(f"the server sent a line of more than {_MAX_LINE_BYTES} bytes")
        yield from lines or [b""]
    if rest.strip():
        yield rest


def _read_event(line: bytes) -> Event:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError) as cause:
        raise EngineFailed(f"the server sent something that is no JSON: {_show(line)}") from cause
    if not isinstance(event, dict):
        raise EngineFailed(f"the server sent something that is no JSON object: {_show(line)}")
    if event.get("error"):
        raise EngineFailed(f"the server reports an error: {_message(event['error'])}")
    if event.get("object") == "error":
        raise EngineFailed(f"the server reports an error: {_message(event)}")
    choices = event.get("choices")
    if not isinstance(choices, list) and not (choices is None and isinstance(event.get("usage"), dict)):
        raise EngineFailed(f"the server sent an event that is no part of an answer: {_show(line)}")
    return event


def _message(error: object) -> str:
    message = error.get("message", error) if isinstance(error, dict) else error
    return str(message)[:_SHOWN]


def _show(line: bytes) -> str:
    return repr(line[:_SHOWN].decode("utf-8", "replace"))
