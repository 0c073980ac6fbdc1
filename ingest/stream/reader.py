"""Reading trajectories from a file or standard input, one bad record never losing the rest."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISDIR
from typing import BinaryIO

from midthought.ingest.formats.field_map import FieldMap
from midthought.ingest.formats.format import Format
from midthought.ingest.formats.json_line import check_strings, decode_text, name_kind, parse_object
from midthought.ingest.formats.registry import is_wrapping, parse_record
from midthought.ingest.formats.text import parse_text
from midthought.ingest.progress import IngestStopped, IsStopped, never
from midthought.ingest.stream.json_items import unwrap_records, unwrap_row
from midthought.ingest.stream.limits import NO_LIMITS, Limits
from midthought.ingest.stream.lines import RawText
from midthought.ingest.stream.pieces import PieceCutter
from midthought.ingest.stream.records import BadRecord, PlaceNames, ReadRecord
from midthought.ingest.stream.remote import is_url, open_url, show_source
from midthought.ingest.stream.tables import RawRow
from midthought.memory.errors import BadInput
from midthought.memory.records.trajectory import Trajectory

__all__ = ["MAX_LINE_BYTES", "STDIN", "BadRecord", "Format", "ReadRecord", "read_trajectories", "standard_input"]

MAX_LINE_BYTES = 32 << 20
"""The longest line, or plain-text document, that is read: 32 MiB."""

STDIN = "-"
_STOPPED = "the ingestion was stopped: what was committed stays, and the same source goes on there"


def read_trajectories(
    path: str | os.PathLike[str],
    *,
    format: Format = Format.AUTO,
    map: FieldMap | None = None,
    stdin: BinaryIO | None = None,
    max_line_bytes: int = MAX_LINE_BYTES,
    limits: Limits = NO_LIMITS,
    is_stopped: IsStopped = never,
) -> Iterator[ReadRecord | BadRecord]:
    """Yield what every record of `path` gives, in order, in one pass that holds one record at a time.

    ``-`` is standard input; a URL is read through fsspec, see `open_url` for its errors. gzip and zstd, JSON documents
    and tables are recognised by their first bytes, not by the name. A record may give several trajectories (a
    conversation of several turns), an unreadable one gives a `BadRecord`; blank lines give nothing. A `map` names the
    fields of records that are in no known format.

    Raises:
        BadInput: `path` does not exist, is a directory or may not be read, or standard input is closed.
        TooLarge: while it is read, if it exceeds `limits`; nothing else is raised for bad input.
        IngestStopped: while it is read, before the next record, if `is_stopped` says so.
        ValueError: `max_line_bytes` is not positive.
    """
    check_map(format, map)
    if max_line_bytes < 1:
        raise ValueError(f"max_line_bytes must be >= 1, got {max_line_bytes}")
    name, cutter = os.fspath(path), PieceCutter(format, max_line_bytes, limits)
    if name == STDIN:
        stream = stdin or standard_input()
        return _TraceReader("<stdin>", cutter, map, is_stopped).read(stream)
    if not is_url(name):
        _check_readable(Path(name))
    return _TraceReader(name, cutter, map, is_stopped).read(None)


def check_map(format: Format, map: FieldMap | None) -> None:
    """Raise `BadInput` if a map is given in addition to a format: both say how records are read."""
    if map is not None and format is not Format.AUTO:
        raise BadInput(f"a map and the format {format} both say how records are read: leave one out", place="map")


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
    cutter: PieceCutter
    map: FieldMap | None
    is_stopped: IsStopped

    def read(self, stream: BinaryIO | None) -> Iterator[ReadRecord | BadRecord]:
        """Yield the records of a stream, which stays open, or of the file called `name`."""
        name = storable_name(show_source(self.name))
        with nullcontext(stream) if stream else open_source(self.name) as opened:
            told, pieces = self.cutter.cut(opened, name)
            place = PlaceNames(name)
            number = 0
            while (piece := next(pieces, None)) is not None:
                records = self._read_piece(piece, place.name(piece.number), told)
                del piece  # its bytes are not needed while what they gave is stored
                number += bool(records)
                self.cutter.limits.check_records(number)
                for record in records:
                    if self.is_stopped():
                        raise IngestStopped(_STOPPED)
                    yield record

    def _read_piece(self, raw: RawText | RawRow, place: str, format: Format) -> list[ReadRecord | BadRecord]:
        """Return what one piece gives; the last one before a stream error counts if it is whole."""
        records: list[ReadRecord | BadRecord] = []
        try:
            texts = self._load(raw, format)
            for number, text in enumerate(texts, start=1):
                records += self._read_record(text, raw, place if len(texts) == 1 else f"{place} (record {number})")
        # A line that the stream breaks off in is reported once, as the break: that it is no JSON follows from it.
        except BadInput as error:
            if not raw.broken:
                records.append(BadRecord(raw.number, place, error.reason))
        if raw.broken:
            records.append(BadRecord(raw.number, place, raw.broken))
        return records

    def _read_record(self, record: object, raw: RawText | RawRow, place: str) -> Iterator[ReadRecord | BadRecord]:
        """Yield what one record gives; only a bad one that the stream breaks off in gives nothing."""
        read: list[ReadRecord] = []
        try:
            for trajectory in self._parse(record):
                self.cutter.limits.check_texts(trajectory)
                read.append(ReadRecord(raw.number, trajectory, place))
        except BadInput as error:
            yield from read
            if not raw.broken:
                yield BadRecord(raw.number, place, error.reason)
            return
        yield from read

    def _load(self, raw: RawText | RawRow, format: Format) -> Sequence[object]:
        """Return the text of a document, or the JSON records of a piece: one, if it does not wrap a list of them."""
        content = raw.record if isinstance(raw, RawRow) else raw.data
        if content is None or raw.size > self.cutter.max_bytes:
            raise BadInput(f"too long: {raw.size:,} bytes, expected at most {self.cutter.max_bytes:,}")
        if isinstance(content, dict):
            return (content,)
        text = decode_text(content, first_line=raw.number)
        if not text.strip():
            return ()
        if format is Format.TEXT:
            return (text,)
        record = parse_object(text)
        return (self._may_wrap(record) and unwrap_records(record)) or (record,)

    def _may_wrap(self, record: dict[str, object]) -> bool:
        """Return whether an object on one line may only wrap records; with a map, if it lacks the question."""
        return is_wrapping(record) if self.map is None else not self.map.fits(record)

    def _parse(self, record: object) -> tuple[Trajectory, ...]:
        if isinstance(record, str) and self.map is None:
            check_strings({"text": record})
            return parse_text(record)
        if not isinstance(record, dict):
            raise BadInput(f"the record is {name_kind(record)}, expected a JSON object")
        record = unwrap_row(record)
        check_strings(record)
        if self.map is not None:
            return self.map.parse(record)
        return parse_record(record, format=self.cutter.format)


def open_source(name: str) -> BinaryIO:
    """Open a file, or what is behind a URL. Raises `BadInput`, and what `open_url` raises."""
    if is_url(name):
        return open_url(name)
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise BadInput(f"cannot be opened: {error.strerror}", place=name) from error


def storable_name(name: str) -> str:
    """Return a file name as storable text: bytes that are not UTF-8 reach Python as lone surrogates."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")
