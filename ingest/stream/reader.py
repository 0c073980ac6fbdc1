"""Reading trajectories from a file or standard input, one bad record never losing the rest."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from stat import S_ISDIR
from typing import BinaryIO

from midthought.ingest.formats.format import Format
from midthought.ingest.formats.json_line import check_strings, decode_text, parse_object
from midthought.ingest.formats.marked import parse_text
from midthought.ingest.formats.registry import parse_record
from midthought.ingest.progress import IngestStopped, IsStopped, never
from midthought.ingest.stream.chunks import StreamError, read_chunks
from midthought.ingest.stream.limits import NO_LIMITS, Limits
from midthought.ingest.stream.lines import RawText, split_documents, split_lines
from midthought.ingest.stream.records import BadRecord, ReadRecord
from midthought.memory.errors import BadInput
from midthought.memory.records.trajectory import Trajectory

__all__ = ["MAX_LINE_BYTES", "STDIN", "BadRecord", "Format", "ReadRecord", "read_trajectories", "standard_input"]

MAX_LINE_BYTES = 32 << 20
"""The longest line, or plain-text document, that is read: 32 MiB."""

STDIN = "-"
_STOPPED = "the ingestion was stopped: what was committed stays, and the same source goes on there"
TEXT_NAME = re.compile(r"\.(txt|md)(\.(gz|zst))?$", re.IGNORECASE)
"""The names of plain-text files; one whose content begins with a JSON object is still read as JSON Lines."""


def read_trajectories(
    path: str | os.PathLike[str],
    *,
    format: Format = Format.AUTO,
    stdin: BinaryIO | None = None,
    max_line_bytes: int = MAX_LINE_BYTES,
    limits: Limits = NO_LIMITS,
    is_stopped: IsStopped = never,
) -> Iterator[ReadRecord | BadRecord]:
    """Yield what every record of `path` gives, in order, in one pass that holds one record at a time.

    ``-`` is standard input. gzip and zstd are recognised by their first bytes, not by the name. A line may give several
    trajectories (a conversation of several turns), an unreadable one gives a `BadRecord`; blank lines give nothing.

    Raises:
        BadInput: `path` does not exist, is a directory or may not be read, or standard input is closed.
        TooLarge: while it is read, if it exceeds `limits`; nothing else is raised for bad input.
        IngestStopped: while it is read, before the next record, if `is_stopped` says so.
        ValueError: `max_line_bytes` is not positive.
    """
    if max_line_bytes < 1:
        raise ValueError(f"max_line_bytes must be >= 1, got {max_line_bytes}")
    name = os.fspath(path)
    if name == STDIN:
        stream = stdin or standard_input()
        return _TraceReader("<stdin>", format, max_line_bytes, limits, is_stopped).read(stream)
    _check_readable(Path(name))
    return _TraceReader(name, format, max_line_bytes, limits, is_stopped).read(None)


def standard_input() -> BinaryIO:
    """Return standard input; raises `BadInput` in a process that was started without one."""
    if sys.stdin is None:
        raise BadInput("standard input is closed: give a file, or pipe the traces in")
    return sys.stdin.buffer


def _check_readable(path: Path) -> None:
    """Refuse at the call, not at the first record, without opening: opening would use up a pipe."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise BadInput("no such file", place=str(path)) from None
    except (OSError, ValueError) as error:
        raise BadInput(f"cannot be opened: {error}", place=repr(str(path))) from error
    if S_ISDIR(mode):
        raise BadInput("is a directory, expected a file of traces or - for standard input", place=str(path))
    if not os.access(path, os.R_OK):
        raise BadInput("may not be read: permission denied", place=str(path))


@dataclass(frozen=True, slots=True)
class _TraceReader:
    """How one source is read."""

    name: str
    format: Format
    max_line_bytes: int
    limits: Limits
    is_stopped: IsStopped

    def read(self, stream: BinaryIO | None) -> Iterator[ReadRecord | BadRecord]:
        """Yield the records of a stream, which stays open, or of the file called `name`."""
        with nullcontext(stream) if stream else _open(self.name) as opened:
            chunks = self.limits.count_bytes(read_chunks(opened))
            if self.format is Format.AUTO and TEXT_NAME.search(self.name):
                told, chunks = _detect_text(chunks)
            else:
                told = self.format
            lines = split_lines(chunks, limit=self.max_line_bytes)
            raws = split_documents(lines, limit=self.max_line_bytes) if told is Format.TEXT else lines
            place = storable_name(self.name)
            number = 0
            while (raw := next(raws, None)) is not None:
                records = self._read_raw(raw, f"{place}:{raw.number}", told)
                del raw  # its bytes are not needed while what they gave is stored
                number += bool(records)
                self.limits.check_records(number)
                for record in records:
                    if self.is_stopped():
                        raise IngestStopped(_STOPPED)
                    yield record

    def _read_raw(self, raw: RawText, place: str, format: Format) -> list[ReadRecord | BadRecord]:
        """Return what one line or document gives; the last line before a stream error counts if it is whole."""
        records: list[ReadRecord | BadRecord] = []
        try:
            for trajectory in self._parse_raw(raw, format):
                self.limits.check_texts(trajectory)
                records.append(ReadRecord(raw.number, trajectory))
        # A line that the stream breaks off in is reported once, as the break: that it is no JSON follows from it.
        except BadInput as error:
            if not raw.broken:
                records.append(BadRecord(raw.number, place, error.reason))
        if raw.broken:
            records.append(BadRecord(raw.number, place, raw.broken))
        return records

    def _parse_raw(self, raw: RawText, format: Format) -> tuple[Trajectory, ...]:
        if raw.data is None:
            raise BadInput(f"too long: {raw.size:,} bytes, expected at most {self.max_line_bytes:,}")
        text = decode_text(raw.data, first_line=raw.number)
        if not text.strip():
            return ()
        if format is Format.TEXT:
            check_strings({"text": text})
            return parse_text(text)
        record = parse_object(text)
        check_strings(record)
        return parse_record(record, format=format)


def _open(name: str) -> BinaryIO:
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise BadInput(f"cannot be opened: {error.strerror}", place=name) from error


def storable_name(name: str) -> str:
    """Return a file name as storable text: bytes that are not UTF-8 reach Python as lone surrogates."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _detect_text(chunks: Iterator[bytes | StreamError]) -> tuple[Format, Iterator[bytes | StreamError]]:
    """Return whether a file named .txt or .md holds JSON lines or plain text, by its first character."""
    looked: list[bytes | StreamError] = []
    for chunk in chunks:
        looked.append(chunk)
        if isinstance(chunk, StreamError) or chunk.strip():
            break
    start = b"".join(chunk for chunk in looked if isinstance(chunk, bytes)).removeprefix(b"\xef\xbb\xbf")
    return Format.AUTO if start.lstrip().startswith(b"{") else Format.TEXT, chain(looked, chunks)
