"""docs/trajectories.md is what the readers do."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from midthought.ingest.formats.marked import OUTPUT_FIELDS, QUESTION_FIELDS
from midthought.ingest.stream.reader import Format, ReadRecord
from midthought.ingest.stream.records import BadRecord

DOCS = Path(__file__).parents[3] / "docs" / "trajectories.md"
NAMES = "|".join(Format)
EXAMPLES = re.findall(rf"^```(?:jsonl )?({NAMES})\n(.*?)^```$", DOCS.read_text(), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize(("format", "example"), EXAMPLES)
def test_examples(read: Callable[..., Any], format: str, example: str) -> None:
    """Every example reads as its format, and is told to be of it; a request log is read by its name only."""
    records = read(example.encode(), Format(format))
    assert records
    assert all(isinstance(record, ReadRecord) for record in records)
    told = read(example.encode())
    if format == Format.REQUEST_LOG:
        assert all(isinstance(record, BadRecord) for record in told)
    elif format != Format.TEXT:
        assert told == records


def test_every_format_has_an_example() -> None:
    """No format is left out, nor any field name that stands for question or output."""
    assert {named for named, _ in EXAMPLES} | {Format.AUTO} == set(Format)
    assert all(f"`{name}`" in DOCS.read_text() for name in (*QUESTION_FIELDS, *OUTPUT_FIELDS))


def test_every_format_has_its_row() -> None:
    """The table says what a record is and which fields tell it, as the registry does."""
    for row in Format:
        fields = [f"`{name}`" for name in row.telling_fields]
        named = " or ".join(", ".join(part) for part in (fields[:-1], fields[-1:]) if part)
        told = named or ("nothing: name it" if row.is_json else "a name ending in `.txt` or `.md`")
        assert row is Format.AUTO or f"| [`{row}`](#{row}) | {row.summary} | {told} |" in DOCS.read_text()


def test_python_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The program in the docs runs."""
    (program,) = re.findall(r"^```python\n(.*?)^```$", DOCS.read_text(), re.DOTALL | re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    Path("traces.jsonl.gz").write_text('{"question": "q", "thought": "t"}\nnonsense\n')
    exec(program, {})
    assert capsys.readouterr().out.startswith("1 q\ntraces.jsonl.gz:2 not JSON")


@pytest.mark.parametrize(
    "record",
    [
        '{"question": "q", "answer": "a"}',
        '{"question": "q", "response": "a"}',
        '{"thought": "t"}',
        '{"question": "q", "thought": 3}',
        '{"quesiton": "q", "thought": "t"}',
        '{"title": "t", "mapping": {"a": {"message": null}}}',
    ],
)
def test_every_usual_reason_is_the_message_of_a_reader(read: Callable[..., Any], record: str) -> None:
    """The table of reasons quotes what a reader says; behind three dots the message goes on."""
    (bad,) = read(record.encode())
    quoted = re.findall(r"^\| `([^`]*)` \|", DOCS.read_text().partition("## What to do")[2], re.MULTILINE)
    assert len(quoted) == 6
    assert any(bad.reason.startswith(one.removesuffix("...")) for one in quoted), bad.reason
