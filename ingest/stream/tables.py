"""Rows of Parquet, Arrow and Feather files, read in small batches: neither the table nor a row group is held."""

import datetime
import math
import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 16
"""Rows that are decoded at a time: with traces of 100,000 characters, a few MB."""

_READ_AHEAD = 1 << 20


class TableKind(Enum):
    """A kind of table file, with the bytes that it begins with."""

    PARQUET = b"PAR1"
    ARROW = b"ARROW1"
    ARROW_STREAM = b"\xff\xff\xff\xff"
    FEATHER_1 = b"FEA1"


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row.

    Attributes:
        number: its number, counted from 1.
        size: the characters of its texts.
        record: its fields; None if the table is damaged here.
        broken: why the table ends here; empty if it does not.
    """

    number: int
    size: int
    record: dict[str, object] | None
    broken: str = ""


def tell_table(head: bytes) -> TableKind | None:
    """Return the kind of table that begins with these bytes, None if it is none."""
    return next((kind for kind in TableKind if head.startswith(kind.value)), None)


def read_rows(file: BinaryIO, kind: TableKind) -> Iterator[RawRow]:
    """Yield every row of a file that can be sought in; a damaged table ends in a row without a record."""
    import pyarrow as pa

    number = 0
    try:
        for batch in _read_batches(file, kind):
            for row in batch.to_pylist(maps_as_pydicts="lossy"):
                number += 1
                record = _plain_object(row)
                yield RawRow(number, _count_characters(record), record)
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        reason = str(error).partition("\n")[0]
        yield RawRow(number + 1, 0, None, f"the {kind.name.lower()} table cannot be read from here on ({reason})")


def _read_batches(file: BinaryIO, kind: TableKind) -> Iterator["pa.RecordBatch"]:
    """Yield small batches; Arrow files have batches of their own size, which are mapped and cut."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if kind is TableKind.FEATHER_1:
        raise ValueError("the first version of Feather is not read: write version 2, or Parquet")
    if kind is TableKind.PARQUET:
        # Without these two, whole column chunks are read at once: a row group may be as large as the file.
        with pq.ParquetFile(file, pre_buffer=False, buffer_size=_READ_AHEAD) as parquet:
            yield from parquet.iter_batches(batch_size=BATCH_ROWS, use_threads=False)
        return
    source = _map_file(file)
    reader = pa.ipc.open_file(source) if kind is TableKind.ARROW else pa.ipc.open_stream(source)
    batches = map(reader.get_batch, range(reader.num_record_batches)) if kind is TableKind.ARROW else reader
    for batch in batches:
        for begin in range(0, batch.num_rows, BATCH_ROWS):
            yield batch.slice(begin, BATCH_ROWS)


def _map_file(file: BinaryIO) -> "pa.NativeFile":
    """Map a file into memory: a batch that is not compressed is then read where it lies, however long it is."""
    import pyarrow as pa

    try:
        descriptor = file.fileno()
    except (OSError, AttributeError):
        return pa.PythonFile(file, mode="r")
    # It is closed with the last batch that lies in it.
    return pa.BufferReader(pa.py_buffer(mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)))


def _plain_object(row: dict[str, object]) -> dict[str, object]:
    """Return a row as JSON would hold it, without fields that are null: a schema gives every row all of them."""
    return {name: _plain(value) for name, value in row.items() if value is not None}


def _plain(value: object) -> object:
    match value:
        case dict():
            return _plain_object(value)
        case list():
            return [_plain(item) for item in value]
        case float() if not math.isfinite(value):
            return None
        case None | bool() | int() | float() | str():
            return value
        case bytes():
            return _decode(value)
        case datetime.date() | datetime.time() | datetime.datetime():
            return value.isoformat()
        case _:
            return str(value)


def _decode(value: bytes) -> str | None:
    """Return bytes as text; None if they are none, such as a picture."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _count_characters(value: object) -> int:
    match value:
        case str():
            return len(value)
        case dict():
            return sum(map(_count_characters, value.values()))
        case list():
            return sum(map(_count_characters, value))
        case _:
            return 0
