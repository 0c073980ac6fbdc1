"""The server-sent events of one request to the upstream: what each says, and the bytes that it came in."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import Any

from midthought.api.proxy.event_splitter import EventSplitter
from midthought.api.proxy.proxy_call import write_body

MAX_EVENT_BYTES = 64 << 20
"""A longer event goes on in pieces, unread; a tool call of 10 MB is none."""
_DONE = b"[DONE]"
_MAX_DONE = 100


class LegBroke(Exception):
    """The upstream broke off: an answer that has begun is not at its end."""


class LegEvent:
    """One event, which is parsed when it is first looked into: most of them only pass.

    Args:
        raw: its bytes, with the blank line behind it; empty for one that is made here.
        content: of one that is made here.
    """

    __slots__ = ("_content", "_is_parsed", "raw")

    def __init__(self, raw: bytes, content: Mapping[str, Any] | None = None) -> None:
        self.raw = raw
        self._content = content
        self._is_parsed = content is not None

    @property
    def content(self) -> Mapping[str, Any] | None:
        """The JSON object in it; None for a comment, ``[DONE]`` and what is no JSON object."""
        if not self._is_parsed:
            self._content, self._is_parsed = _parse(_data(self.raw)), True
        return self._content

    @property
    def is_done(self) -> bool:
        """Whether it is ``[DONE]``."""
        return len(self.raw) < _MAX_DONE and _data(self.raw).strip() == _DONE


def _data(raw: bytes) -> bytes:
    lines = (line.removesuffix(b"\r") for line in raw.split(b"\n"))
    return b"\n".join(line[5:].removeprefix(b" ") for line in lines if line.startswith(b"data:"))


def _parse(data: bytes) -> Mapping[str, Any] | None:
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def write_event(content: Mapping[str, Any]) -> bytes:
    """Return the bytes of an event that is made here."""
    return b"data: " + write_body(content) + b"\n\n"


async def cut_events(chunks: AsyncIterator[bytes]) -> AsyncGenerator[LegEvent, None]:
    """Yield the events of a body that arrives cut anywhere. Raises what `chunks` raises."""
    splitter = EventSplitter(max_held=MAX_EVENT_BYTES)
    async for chunk in chunks:
        if ready := splitter.feed(chunk):
            for raw in splitter.split(ready):
                yield LegEvent(raw)
    if left := splitter.flush().strip():
        yield LegEvent(left + b"\n\n")
