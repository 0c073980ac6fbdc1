"""Parquet, Arrow and Feather files give the same trajectories as JSON Lines, from any kind of source."""

import datetime
import gzip
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from midthought.ingest.stream.limits import Limits
from midthought.ingest.stream.reader import BadRecord, ReadRecord, read_trajectories
from midthought.ingest.stream.tables import TableKind, read_rows, tell_table
from midthought.memory.errors import TooLarge
from midthought.memory.records.trajectory import Outcome

QUESTIONS = [f"What is {number} + {number}?" for number in range(50)]
TABLE = pa.table(
    {
        "problem": QUESTIONS,
        "generations": [["<think>twice</think>even", "<think>no idea</think>odd"]] * 50,
        "correctness": [[True, False]] * 50,
        "level": pa.array([None] * 25 + [1.5] * 25, pa.float64()),
        "day": [datetime.date(2025, 1, 2)] * 50,
        "tags": pa.array([[("a", 1)]] * 50, pa.map_(pa.string(), pa.int64())),
    }
)


def write_parquet(table: pa.Table, file: Path) -> None:
    pq.write_table(table, file, row_group_size=20)


def write_feather(table: pa.Table, file: Path) -> None:
    feather.write_feather(table, file)


def write_arrow(table: pa.Table, file: Path) -> None:
    with pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


def write_stream(table: pa.Table, file: Path) -> None:
    with pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table, max_chunksize=7)


WRITERS = [write_parquet, write_feather, write_arrow, write_stream]


class Pipe(io.RawIOBase):
    """A stream that cannot be sought in."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._data.read(size)


def read_all(source: Any, stdin: Any = None) -> list[ReadRecord]:
    """The records of a source; fails on a bad one."""
    records = list(read_trajectories(source, stdin=stdin))
    assert not [record for record in records if isinstance(record, BadRecord)], records
    return [record for record in records if isinstance(record, ReadRecord)]


@pytest.mark.parametrize("write", WRITERS)
def test_every_table_is_told_by_its_bytes(tmp_path: Path, write: Callable[[pa.Table, Path], None]) -> None:
    """Whatever the name, from a file, memory, a pipe, and compressed: a row is a record, numbered from 1."""
    file = tmp_path / "traces.jsonl"
    write(TABLE, file)
    records = read_all(file)
    assert [record.line for record in records] == [number for number in range(1, 51) for _ in range(2)]
    assert records[2].place == f"{file}:2"
    first = records[0].trajectory
    assert (first.question, first.thought, first.answer, first.outcome) == (
        QUESTIONS[0],
        "twice",
        "even",
        Outcome.CORRECT,
    )
    assert first.metadata == '{"attempt_number":1,"day":"2025-01-02","tags":{"a":1}}'
    data = file.read_bytes()
    for stream in (io.BytesIO(data), Pipe(data), io.BytesIO(gzip.compress(data))):
        assert read_all("-", stream) == records


def test_nulls_of_a_schema_are_no_fields(tmp_path: Path) -> None:
    """A struct has all fields of its schema in each row; a message without a thought stays one."""
    messages = [
        {"role": "user", "content": "q", "reasoning": None},
        {"role": "assistant", "content": "a", "reasoning": "t"},
    ]
    pq.write_table(pa.Table.from_pylist([{"messages": messages, "id": None}]), tmp_path / "a.parquet")
    (record,) = read_all(tmp_path / "a.parquet")
    assert (record.trajectory.thought, record.trajectory.metadata) == ("t", "{}")


def test_one_bad_row_loses_no_other(tmp_path: Path) -> None:
    """A row without a thought, and one with a NUL, are reported by their numbers."""
    rows = [{"question": "q", "thought": text} for text in ("t", None, "a\0b", "u")]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    records = list(read_trajectories(tmp_path / "a.parquet"))
    assert [type(record) for record in records] == [ReadRecord, BadRecord, BadRecord, ReadRecord]
    assert [record.place for record in records] == [f"{tmp_path}/a.parquet:{number}" for number in (1, 2, 3, 4)]


@pytest.mark.parametrize("write", WRITERS)
def test_a_damaged_table_is_told(tmp_path: Path, write: Callable[[pa.Table, Path], None]) -> None:
    """Cut off anywhere, it gives no error but a last record that says so."""
    write(TABLE, tmp_path / "a")
    data = (tmp_path / "a").read_bytes()
    for size in (10, len(data) // 2, len(data) - 9):
        records = list(read_trajectories("-", stdin=io.BytesIO(data[:size])))
        assert isinstance(records[-1], BadRecord)
        assert "table cannot be read from here on" in records[-1].reason


def test_the_first_feather_is_refused() -> None:
    """A format that is not read is named."""
    file: BinaryIO = io.BytesIO(b"FEA1....")
    assert tell_table(file.read(8)) is TableKind.FEATHER_1
    (row,) = read_rows(file, TableKind.FEATHER_1)
    assert "first version of Feather is not read" in row.broken


def test_limits_hold_for_what_a_table_unpacks_to(tmp_path: Path) -> None:
    """Rows that share one long text in the file count each; too many rows are too many records."""
    rows = [{"question": "q", "thought": "t" * 100_000}] * 100
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    assert (tmp_path / "a.parquet").stat().st_size < 100_000
    with pytest.raises(TooLarge, match="larger than 1,048,576 bytes when decompressed"):
        list(read_trajectories(tmp_path / "a.parquet", limits=Limits(max_unpacked_mb=1)))
    with pytest.raises(TooLarge, match="at least 51 records"):
        list(read_trajectories(tmp_path / "a.parquet", limits=Limits(max_records=50)))
    (bad, *_) = read_trajectories(tmp_path / "a.parquet", max_line_bytes=1000)
    assert isinstance(bad, BadRecord)
    assert bad.reason == "too long: 100,001 bytes, expected at most 1,000"


@pytest.mark.slow
def test_batches_are_small(tmp_path: Path) -> None:
    """However many rows a group has, what Arrow holds at a time is a small part of the file."""
    table = pa.table({"question": ["q"] * 6000, "thought": [f"{number:>9}" * 1000 for number in range(6000)]})
    pq.write_table(table, tmp_path / "a", row_group_size=6000, compression="none", use_dictionary=False)
    before = pa.total_allocated_bytes()
    held = max(pa.total_allocated_bytes() - before for _ in read_trajectories(tmp_path / "a"))
    assert held < (tmp_path / "a").stat().st_size / 4
