"""Decompressing gzip and zstd streams of any number of members, delivering what stands before a damaged place."""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import zstandard

FEED_BYTES = 1 << 10
"""Compressed bytes handed over at a time: they become at most 1 MiB (gzip) or 32 MiB (zstd), whatever they hold."""

_GZIP_WINDOW = 16 + zlib.MAX_WBITS


class _Frame(Protocol):
    """What both libraries call a decompression object; neither gives the class a public name."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, /) -> bytes: ...


class _GzipFrame(_Frame, Protocol):
    def copy(self) -> "_GzipFrame": ...


_AnyFrame = TypeVar("_AnyFrame", bound=_Frame)


@dataclass(frozen=True, slots=True)
class Compression(Generic[_AnyFrame]):
    """How a compressed stream is read: each member or frame of it ends by itself, and another may follow.

    Attributes:
        name: for messages.
        open_frame: returns what decompresses one member.
        feed: yields what more data adds to a member; raises the library's error if they are corrupt.
    """

    name: str
    open_frame: Callable[[], _AnyFrame]
    feed: Callable[[_AnyFrame, bytes], Iterator[bytes]]

    def decode(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """Yield the text of every member; zero bytes may stand between two. Raises `EOFError` if the last is cut off.

        A damaged block of zstd gives nothing, and takes with it whatever shares its last KiB of compressed data.
        """
        frame: _AnyFrame | None = None
        for data in _cut(pieces):
            while data := data if frame else data.lstrip(b"\0"):
                frame = frame or self.open_frame()
                yield from self.feed(frame, data)
                if not frame.eof:
                    break
                data, frame = frame.unused_data, None
        if frame is not None:
            raise EOFError(f"the {self.name} data ends before it is complete: the file was cut off here")


def _cut(pieces: Iterator[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        for start in range(0, len(piece), FEED_BYTES):
            yield piece[start : start + FEED_BYTES]


def _feed_gzip(frame: _GzipFrame, data: bytes) -> Iterator[bytes]:
    """Yield what `data` adds. zlib drops the output of a failing call, so that call is repeated byte by byte."""
    before = frame.copy()
    try:
        text = frame.decompress(data)
    except zlib.error:
        yield from (before.decompress(data[at : at + 1]) for at in range(len(data)))
        raise
    yield text


def _feed_zstd(frame: _Frame, data: bytes) -> Iterator[bytes]:
    yield frame.decompress(data)


GZIP: Compression[_GzipFrame] = Compression("gzip", lambda: zlib.decompressobj(_GZIP_WINDOW), _feed_gzip)
ZSTD: Compression[_Frame] = Compression("zstd", lambda: zstandard.ZstdDecompressor().decompressobj(), _feed_zstd)
