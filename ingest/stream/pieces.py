"""How a source is divided into pieces that hold a record each: rows, items of a JSON document, lines, or documents."""

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO, cast

from midthought.ingest.formats.format import Format
from midthought.ingest.formats.registry import RECORD_FIELDS
from midthought.ingest.stream.chunks import StreamError, read_chunks
from midthought.ingest.stream.eval_archive import MAGIC, list_samples, read_samples
from midthought.ingest.stream.json_items import goes_on, is_document, split_items
from midthought.ingest.stream.limits import Limits
from midthought.ingest.stream.lines import RawText, split_documents, split_lines
from midthought.ingest.stream.tables import RawRow, TableKind, read_rows, tell_table

TEXT_NAME = re.compile(r"\.(txt|md)(\.(gz|zst))?$", re.IGNORECASE)
"""The names of plain-text files; one whose content begins with a JSON object is still read as JSON."""

_BOM = b"\xef\xbb\xbf"
_JSON_IN_TEXT = re.compile(rb"\s*(?:\[\s*)?\{")
_MAGIC_BYTES = 8


@dataclass(frozen=True, slots=True)
class PieceCutter:
    """Divides sources.

    Attributes:
        format: as it was named, or `Format.AUTO`.
        max_bytes: the longest piece; of a longer one, only the size is told.
        limits: how much a source may hold.
    """

    format: Format
    max_bytes: int
    limits: Limits

    def cut(self, stream: BinaryIO, name: str) -> tuple[Format, Iterator[RawText | RawRow]]:
        """Return the format in which the pieces of a stream are to be read, and the pieces.

        The format is the one that was named, or `Format.TEXT` if the name of the file says so. Tables and archives
        are told by their first bytes.
        """
        start = _read_start(stream)
        if kind := tell_table(start):
            return self.format, self._count_rows(read_rows(stream, kind))
        if start.startswith(MAGIC) and (samples := list_samples(stream)):
            return self.format, read_samples(stream, samples, limits=self.limits, max_bytes=self.max_bytes)
        chunks = self.limits.count_bytes(read_chunks(stream))
        head, chunks = _take_head(chunks, limit=self.max_bytes)
        if kind := tell_table(head):
            return self.format, self._read_copy(chunks, kind)
        told = Format.TEXT if self.format is Format.AUTO and is_plain_text(name, head) else self.format
        if told is Format.TEXT:
            return told, split_documents(split_lines(chunks, limit=self.max_bytes), limit=self.max_bytes)
        if is_document(head):
            return told, split_items(chunks, limit=self.max_bytes, record_fields=RECORD_FIELDS)
        return told, split_lines(chunks, limit=self.max_bytes)

    def _read_copy(self, chunks: Iterator[bytes | StreamError], kind: TableKind) -> Iterator[RawText | RawRow]:
        """Yield the rows of a table from a copy of it: its end is read first, which a pipe or gzip does not allow."""
        with tempfile.TemporaryFile() as copy:
            for chunk in chunks:
                if isinstance(chunk, StreamError):
                    yield RawRow(1, 0, None, chunk.reason)
                    return
                copy.write(chunk)
            copy.seek(0)
            yield from self._count_rows(read_rows(cast(BinaryIO, copy), kind))

    def _count_rows(self, rows: Iterator[RawRow]) -> Iterator[RawRow]:
        """Yield the rows; a table may hold many times the bytes of its file."""
        size = 0
        for row in rows:
            size += row.size
            self.limits.check_size(size)
            yield row


def is_plain_text(name: str, head: bytes) -> bool:
    """Return whether a file is plain text by its name, and does not begin as JSON does."""
    return bool(TEXT_NAME.search(name)) and not _JSON_IN_TEXT.match(head.removeprefix(_BOM))


def _read_start(stream: BinaryIO) -> bytes:
    """Return the first bytes of a file that can be sought in, which stays at its start; of others, none."""
    if not (getattr(stream, "seekable", bool)() and stream.tell() == 0):
        return b""
    start = stream.read(_MAGIC_BYTES)
    stream.seek(0)
    return start


def _take_head(chunks: Iterator[bytes | StreamError], *, limit: int) -> tuple[bytes, Iterator[bytes | StreamError]]:
    """Return the first bytes, as many as it takes to tell how they are divided, and all chunks.

    A writer of lines may wait for an answer to its first line: no more is read than that, unless it goes on.
    """
    looked: list[bytes | StreamError] = []
    head, has_line = bytearray(), False
    for chunk in chunks:
        looked.append(chunk)
        if isinstance(chunk, StreamError):
            break
        has_line = b"\n" in chunk or has_line
        is_new = len(head) < _MAGIC_BYTES
        head += chunk
        # A long first line is looked at when it ends, not with each of its chunks.
        if ((is_new or has_line) and _tells_enough(bytes(head))) or len(head) > limit:
            break
    return bytes(head), chain(looked, chunks)


def _tells_enough(head: bytes) -> bool:
    start = head.removeprefix(_BOM).lstrip()
    if not start or len(head) < _MAGIC_BYTES:
        return False
    if not start.startswith(b"{"):
        return True
    _, ended, rest = start.partition(b"\n")
    return bool(ended) and (bool(rest.strip()) or not goes_on(head))
