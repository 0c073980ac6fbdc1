"""Our own format: strict in, exact out."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midthought.ingest.formats.own import write_trajectory
from midthought.ingest.stream.reader import Format
from midthought.memory.errors import BadInput
from midthought.memory.records.trajectory import Outcome, Trajectory

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
SAID = TEXT.filter(lambda text: bool(text.strip()))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
METADATA = st.dictionaries(TEXT, JSON, max_size=3).map(
    lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
)
TRAJECTORIES = st.builds(
    Trajectory,
    question=SAID,
    thought=SAID,
    answer=TEXT,
    gold=st.none() | TEXT,
    outcome=st.sampled_from(Outcome),
    finished=st.booleans(),
    source=TEXT,
    model=TEXT,
    metadata=METADATA,
)


@pytest.mark.slow
@given(st.lists(TRAJECTORIES, max_size=3))
def test_round_trip(read: Callable[..., Any], trajectories: list[Trajectory]) -> None:
    """What is written reads back as the same trajectories, with the same ids, from the lines they were written on."""
    data = "".join(map(write_trajectory, trajectories)).encode()
    for named in (Format.AUTO, Format.OWN):
        records = read(data, named)
        assert [record.trajectory for record in records] == trajectories
        assert [record.line for record in records] == list(range(1, len(trajectories) + 1))
    assert [record.trajectory.id for record in records] == [trajectory.id for trajectory in trajectories]


def test_defaults(good: Callable[..., Any]) -> None:
    """Only question and thought are required; null is the same as absent."""
    expected = [Trajectory(question=" q\n", thought="t ")]
    assert good({"question": " q\n", "thought": "t "}) == expected
    optional = dict.fromkeys(["answer", "gold", "outcome", "finished", "source", "model", "metadata"])
    assert good({"question": " q\n", "thought": "t ", **optional}) == expected


def test_unknown_fields_are_named(reason: Callable[..., str]) -> None:
    """A misspelt field is an error that names it, and at most eight of many."""
    assert "unknown field 'outcom'" in reason({"question": "q", "thought": "t", "outcom": "correct"})
    many = {f"f{number}": 1 for number in range(20)}
    assert "'f7' and 12 more" in reason({"question": "q", "thought": "t", **many})


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"outcome": "right"}, "field 'outcome' is 'right', expected one of correct, wrong, unknown"),
        ({"finished": "yes"}, "field 'finished' is a string, expected true or false"),
        ({"gold": 42}, "field 'gold' is a number, expected a string"),
        ({"metadata": []}, "field 'metadata' is a list, expected an object"),
        ({"thought": True}, "field 'thought' is a boolean, expected a string"),
        ({"thought": " \n"}, "field 'thought' is empty"),
        ({"question": None}, "field 'question' is missing"),
    ],
)
def test_wrong_fields(reason: Callable[..., str], wrong: dict[str, object], expected: str) -> None:
    """A wrong field is named with what it is and what was expected, and the format the record was taken for."""
    assert reason({"question": "q", "thought": "t", **wrong}) == f"{expected} (read as format own)"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"thought": " "}, "'thought' is empty"),
        ({"answer": "a\0"}, "NUL"),
        ({"model": "\ud800"}, "surrogate"),
        ({"metadata": '{"a": 1}'}, 'must be canonical JSON: {"a":1}, got {"a": 1}'),
        ({"metadata": "[]"}, "expected a JSON object"),
    ],
)
def test_what_cannot_be_written(change: dict[str, str], expected: str) -> None:
    """A trajectory that would not read back as itself is refused when it is written."""
    trajectory = replace(Trajectory(question="q", thought="t"), **change)  # type: ignore[arg-type]  # all are strings
    with pytest.raises(BadInput) as caught:
        write_trajectory(trajectory)
    assert expected in str(caught.value)
