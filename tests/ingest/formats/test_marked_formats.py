"""Formats that mark the thought in a text: trace, r1 and plain text."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from midthought.ingest.stream.reader import Format, ReadRecord, read_trajectories
from midthought.memory.records.trajectory import Outcome, Trajectory

SKY = "<|begin_of_thought|>\n\nT\n\n<|end_of_thought|>\n\n<|begin_of_solution|>\n\nA<|end_of_solution|>"

SPLITS = [
    (SKY, "T", "A", True),
    ("<|begin_of_thought|>T<|begin_of_solution|>A<|end_of_solution|> more", "T", "A more", True),
    ("<|begin_of_thought|> T, and on", "T, and on", "", False),
    ("T <|end_of_thought|> A", "T", "A", True),
    ("<think>T</think>A", "T", "A", True),
    ("T\n</think>\nA", "T", "A", True),
    ("<think>T", "T", "", False),
    ("<think>T</think>A <think>later</think>", "T", "A <think>later</think>", True),
    ("T</think>A <think>later</think>", "T", "A <think>later</think>", True),
    ("<think>T: <|begin_of_thought|> is a marker</think>A", "T: <|begin_of_thought|> is a marker", "A", True),
]


@pytest.mark.parametrize(("text", "thought", "answer", "finished"), SPLITS)
@pytest.mark.parametrize(("field", "format"), [("trace", Format.TRACE), ("response", Format.R1)])
def test_splitting(
    good: Callable[..., Any], field: str, format: Format, text: str, thought: str, answer: str, finished: bool
) -> None:
    """The first markers divide thought from answer, whichever of them is missing; an unclosed thought is unfinished."""
    expected = [Trajectory(question="q", thought=thought, answer=answer, finished=finished)]
    assert good({"question": "q", field: text}) == good({"question": "q", field: text}, format) == expected


def test_trace_without_markers(good: Callable[..., Any], reason: Callable[..., str]) -> None:
    """A trace without markers is all thought; r1 output without markers is refused, for it may be all answer."""
    assert good({"question": "q", "trace": " on and on\n"}) == [Trajectory(question="q", thought="on and on")]
    assert "no thought: field 'response' holds neither" in reason({"question": "q", "response": "42"})


@pytest.mark.parametrize(
    ("correct", "outcome"), [(True, Outcome.CORRECT), (False, Outcome.WRONG), (None, Outcome.UNKNOWN)]
)
def test_verdicts(good: Callable[..., Any], correct: bool | None, outcome: Outcome) -> None:
    """`correct` true, false and null are the three outcomes; finished is what the record says, markers or not."""
    (trajectory,) = good({"question": "q", "trace": "<think>t", "correct": correct, "finished": True})
    assert (trajectory.outcome, trajectory.finished) == (outcome, True)


def test_two_verdicts(reason: Callable[..., str]) -> None:
    """A record with both `correct` and `outcome` is refused."""
    assert "expected one verdict" in reason({"question": "q", "trace": "t", "correct": True, "outcome": "wrong"})


def test_metadata_keeps_the_rest(good: Callable[..., Any]) -> None:
    """Fields that are not mapped, and text before the thought, end in canonical metadata."""
    (trajectory,) = good(
        {"question": "q", "trace": "Sure. <think>t</think>", "z": [1.5, None], "id": "ä", "source": "s", "model": "m"}
    )
    assert trajectory.metadata == '{"before_thought":"Sure.","id":"ä","z":[1.5,null]}'
    assert (trajectory.source, trajectory.model) == ("s", "m")


def test_metadata_clash(reason: Callable[..., str]) -> None:
    """A field of the name that the reader needs is refused rather than overwritten."""
    text = "Sure. <think>t</think>"
    assert "'before_thought' is needed" in reason({"question": "q", "trace": text, "before_thought": 1})


@pytest.mark.parametrize("asked", ["question", "prompt", "problem", "instruction", "query", "input"])
@pytest.mark.parametrize(
    "output", ["response", "completion", "output", "generation", "generated_solution", "llm_response", "text"]
)
def test_r1_field_names(good: Callable[..., Any], asked: str, output: str) -> None:
    """Question and output go by several names."""
    expected = [Trajectory(question="q", thought="t", answer="a")]
    assert good({asked: "q", output: "<think>t</think>a"}) == expected


@pytest.mark.parametrize(
    ("others", "gold", "outcome", "left"),
    [
        ({"expected_answer": "42", "pass_rate": 0.5}, "42", Outcome.UNKNOWN, {"pass_rate": 0.5}),
        ({"ground_truth": 42, "is_correct": True}, "42", Outcome.CORRECT, {}),
        ({"ground_truth": "a whole solution " * 9, "score": 0.5}, None, Outcome.UNKNOWN, None),
        ({"answer": "42", "reward": 0.0}, None, Outcome.WRONG, {"answer": "42"}),
        (
            {"gold": "41", "gt": "42", "correct": False, "success": True},
            "41",
            Outcome.WRONG,
            {"gt": "42", "success": True},
        ),
    ],
)
def test_labels_of_others(
    good: Callable[..., Any], others: dict[str, Any], gold: str | None, outcome: Outcome, left: dict[str, Any] | None
) -> None:
    """Ours come first; an answer beside an output is nobody's word for what is right; what is not taken is kept."""
    messages = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "<think>t</think>a"}]
    for record in ({"problem": "q", "generated_solution": "<think>t</think>a"}, {"messages": messages}):
        (trajectory,) = good(record | others)
        assert (trajectory.gold, trajectory.outcome) == (gold, outcome)
        assert json.loads(trajectory.metadata) == (others if left is None else left)


def test_r1_question_before_the_thought(good: Callable[..., Any], reason: Callable[..., str]) -> None:
    """Without a question field, the question stands before the thought, and has to."""
    assert good({"text": "q? <think>t</think>a"}) == [Trajectory(question="q?", thought="t", answer="a")]
    assert "the question is missing" in reason({"text": "<think>t</think>a"})


@pytest.mark.parametrize("text", ["<think></think>a", "<think>\n\n</think>a", "</think>a"])
def test_empty_thought(reason: Callable[..., str], text: str) -> None:
    """A thought that was opened and closed with nothing in it is refused."""
    assert "the thought is empty" in reason({"question": "q", "response": text})


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_plain_text(read: Callable[..., Any], end: bytes) -> None:
    """Cut lines divide documents; each counts from its first line, blank ones give nothing, bad ones lose no other."""
    lines = [b"q1", b"<think>", b"t1", b"</think>", b"---8<---", b"no thought", b"---8<---", b"", b"---8<---"]
    first, bad, last = read(end.join([*lines, b"q2 <think>t2"]), Format.TEXT)
    assert first == ReadRecord(1, Trajectory(question="q1", thought="t1"))
    assert (bad.line, bad.place) == (6, "<stdin>:6")
    assert last == ReadRecord(10, Trajectory(question="q2", thought="t2", finished=False))


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.TXT.gz"])
def test_plain_text_by_name(tmp_path: Path, name: str) -> None:
    """A file named as text is read as text, unless it begins as JSON does."""
    for text in ("q <think>t</think>", "\n" + json.dumps({"question": "q", "thought": "t"})):
        (tmp_path / name).write_text(text)
        (record,) = read_trajectories(tmp_path / name)
        assert isinstance(record, ReadRecord)
        assert record.trajectory == Trajectory(question="q", thought="t")
