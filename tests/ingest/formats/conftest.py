"""Reading bytes as standard input, the shortest way through the readers."""

import io
import json
from collections.abc import Callable

import pytest

from midthought.ingest.stream.reader import Format, read_trajectories
from midthought.ingest.stream.records import BadRecord, ReadRecord
from midthought.memory.records.trajectory import Trajectory

Records = list[ReadRecord | BadRecord]


def read_bytes(data: bytes, format: Format = Format.AUTO, limit: int = 1 << 20) -> Records:
    return list(read_trajectories("-", format=format, stdin=io.BytesIO(data), max_line_bytes=limit))


def read_good(record: object, format: Format = Format.AUTO) -> list[Trajectory]:
    """The trajectories of one record; fails on a bad one."""
    data = record.encode() if isinstance(record, str) else json.dumps(record).encode()
    records = read_bytes(data, format)
    assert not [r for r in records if isinstance(r, BadRecord)], records
    return [r.trajectory for r in records if isinstance(r, ReadRecord)]


def read_reason(record: object, format: Format = Format.AUTO) -> str:
    """Why one record is bad; fails on a good one."""
    data = record if isinstance(record, bytes) else json.dumps(record).encode()
    (bad,) = read_bytes(data, format)
    assert isinstance(bad, BadRecord), bad
    return bad.reason


@pytest.fixture(scope="session")
def read() -> Callable[..., Records]:
    """Read bytes: ``read(data, format, limit)``."""
    return read_bytes


@pytest.fixture(scope="session")
def good() -> Callable[..., list[Trajectory]]:
    """Read one record (JSON value or text) that must be good: ``good(record, format)``."""
    return read_good


@pytest.fixture(scope="session")
def reason() -> Callable[..., str]:
    """Read one record (JSON value or bytes) that must be bad, and say why: ``reason(record, format)``."""
    return read_reason
