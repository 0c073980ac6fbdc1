"""The bytes of a stream, decompressed as their first bytes say, whatever the name of the file."""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO

import zstandard

from midthought.ingest.stream.frames import GZIP, ZSTD

READ_BYTES = 1 << 16
_HEAD_BYTES = 10

_GZIP = re.compile(rb"\x1f\x8b")
_ZSTD = re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18")
_UNSUPPORTED = (
    ("xz", re.compile(rb"\xfd7zXZ\x00")),
    ("bzip2", re.compile(rb"BZh[1-9]1AY&SY")),
    ("zip", re.compile(rb"PK\x03\x04")),
)


@dataclass(frozen=True, slots=True)
class StreamError:
    """The stream cannot be read on; `reason` says why."""

    reason: str


def read_chunks(stream: BinaryIO) -> Iterator[bytes | StreamError]:
    """Yield the decompressed bytes of `stream` in pieces; a `StreamError` comes last if the stream is damaged."""
    try:
        yield from _decompress(_read_raw(stream))
    except EOFError as error:
        yield StreamError(str(error))
    except zlib.error as error:
        yield StreamError(f"the gzip data is corrupt from here on ({error})")
    except zstandard.ZstdError as error:
        yield StreamError(f"the zstd data is corrupt from here on ({error})")
    except OSError as error:
        yield StreamError(f"reading failed here ({error.strerror or error})")


def _decompress(raw: Iterator[bytes]) -> Iterator[bytes | StreamError]:
    head = _take_head(raw)
    # The bytes that were read to recognise the format belong to the data.
    pieces = chain([head], raw)
    if _GZIP.match(head):
        return GZIP.decode(pieces)
    if _ZSTD.match(head):
        return ZSTD.decode(pieces)
    for name, magic in _UNSUPPORTED:
        if magic.match(head):
            return iter([StreamError(f"the data is compressed with {name}: expected plain text, gzip or zstd")])
    return pieces


def _take_head(raw: Iterator[bytes]) -> bytes:
    """Read until every magic number could be told; a pipe may hand over single bytes."""
    head = b""
    for piece in raw:
        head += piece
        if len(head) >= _HEAD_BYTES:
            break
    return head


def _read_raw(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the bytes that have arrived: `read1` does not wait for a pipe to fill a whole piece, `read` would."""
    read = getattr(stream, "read1", stream.read)
    while piece := read(READ_BYTES):
        yield piece
