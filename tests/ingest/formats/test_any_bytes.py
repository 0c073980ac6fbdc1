"""Whatever the bytes, reading raises nothing and loses no good record."""

import gzip
import io
import json
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midthought.ingest.formats.registry import detect_format
from midthought.ingest.stream.chunks import StreamError
from midthought.ingest.stream.lines import split_lines
from midthought.ingest.stream.reader import BadRecord, Format, ReadRecord, read_trajectories
from midthought.memory.errors import BadInput

GOOD = b'{"question": "q", "thought": "t"}'
NAMES = [
    "question", "thought", "trace", "messages", "choices", "message", "response", "text", "role", "content", "correct",
    "reasoning", "reasoning_content", "finished", "finish_reason", "gold", "outcome", "metadata", "model", "type",
]  # fmt: skip
LEAVES = st.sampled_from(["user", "assistant", "text", "correct", "<think>t</think>a", "q", ""]) | st.text(max_size=5)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6),
    max_leaves=20,
)
PIECES = st.sampled_from([b"\n", b"\r\n", b"<think>", b"</think>", b"\n---8<---\n", b"\0", b"\xef\xbb\xbf", GOOD, b"{"])


@pytest.mark.slow
@given(st.lists(st.binary() | PIECES).map(b"".join), st.sampled_from(Format))
def test_arbitrary_bytes(read: Callable[..., Any], data: bytes, format: Format) -> None:
    """Any bytes, as any format, plain or compressed, make records in the order of their lines."""
    for stream in (data, b"\x1f\x8b" + data, b"\x28\xb5\x2f\xfd" + data, gzip.compress(data)[:-1]):
        records = read(stream, format, 100)
        assert all(isinstance(record, ReadRecord | BadRecord) for record in records)
        assert [record.line for record in records] == sorted(record.line for record in records)


@pytest.mark.slow
@given(st.dictionaries(st.sampled_from(NAMES), JSON), st.sampled_from(Format))
def test_arbitrary_objects(read: Callable[..., Any], record: dict[str, object], format: Format) -> None:
    """Any object makes trajectories that can be stored, or one bad record."""
    records = read(json.dumps(record).encode(), format)
    for found in records:
        if isinstance(found, ReadRecord):
            assert found.trajectory.question.strip()
            assert found.trajectory.thought.strip() or found.trajectory.answer.strip()
            assert isinstance(json.loads(found.trajectory.metadata), dict)
    assert len([found for found in records if isinstance(found, BadRecord)]) in ((0,) if len(records) != 1 else (0, 1))


@pytest.mark.slow
@given(st.lists(st.binary().filter(lambda line: b"\n" not in line)))
def test_good_records_survive(lines: list[bytes]) -> None:
    """Between any lines, the good ones are all read, at their own lines."""
    data = b"\n".join([line for bad in lines for line in (bad, GOOD)])
    stream = io.BytesIO(b" \n" + data)  # a first line that is no magic number
    found = {record.line for record in read_trajectories("-", stdin=stream) if isinstance(record, ReadRecord)}
    assert found >= {2 * number + 3 for number in range(len(lines))}


def list_shapes() -> list[dict[str, object]]:
    """Every record of the fixtures, from all of which trajectories are read."""
    shapes: list[dict[str, object]] = []
    for file in sorted((Path(__file__).parent / "fixtures").iterdir()):
        text = file.read_text()
        if file.suffix in (".jsonl", ".traj", ".ipynb"):
            shapes += [json.loads(text)] if file.suffix != ".jsonl" else map(json.loads, text.splitlines())
    return shapes


def list_places(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The paths of all values inside a value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in inside:
        yield (*path, key)
        yield from list_places(inner, (*path, key))


SHAPES = list_shapes()
STRANGE = st.sampled_from([None, 3, -1.5, True, "", "text", [], {}, [None], [[]], [{}], {"type": "text"}, {"role": 3}])


@pytest.mark.slow
@given(st.data())
def test_shapes_with_a_strange_value(read: Callable[..., Any], data: st.DataObject) -> None:
    """Whatever stands in the place of a value of a published shape: trajectories or a reason, and no other error."""
    record = json.loads(json.dumps(data.draw(st.sampled_from(SHAPES))))
    *parents, last = data.draw(st.sampled_from(list(list_places(record))))
    inside: Any = record
    for key in parents:
        inside = inside[key]
    inside[last] = data.draw(STRANGE)
    for told in (Format.AUTO, detect_or_own(record)):
        assert all(isinstance(found, ReadRecord | BadRecord) for found in read(json.dumps(record).encode(), told))


def detect_or_own(record: dict[str, object]) -> Format:
    """The format of a record, or our own if it has none."""
    try:
        return detect_format(record)
    except BadInput:
        return Format.OWN


@given(st.binary(), st.lists(st.integers(0, 50)), st.integers(1, 20), st.booleans())
def test_chunk_boundaries(data: bytes, cuts: list[int], limit: int, broken: bool) -> None:
    """However a stream is cut into chunks, its lines are the same: their numbers, sizes and bytes."""
    edges = [0, *sorted(cuts), len(data)]
    chunks = [data[begin:end] for begin, end in pairwise(edges)]
    raws = list(split_lines(iter([*chunks, StreamError("broken")] if broken else chunks), limit=limit))
    lines = data.split(b"\n")
    expected = lines if lines[-1] or broken else lines[:-1]
    assert [raw.number for raw in raws] == list(range(1, len(expected) + 1))
    assert [raw.size for raw in raws] == [len(line) for line in expected]
    assert [raw.data for raw in raws] == [line if len(line) <= limit else None for line in expected]
    assert [raw.broken for raw in raws if raw.broken] == ["broken"] * broken
