"""Records in no known format, read with a map of their fields."""

import io
import json
from typing import Any

import pytest

from midthought.ingest.formats.field_map import MAPPED, FieldMap
from midthought.ingest.stream.reader import BadRecord, Format, ReadRecord, read_trajectories
from midthought.memory.errors import BadInput
from midthought.memory.records.trajectory import Outcome, Trajectory

RECORD = {
    "task": {"text": "What is 12 * 15?", "id": 7},
    "steps": ["12 * 10 = 120.", "12 * 5 = 60."],
    "out": [{"text": "180"}],
    "result": 180,
    "passed": True,
    "a.b": "s",
    "rest": 1,
}
TOLD = "question=task.text, thought=steps,answer=out.0.text,gold=result,outcome=passed,source=a.b"


def read(record: Any, told: Any) -> ReadRecord | BadRecord:
    """What one record gives with a map."""
    stream = io.BytesIO(json.dumps(record).encode())
    (found,) = read_trajectories("-", map=FieldMap.read(told), stdin=stream)
    return found


def test_every_part_is_found() -> None:
    """Dots lead into objects and lists, a name with a dot is found first; what is not mapped is metadata."""
    found = read(RECORD, TOLD)
    assert isinstance(found, ReadRecord)
    assert found.trajectory == Trajectory(
        question="What is 12 * 15?",
        thought="12 * 10 = 120.\n\n12 * 5 = 60.",
        answer="180",
        gold="180",
        outcome=Outcome.CORRECT,
        source="s",
        metadata='{"out":[{"text":"180"}],"rest":1,"task":{"id":7,"text":"What is 12 * 15?"}}',
    )
    told = FieldMap.read(dict(one.strip().split("=") for one in TOLD.split(",")))
    assert told == FieldMap.read(TOLD) == FieldMap.read(str(told))
    assert FieldMap.read("") is None


def test_thought_and_answer_in_one_field() -> None:
    """Markers divide it, whichever of the two it is mapped to; without them an answer is a solution."""
    for part in ("thought", "answer"):
        found = read({"p": "q", "o": "<think>t</think>a"}, {"question": "p", part: "o"})
        assert isinstance(found, ReadRecord)
        assert (found.trajectory.thought, found.trajectory.answer) == ("t", "a")
    solution = "First 12 * 10 = 120, then 12 * 5 = 60: together 180."
    found = read({"p": "q", "o": solution}, "question=p,answer=o")
    assert isinstance(found, ReadRecord)
    assert (found.trajectory.thought, found.trajectory.answer) == ("", solution)


@pytest.mark.parametrize(
    ("record", "told", "expected"),
    [
        (
            {"a": 1, "b": 2},
            "question=p,thought=b",
            "field 'p' (the question) is missing: the record has only fields 'a', 'b'",
        ),
        ({"p": {"x": "q"}}, "question=p.text,thought=t", "'p.text' (the question) is missing: 'p' has only field 'x'"),
        ({"p": ["q"]}, "question=p.3,thought=t", "field 'p.3' (the question) is missing: 'p' is a list of 1"),
        (
            {"p": "q", "s": "t"},
            "question=p,thought=t",
            "field 't' (the thought) is missing: the record has only fields",
        ),
        ({"p": "q", "t": {}}, "question=p,thought=t", "field 't' is an object, expected a string"),
        ({"p": "q", "t": "42"}, "question=p,answer=t", "the answer '42' is a bare result"),
        ({"p": "q", "t": "t", "f": "no"}, "question=p,thought=t,finished=f", "'finished' is a string, expected true"),
    ],
)
def test_what_does_not_fit_is_told_with_the_fields_there_are(record: Any, told: str, expected: str) -> None:
    """The reason names the field, its part, and what the record has in its place."""
    found = read(record, told)
    assert isinstance(found, BadRecord)
    assert expected in found.reason
    assert found.reason.endswith(f"(read as map {told})")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("question", "is no pair"),
        ("question=", "is no pair"),
        ("question=a,thougth=b", f"unknown part 'thougth': expected one of {', '.join(MAPPED)}"),
        ("question=a,question=b,thought=c", "mapped twice"),
        ("question=a,gold=b", "one for the thought or the answer"),
        ({"thought": "b"}, "a field for the question"),
    ],
)
def test_maps_that_say_too_little(told: Any, expected: str) -> None:
    """They are refused before anything is read."""
    with pytest.raises(BadInput, match=expected):
        FieldMap.read(told)


def test_a_map_and_a_format_are_two_answers_to_one_question() -> None:
    """Both say how records are read."""
    with pytest.raises(BadInput, match="leave one out"):
        read_trajectories("-", format=Format.OWN, map=FieldMap.read(TOLD), stdin=io.BytesIO())


def test_a_map_reads_the_records_that_an_object_wraps() -> None:
    """An object without the question's field may be the wrapping of records that have it."""
    data = json.dumps({"data": [{"p": f"q{n}", "t": "t"} for n in range(3)]}).encode()
    for indented in (data, json.dumps(json.loads(data), indent=1).encode()):
        records = read_trajectories("-", map=FieldMap.read("question=p,thought=t"), stdin=io.BytesIO(indented))
        assert [one.trajectory.question for one in records if isinstance(one, ReadRecord)] == ["q0", "q1", "q2"]
