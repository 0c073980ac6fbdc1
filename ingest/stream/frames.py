"""Decompressing gzip and zstd streams of any number of members, delivering what stands before a damaged place."""

import zlib
from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

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


def decode_gzip(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the text of every gzip member. Raises `zlib.error` if the data is corrupt, `EOFError` if it is cut off."""
    return _decode(pieces, "gzip", open_frame=_open_gzip, feed=_feed_gzip)


def decode_zstd(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the text of every zstd frame. Raises `zstandard.ZstdError` if it is corrupt, `EOFError` if it is cut off.

    A damaged block gives nothing, and takes with it whatever shares its last KiB of compressed data.
    """
    return _decode(pieces, "zstd", open_frame=_open_zstd, feed=_feed_zstd)


def _decode(
    pieces: Iterator[bytes],
    name: str,
    *,
    open_frame: Callable[[], _AnyFrame],
    feed: Callable[[_AnyFrame, bytes], Iterator[bytes]],
) -> Iterator[bytes]:
    """The loop over members: each ends by itself, zero bytes may pad the gap, then the next may begin."""
    frame: _AnyFrame | None = None
    for data in _cut(pieces):
        while data := data if frame else data.lstrip(b"\0"):
            frame = frame or open_frame()
            yield from feed(frame, data)
            if not frame.eof:
                break
            data, frame = frame.unused_data, None
    if frame is not None:
        raise EOFError(f"the {name} data ends before it is complete: the file was cut off here")


def _cut(pieces: Iterator[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        for start in range(0, len(piece), FEED_BYTES):
            yield piece[start : start + FEED_BYTES]


def _open_gzip() -> _GzipFrame:
    return zlib.decompressobj(_GZIP_WINDOW)


def _feed_gzip(frame: _GzipFrame, data: bytes) -> Iterator[bytes]:
    """Yield what `data` adds. zlib drops the output of a failing call, so that call is repeated byte by byte."""
    before = frame.copy()
    try:
        text = frame.decompress(data)
    except zlib.error:
        yield from (before.decompress(data[at : at + 1]) for at in range(len(data)))
        raise
    yield text


def _open_zstd() -> _Frame:
    return zstandard.ZstdDecompressor().decompressobj()


def _feed_zstd(frame: _Frame, data: bytes) -> Iterator[bytes]:
    yield frame.decompress(data)
