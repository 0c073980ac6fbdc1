"""The part of a stream that is still needed, by its place in the whole."""

TAIL = 128
"""Bytes that are always kept: enough to look back to the beginning of a line."""


class ByteWindow:
    """Bytes of a stream from some place on, at most `limit` of them and one chunk.

    Attributes:
        broken: why the stream ended before its end; empty if it did not.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = bytearray()
        self._start = 0  # the place of the first byte that is held
        self._kept = 0  # the place from which bytes are needed
        self._lines, self._counted = 1, 0  # the line at a place, for places in ascending order
        self.broken = ""

    @property
    def end(self) -> int:
        """The place behind the last byte."""
        return self._start + len(self._held)

    def add(self, chunk: bytes) -> None:
        """Add the next bytes, and forget those that are not needed or too many."""
        if self.end - self._kept > self._limit:
            self._forget(self.end - TAIL)
        else:
            self._forget(min(self._kept, self.end) - TAIL)
        self._held += chunk

    def keep_from(self, place: int) -> None:
        """Say that nothing before a place is needed."""
        self._kept = place

    def take(self, begin: int, end: int) -> bytes | None:
        """Return the bytes between two places; None if they are more than the limit."""
        if begin < self._start or end - begin > self._limit:
            return None
        return bytes(self._held[begin - self._start : end - self._start])

    def take_last(self, end: int, size: int) -> bytes:
        """Return up to `size` bytes before a place."""
        return bytes(self._held[max(end - size - self._start, 0) : end - self._start])

    def line_of(self, place: int) -> int:
        """Return the line of a place, counted from 1; places are asked for in ascending order."""
        if place > self._counted:
            self._count(place)
        return self._lines

    def _count(self, place: int) -> None:
        begin, end = max(self._counted - self._start, 0), place - self._start
        self._lines += self._held.count(b"\n", begin, end)
        self._counted = place

    def _forget(self, place: int) -> None:
        if place > self._start:
            if place > self._counted:
                self._count(place)
            del self._held[: place - self._start]
            self._start = place
