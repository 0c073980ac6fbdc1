"""JSON that is not on lines: lists, objects over several lines, and objects that wrap a list of records."""

import gzip
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midthought.ingest.stream.chunks import StreamError
from midthought.ingest.stream.json_items import RECORD_LISTS, is_document, split_items
from midthought.ingest.stream.lines import RawText
from midthought.ingest.stream.reader import BadRecord, ReadRecord
from midthought.memory.records.trajectory import Trajectory

ITEMS: list[Any] = [
    {"a": 'quote " and }[{ and \\', "b": [1, {"c": "}"}], "d": [{}], "n": n, "t": f"line\nline {'é' * n}"}
    for n in range(6)
]
RECORDS = [{"question": f"q{n}", "thought": f"t{n} {{"} for n in range(5)]
TRAJECTORIES = [Trajectory(question=f"q{n}", thought=f"t{n} {{") for n in range(5)]
WRAPPINGS: dict[str, Callable[[Any], Any]] = {
    "list": lambda items: items,
    "wrapped": lambda items: {"version": 1, "info": {"data": [{"x": 1}]}, "samples": items, "stats": [{"q": 1}]},
    "wrapped first": lambda items: {"data": items, "rows": 6},
}


def cut(data: bytes, size: int = 1 << 16, limit: int = 1 << 20) -> list[RawText]:
    """The records of a document that arrives in chunks of a size."""
    return list(split_items((data[begin : begin + size] for begin in range(0, len(data), size)), limit=limit))


@pytest.mark.parametrize("indent", [None, 0, 1, 4, "\t"])
@pytest.mark.parametrize("wrap", WRAPPINGS.values(), ids=WRAPPINGS)
def test_every_record_is_cut_out(indent: int | str | None, wrap: Callable[[Any], Any]) -> None:
    """Whatever the indentation, the wrapping and the chunks; its number is the line that it begins on."""
    data = json.dumps(wrap(ITEMS), indent=indent).encode()
    for size in (1, 2, 3, 7, 64, len(data)):
        raws = cut(data, size)
        assert [json.loads(raw.data or b"") for raw in raws] == ITEMS
        assert not any(raw.broken for raw in raws)
        assert all(data.split(b"\n")[raw.number - 1].strip().startswith((b"{", b"[")) for raw in raws)


@given(
    st.recursive(st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)),
    st.integers(1, 9),
)
def test_any_json_is_cut_as_json_says(value: Any, size: int) -> None:
    """Every list of objects is cut into its objects, whatever stands in their strings."""
    items = [{"x": value}, {"y": [value]}]
    for indent in (None, 1):
        raws = cut(json.dumps(items, indent=indent, ensure_ascii=False).encode(), size)
        assert [json.loads(raw.data or b"") for raw in raws] == items


def test_objects_that_follow_each_other() -> None:
    """Objects over several lines need no list around them, nor commas between them."""
    data = b"\n".join(json.dumps(item, indent=2).encode() for item in ITEMS)
    for size in (1, 5, 1000):
        assert [json.loads(raw.data or b"") for raw in cut(data, size)] == ITEMS


def test_a_record_that_is_not_json_loses_no_other() -> None:
    """A missing bracket and a missing quote make one bad record each; the next is found by its indentation."""
    good = json.dumps(ITEMS, indent=2)
    bad = good.replace('"n": 3,', '"n": 3, {').replace('"n": 5', '"n: 5').encode()
    for size in (1, 5, 1000):
        raws = cut(bad, size)
        assert len(raws) == 6
        assert [json.loads(raws[n].data or b"")["n"] for n in (0, 1, 2, 4)] == [0, 1, 2, 4]


def test_what_is_no_object_is_cut_out_too() -> None:
    """Values and rubbish between records are records that will be refused, at their lines."""
    assert [raw.data for raw in cut(b'[1, "a", {"b": 1}, [2], null]')] == [b"1", b'"a"', b'{"b": 1}', b"[2]", b"null"]
    assert [raw.data for raw in cut(b'[{"b": 1}] x [{"c": 2}]')] == [b'{"b": 1}', b"x", b'{"c": 2}']
    assert cut(b"[]") == cut(b" [ ] \n") == []


def test_a_document_that_breaks_off() -> None:
    """The record that it breaks off in is cut out as it is; without one, the open list is told."""
    assert [raw.data for raw in cut(b'[{"b": 1}, {"c"')] == [b'{"b": 1}', b'{"c"']
    first, last = cut(b'[{"b": 1},')
    assert (first.broken, "may have been cut off here" in last.broken) == ("", True)
    chunks: Iterator[bytes | StreamError] = iter([b'[{"b": 1}, {"c"', StreamError("gone")])
    assert [raw.broken for raw in split_items(chunks, limit=100)] == ["", "gone"]


def test_a_long_record_is_not_held() -> None:
    """Above the limit only the size is told, and the records around it are read."""
    data = json.dumps([{"a": "x" * 50}, {"a": "x" * 500}, {"a": "y"}]).encode()
    for size in (1, 10, 100, 1000):
        assert [(raw.size, raw.data is None) for raw in cut(data, size, 60)] == [(59, False), (509, True), (10, False)]


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b'[{"question": "q"', True),
        (b"\xef\xbb\xbf\n [\n", True),
        (b'{\n  "question"', True),
        (b'{"samples": [\n{', True),
        (b'{"a": 1,\n "b"', True),
        (b'{"a": 1}\n{"b": 1}', False),
        (b'{"a": 1,\n{"a": 2}', False),
        (b'{"a": [\n{"a": 2}\n{"a": 3}', True),
        (b"[link](text) and", False),
        (b"{", False),
    ],
)
def test_telling_documents_from_lines(head: bytes, expected: bool) -> None:
    """A line that was cut off is no document if the next begins as a line of JSON does."""
    assert is_document(head) is expected


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("wrap", [None, *RECORD_LISTS])
def test_documents_are_read(read: Callable[..., Any], indent: int | None, wrap: str | None) -> None:
    """Compressed or not, a document gives its records in order, at their places."""
    data = json.dumps(RECORDS if wrap is None else {"version": 1, wrap: RECORDS}, indent=indent).encode()
    records = read(data)
    assert [record.trajectory for record in records] == TRAJECTORIES
    assert read(gzip.compress(data)) == records
    places = [record.place for record in records]
    assert places[0].startswith("<stdin>:")
    assert len(set(places)) == 5
    assert indent is None or all("record" not in place for place in places)


def test_one_bad_record_in_a_document(read: Callable[..., Any]) -> None:
    """It is reported at its line, or counted on its line, with the reason."""
    records = [RECORDS[0], {"question": "q"}, "word", RECORDS[1]]
    pretty = read(json.dumps(records, indent=1).encode())
    assert [type(record) for record in pretty] == [ReadRecord, BadRecord, BadRecord, ReadRecord]
    assert [record.place for record in pretty] == ["<stdin>:2", "<stdin>:6", "<stdin>:9", "<stdin>:10"]
    assert "a string, expected a JSON object" in pretty[2].reason
    places = ["<stdin>:1", "<stdin>:1 (record 2)", "<stdin>:1 (record 3)", "<stdin>:1 (record 4)"]
    assert [record.place for record in read(json.dumps(records).encode())] == places
    wrapped = read(json.dumps({"data": [RECORDS[0], {"question": "q"}, RECORDS[1]]}).encode())
    assert [record.place for record in wrapped] == [f"<stdin>:1 (record {n})" for n in (1, 2, 3)]


@pytest.mark.parametrize("indent", [None, 2])
def test_a_record_with_a_list_wraps_nothing(good: Callable[..., Any], indent: int | None) -> None:
    """A field of records inside a record is a field like others; a value of the same name is no field."""
    record = {"question": "data", "response": "<think>t</think>a", "results": [{"x": 1}]}
    (trajectory,) = good(json.dumps(record, indent=indent))
    assert trajectory.metadata == '{"results":[{"x":1}]}'
    (wrapped,) = good(json.dumps({"name": "messages", "data": [RECORDS[0]]}, indent=indent))
    assert wrapped == TRAJECTORIES[0]


def test_a_document_named_as_text(read: Callable[..., Any], tmp_path: Any) -> None:
    """A file named as text that begins with a link is text; one that begins with a list of objects is not."""
    from midthought.ingest.stream.reader import read_trajectories

    (tmp_path / "a.md").write_text("[1] asks: q <think>t</think>a")
    (tmp_path / "b.txt").write_text(json.dumps(RECORDS))
    (text,) = read_trajectories(tmp_path / "a.md")
    assert isinstance(text, ReadRecord)
    assert text.trajectory.question == "[1] asks: q"
    assert [
        record.trajectory for record in read_trajectories(tmp_path / "b.txt") if isinstance(record, ReadRecord)
    ] == (TRAJECTORIES)
