"""The server-sent events of one request to the upstream: what each says, and the bytes that it came in."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

MAX_EVENT_BYTES = 64 << 20
"""A tool call of 10 MB in one event passes; an upstream that never ends an event does not fill the memory."""
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


class EventCutter:
    """Cuts the bytes of a stream, which arrive cut anywhere, into events. Lines end in LF or CR LF."""

    def __init__(self, *, max_bytes: int = MAX_EVENT_BYTES) -> None:
        self._max_bytes = max_bytes
        self._buffer = bytearray()
        self._line = 0  # where the line begins that has not been read
        self._seen = 0  # where the search for its end goes on

    def push(self, chunk: bytes) -> Iterator[LegEvent]:
        """Yield the events that are complete. Raises `LegBroke` for one that is too long."""
        self._buffer += chunk
        while (end := self._buffer.find(b"\n", self._seen)) >= 0:
            is_blank = not self._buffer[self._line : end].strip()
            self._line = self._seen = end + 1
            if is_blank:
                yield self._take(end + 1)
        self._seen = len(self._buffer)
        if len(self._buffer) > self._max_bytes:
            raise LegBroke(f"it sent an event of more than {self._max_bytes} bytes")

    def finish(self) -> Iterator[LegEvent]:
        """Yield what has no blank line behind it."""
        if self._buffer.strip():
            self._buffer += b"\n\n"
            yield self._take(len(self._buffer))

    def _take(self, length: int) -> LegEvent:
        raw = bytes(self._buffer[:length])
        del self._buffer[:length]
        self._line = self._seen = 0
        return read_event(raw)


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
    """Yield the events of a body. Raises `LegBroke`, and what `chunks` raises."""
    cutter = EventCutter()
    async for chunk in chunks:
        for event in cutter.push(chunk):
            yield event
    for event in cutter.finish():
        yield event
