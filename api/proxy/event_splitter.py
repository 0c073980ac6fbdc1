"""Whole server-sent events out of pieces of bytes that are cut anywhere."""

import re

_MARKS = (b"\n\n", b"\n\r\n", b"\r\r")
_END = re.compile(rb"\r?\n\r?\n|\r\r")
MAX_HELD = 16 << 20
"""Bytes of one event that are held back until it is whole: a tool call of 10 MB comes in one event."""
_REACH = 3
"""Bytes of the pieces before in which the end of an event may begin."""


class EventSplitter:
    """Holds back the beginning of an event until its end has come. A client can do nothing with a part of one.

    An event that is longer than `max_held` goes on in pieces, and is not read.
    """

    def __init__(self, *, max_held: int = MAX_HELD) -> None:
        self._max_held = max_held
        self._held: list[bytes] = []
        self._size = 0
        self._reach = b""
        self._is_between = True

    @property
    def is_between_events(self) -> bool:
        """Whether all that went on are whole events."""
        return self._is_between

    def feed(self, chunk: bytes) -> bytes:
        """Return the bytes up to the last end of an event; none if there is none."""
        seen = self._reach + chunk
        end = _last_end(seen)
        self._reach = seen[end or 0 :][-_REACH:]
        if end is None:
            return self._hold(chunk)
        place = end - (len(seen) - len(chunk))
        ready, rest = b"".join((*self._held, chunk[:place])), chunk[place:]
        self._held, self._size, self._is_between = ([rest] if rest else []), len(rest), True
        return ready

    def flush(self) -> bytes:
        """Return what is held, which is no whole event."""
        left = b"".join(self._held)
        self._held, self._size = [], 0
        self._is_between = self._is_between and not left
        return left

    def split(self, events: bytes) -> list[bytes]:
        """Return whole events one by one, each with its end."""
        found, begin = [], 0
        for end in _END.finditer(events):
            found.append(events[begin : end.end()])
            begin = end.end()
        return [*found, events[begin:]] if begin < len(events) else found

    def _hold(self, chunk: bytes) -> bytes:
        if self._size + len(chunk) <= self._max_held and self._is_between:
            self._held.append(chunk)
            self._size += len(chunk)
            return b""
        passed = b"".join((*self._held, chunk))
        self._held, self._size, self._is_between = [], 0, False
        return passed


def ends_event(seen: bytes) -> bool:
    """Whether bytes end behind an event."""
    return seen.endswith(_MARKS)


def _last_end(seen: bytes) -> int | None:
    """Return the place behind the last end of an event."""
    places = [place + len(mark) for mark in _MARKS if (place := seen.rfind(mark)) >= 0]
    return max(places) if places else None
