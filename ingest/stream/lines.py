"""Cutting a stream into numbered pieces of text - lines, or documents between cut lines - of bounded size."""

from collections.abc import Iterator
from dataclasses import dataclass

from midthought.ingest.stream.chunks import StreamError

CUT_LINE = b"---8<---"
"""The line that stands between two documents of a plain-text file."""


@dataclass(frozen=True, slots=True)
class RawText:
    """One line or document, still as bytes.

    Attributes:
        number: the 1-based line it begins on.
        size: its length in bytes, without the end of the line.
        data: its bytes; None if `size` is more than the limit.
        broken: why the stream ends in the middle of it; empty if it is whole.
    """

    number: int
    size: int
    data: bytes | None
    broken: str = ""


class _Pile:
    """The bytes of one text, kept only while they stay within the limit."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.size = 0
        self._held = bytearray()

    def add(self, piece: bytes | None, *, size: int) -> None:
        """Add `piece`, or None if it is too long by itself."""
        self.size += size
        if piece is None or self.size > self._limit:
            self._held.clear()
        else:
            self._held += piece

    def take(self, number: int, *, broken: str = "") -> RawText:
        """Return the collected parts as one, and forget them."""
        data = bytes(self._held) if self.size <= self._limit else None
        taken = RawText(number, self.size, data, broken)
        self.size = 0
        self._held.clear()
        return taken


def split_lines(chunks: Iterator[bytes | StreamError], *, limit: int) -> Iterator[RawText]:
    """Yield every line, holding at most `limit` bytes and one chunk; a broken stream ends in a broken line."""
    number, pile, broken = 1, _Pile(limit), ""
    for chunk in chunks:
        if isinstance(chunk, StreamError):
            broken = chunk.reason
            break
        # The part behind the last line end waits for the next chunk.
        *ended, rest = chunk.split(b"\n")
        for piece in ended:
            pile.add(piece, size=len(piece))
            yield pile.take(number)
            number += 1
        pile.add(rest, size=len(rest))
    if pile.size or broken:
        yield pile.take(number, broken=broken)


def split_documents(lines: Iterator[RawText], *, limit: int) -> Iterator[RawText]:
    """Yield the documents that cut lines divide `lines` into.

    A document the stream breaks off in is not to be trusted: only the break is yielded, at its own line.
    """
    begin, last, pile = 1, 0, _Pile(limit)
    for line in lines:
        if line.broken:
            yield RawText(line.number, 0, b"", line.broken)
            return
        last = line.number
        if line.data is not None and line.data.strip() == CUT_LINE:
            yield pile.take(begin)
            begin = last + 1
        else:
            pile.add(None if line.data is None else line.data + b"\n", size=line.size + 1)
    if last >= begin:
        yield pile.take(begin)
