"""Reading trajectories from a file or standard input, one bad record never losing the rest."""

import os
import re
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from stat import S_ISDIR
from typing import BinaryIO

from midthought.ingest.formats.format import Format
from midthought.ingest.formats.json_line import check_strings, decode_text, parse_object
from midthought.ingest.formats.r1 import parse_text
from midthought.ingest.formats.registry import parse_record
from midthought.ingest.stream.chunks import Break, read_chunks
from midthought.ingest.stream.limits import NO_LIMITS, Limits
from midthought.ingest.stream.lines import RawText, split_documents, split_lines
from midthought.ingest.stream.records import BadRecord, ReadRecord
from midthought.memory.errors import BadInput
from midthought.memory.records.trajectory import Trajectory

__all__ = ["MAX_LINE_BYTES", "STDIN", "BadRecord", "Format", "ReadRecord", "read_trajectories", "standard_input"]

MAX_LINE_BYTES = 32 << 20
"""The longest line, or plain-text document, that is read: 32 MiB."""

STDIN = "-"
TEXT_NAME = re.compile(r"\.(txt|md)(\.(gz|zst))?$", re.IGNORECASE)
"""The names of plain-text files; one whose content begins with a JSON object is read as JSON Lines all the same."""


def read_trajectories(
    path: str | os.PathLike[str],
    *,
    format: Format = Format.AUTO,
    stdin: BinaryIO | None = None,
    max_line_bytes: int = MAX_LINE_BYTES,
    limits: Limits = NO_LIMITS,
) -> Iterator[ReadRecord | BadRecord]:
    """Yield what every record of `path` gives, in order, in one pass that holds one record at a time.

    ``-`` is standard input. gzip and zstd are told by their first bytes, not by the name. A line may give several
    trajectories (a conversation of several turns), an unreadable one gives a `BadRecord`; blank lines give nothing.

    Raises:
        BadInput: `path` does not exist, is a directory or may not be read, or standard input is closed.
        TooLarge: while it is read, there is more of it than `limits` allow; nothing else is raised for bad input.
        ValueError: `max_line_bytes` is not positive.
    """
    if max_line_bytes < 1:
        raise ValueError(f"max_line_bytes must be >= 1, got {max_line_bytes}")
    name = os.fspath(path)
    if name == STDIN:
        stream = stdin or standard_input()
        return _read_stream(stream, "<stdin>", format=format, limit=max_line_bytes, limits=limits)
    _check_readable(Path(name))
    return _read_file(Path(name), format=format, limit=max_line_bytes, limits=limits)


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


def _read_file(path: Path, *, format: Format, limit: int, limits: Limits) -> Iterator[ReadRecord | BadRecord]:
    try:
        stream = path.open("rb")
    except OSError as error:
        raise BadInput(f"cannot be opened: {error.strerror}", place=str(path)) from error
    with stream:
        yield from _read_stream(stream, str(path), format=format, limit=limit, limits=limits)


def _read_stream(
    stream: BinaryIO, name: str, *, format: Format, limit: int, limits: Limits
) -> Iterator[ReadRecord | BadRecord]:
    chunks = limits.count_bytes(read_chunks(stream))
    if format is Format.AUTO and TEXT_NAME.search(name):
        told, chunks = _look_into(chunks)
    else:
        told = format
    raws = split_lines(chunks, limit=limit)
    if told is Format.TEXT:
        raws = split_documents(raws, limit=limit)
    number = 0
    while (raw := next(raws, None)) is not None:
        records = tuple(_read_raw(raw, _printable(name), format=told, limit=limit, limits=limits))
        del raw  # its bytes are not needed while what they gave is stored
        number += bool(records)
        limits.check_records(number)
        yield from records


def _printable(name: str) -> str:
    """Return a file name as storable text: bytes that are not UTF-8 reach Python as lone surrogates."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _look_into(chunks: Iterator[bytes | Break]) -> tuple[Format, Iterator[bytes | Break]]:
    """Tell JSON lines in a file named .txt or .md from plain text by the first character."""
    looked: list[bytes | Break] = []
    for chunk in chunks:
        looked.append(chunk)
        if isinstance(chunk, Break) or chunk.strip():
            break
    start = b"".join(chunk for chunk in looked if isinstance(chunk, bytes)).removeprefix(b"\xef\xbb\xbf")
    return Format.AUTO if start.lstrip().startswith(b"{") else Format.TEXT, chain(looked, chunks)


def _read_raw(
    raw: RawText, name: str, *, format: Format, limit: int, limits: Limits
) -> Iterator[ReadRecord | BadRecord]:
    """Yield what one line or document gives; the last line before a break counts if it is whole after all."""
    place = f"{name}:{raw.number}"
    try:
        for trajectory in _parse_raw(raw, format=format, limit=limit):
            limits.check_texts(trajectory)
            yield ReadRecord(raw.number, trajectory)
    except BadInput as error:
        if not raw.broken:
            yield BadRecord(raw.number, place, error.reason)
    if raw.broken:
        yield BadRecord(raw.number, place, raw.broken)


def _parse_raw(raw: RawText, *, format: Format, limit: int) -> tuple[Trajectory, ...]:
    if raw.data is None:
        raise BadInput(f"too long: {raw.size:,} bytes, expected at most {limit:,}")
    text = decode_text(raw.data, first_line=raw.number)
    if not text.strip():
        return ()
    if format is Format.TEXT:
        check_strings({"text": text})
        return parse_text(text)
    record = parse_object(text)
    check_strings(record)
    return parse_record(record, format=format)
