"""Records that cannot be used: each says why, none loses the rest."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from midthought.ingest.stream.reader import BadRecord, Format, ReadRecord
from midthought.memory.records.trajectory import Trajectory

GOOD = b'{"question": "q", "thought": "t"}'
TRAJECTORY = Trajectory(question="q", thought="t")


def with_value(value: bytes) -> bytes:
    """A trace record with one more field."""
    return b'{"question": "q", "trace": "t", "more": ' + value + b"}"


BAD = [
    (b'{"question": "q",}', "not JSON: Illegal trailing comma before end of object at column 17"),
    (b"nonsense", "not JSON: Expecting value at column 1; expected one object a line"),
    (GOOD + GOOD, "not JSON: Extra data at column 34"),
    (b"[1]", "the line holds a list, expected a JSON object"),
    (b"null", "the line holds null, expected a JSON object"),
    (b"{}", "no thought: the record has no fields, expected one of thought (own); "),
    (b'{"question": "q", "answer": "#### 4"}', "no thought: the record has only fields 'question', 'answer', expected"),
    (b'{"title": "t", "mapping": {"a": {"message": null}}}', "a conversation of a ChatGPT export (field 'mapping') is"),
    (b'{"question": "q", "question": "r", "thought": "t"}', "the key 'question' stands twice in one object"),
    (with_value(b'{"a": 1, "a": 1}'), "the key 'a' stands twice in one object"),
    (b'{"question": "\xff"}', "not UTF-8: byte 0xff at byte offset 14 of line 2 (invalid start byte)"),
    (b'{"question": "q", "thought": "\\u0000"}', "field 'thought' holds a NUL character"),
    (b'{"question": "q", "thought": "\\ud83d"}', "field 'thought' holds half of a surrogate pair (\\ud83d)"),
    (with_value(b'[{"\\udfff": 1}]'), "field 'more' holds half of a surrogate pair (\\udfff)"),
    (with_value(b"NaN"), "NaN is not JSON"),
    (with_value(b"-Infinity"), "-Infinity is not JSON"),
    (with_value(b"1e999"), "the number 1e999 is too large"),
    (with_value(b"9" * 5000), "a whole number has too many digits"),
    (with_value(b"[" * 64 + b"]" * 64), "metadata is nested deeper than 64 levels"),
    (with_value(b"[" * 100_000 + b"]" * 100_000), "nested too deeply"),
    (b'{"a":' * 100_000, "nested too deeply"),
    (b" " * 999_999 + b"   ", "too long: 1,000,002 bytes, expected at most 1,000,000"),
]


@pytest.mark.parametrize(("line", "expected"), BAD)
def test_one_bad_record(read: Callable[..., Any], line: bytes, expected: str) -> None:
    """The reason is clear and printable, the place is right, and the records around it are read."""
    first, bad, last = read(b"\n".join([GOOD, line, GOOD]), Format.AUTO, 1_000_000)
    assert (first, last) == (ReadRecord(1, TRAJECTORY), ReadRecord(3, TRAJECTORY))
    assert isinstance(bad, BadRecord)
    assert (bad.line, bad.place) == (2, "<stdin>:2")
    if not expected.startswith("not JSON: Illegal trailing"):  # Python 3.13 words this one anew
        assert expected in bad.reason
    assert bad.reason.isascii()
    assert len(bad.reason) < 400


def test_what_is_large_but_fine(read: Callable[..., Any]) -> None:
    """A whole number of many digits, 63 levels and a paired surrogate are kept exactly."""
    number, nested = b"9" * 4000, b"[" * 63 + b"]" * 63
    (record,) = read(with_value(b'[%s, %s, "\\ud83d\\ude00"]' % (number, nested[1:-1])))
    assert record.trajectory.metadata == f'{{"more":[{number.decode()},{nested[1:-1].decode()},"😀"]}}'


def test_blank_lines_byte_order_mark_and_line_ends(read: Callable[..., Any]) -> None:
    """Blank lines count but give nothing; a byte order mark and CRLF are fine."""
    data = b"\xef\xbb\xbf" + GOOD + b"\r\n\r\n  \n" + GOOD
    assert read(data) == [ReadRecord(1, TRAJECTORY), ReadRecord(4, TRAJECTORY)]
    assert read(b"") == read(b"\n\n") == read(b"\xef\xbb\xbf") == []


def test_every_record_by_itself(read: Callable[..., Any]) -> None:
    """One file may mix formats; a named format is not left."""
    lines = [GOOD, b'{"question": "q", "trace": "t"}', b'{"question": "q", "response": "<think>t</think>"}']
    assert [record.trajectory for record in read(b"\n".join(lines))] == [TRAJECTORY] * 3
    kinds = [type(record) for record in read(b"\n".join(lines), Format.TRACE)]
    assert kinds == [BadRecord, ReadRecord, BadRecord]
    assert "field 'trace' is missing (read as format trace)" in read(GOOD, Format.TRACE)[0].reason


def test_not_utf8_in_a_document(read: Callable[..., Any]) -> None:
    """In plain text the wrong byte is placed by its own line."""
    (bad,) = read(b"q\n<think>\nab\xffc", Format.TEXT)
    assert "byte 0xff at byte offset 2 of line 3" in bad.reason


def test_long_text_is_cut_short_in_messages(reason: Callable[..., str]) -> None:
    """Names and values from the record are shown in part."""
    assert len(reason({"x" * 10_000: 1})) < 400
    assert len(reason({"question": "q", "thought": "t", "outcome": "ä" * 10_000})) < 400
    assert len(reason(json.dumps({"question": "q", "trace": "t", "finished": "x" * 999}).encode())) < 400
