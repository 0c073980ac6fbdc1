"""The server-sent events of one request to the upstream: what each says, and the bytes that it came in."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from midthought.api.proxy.event_splitter import EventSplitter

MAX_EVENT_BYTES = 64 << 20
"""A longer event goes on in pieces, unread; a tool call of 10 MB is none."""
_DONE = b"[DONE]"


class LegBroke(Exception):
    """The upstream broke off: an answer that has begun is not at its end."""


@dataclass(frozen=True, slots=True)
class LegEvent:
    """One event.

    Attributes:
        raw: its bytes, with the blank line behind it.
        content: the JSON object in it; None for a comment, ``[DONE]`` and what is no JSON object.
        is_done: it is ``[DONE]``.
    """

    raw: bytes
    content: Mapping[str, Any] | None = None
    is_done: bool = False


def read_event(raw: bytes) -> LegEvent:
    """Return what the bytes of one event say."""
    lines = (line.removesuffix(b"\r") for line in raw.split(b"\n"))
    data = b"\n".join(line[5:].removeprefix(b" ") for line in lines if line.startswith(b"data:"))
    if not data:
        return LegEvent(raw)
    if data.strip() == _DONE:
        return LegEvent(raw, is_done=True)
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return LegEvent(raw)
    return LegEvent(raw, content if isinstance(content, dict) else None)


def write_event(content: Mapping[str, Any]) -> bytes:
    """Return the bytes of an event that is made here."""
    return b"data: " + write_json(content) + b"\n\n"


def write_json(content: Mapping[str, Any]) -> bytes:
    """Return JSON in UTF-8; half a pair of surrogates, which UTF-8 cannot hold, is escaped."""
    try:
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(content, separators=(",", ":")).encode()


async def cut_events(chunks: AsyncIterator[bytes]) -> AsyncGenerator[LegEvent, None]:
    """Yield the events of a body that arrives cut anywhere. Raises what `chunks` raises."""
    splitter = EventSplitter(max_held=MAX_EVENT_BYTES)
    async for chunk in chunks:
        if ready := splitter.feed(chunk):
            for raw in splitter.split(ready):
                yield read_event(raw)
    if left := splitter.flush().strip():
        yield read_event(left + b"\n\n")
