"""Cues and evidence: how they are read, and where they show that a known entry was carried out."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from midthought.ingest.extraction.cues import CueRow, index_cues, read_cues, read_rows, shipped_cues
from midthought.ingest.extraction.recognition import find_shown
from midthought.ingest.starter import read_starter
from midthought.memory.errors import BadInput
from midthought.memory.records.entry import Concept, Procedure
from midthought.memory.records.step import Step, StepKind
from midthought.memory.records.trajectory import Part, Span, Trajectory

ROW = '{"entry": "How?", "cues": ["pick\'s theorem"], "evidence": ["b/2"]}'


def cues_shown(thought: str, rows: Sequence[CueRow], kind: StepKind = StepKind.WORK) -> list[str]:
    """The cues that are shown in a thought of one step."""
    trajectory = Trajectory(question="What is the area?", thought=thought, answer="7")
    step = Step(Span(Part.THOUGHT, 0, len(thought)), kind, "", 0)
    return [one.cue for one in find_shown(trajectory, [step], index_cues(rows))]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "not JSON"),
        ('{"entry": "How?", "cues": ["a"]}', "exactly the fields"),
        ('{"entry": " ", "cues": ["a"], "evidence": []}', "entry must be"),
        ('{"entry": "How?", "cues": [], "evidence": []}', "cues must be"),
        ('{"entry": "How?", "cues": ["Vieta"], "evidence": []}', "lower case"),
        ('{"entry": "How?", "cues": ["a"], "evidence": ["("]}', "is no pattern"),
        ('{"entry": "How?", "cues": "a", "evidence": []}', "list of texts"),
    ],
)
def test_a_bad_row_is_refused_with_its_line(tmp_path: Path, line: str, message: str) -> None:
    """The error names the file, the line and the fault."""
    file = tmp_path / "mine.jsonl"
    file.write_text(f"{ROW}\n{line}\n", encoding="utf-8")
    with pytest.raises(BadInput, match=message) as caught:
        read_cues(file)
    assert "mine.jsonl:2" in str(caught.value)


def test_a_cue_with_its_evidence_is_shown() -> None:
    """The cue is given as the trace writes it."""
    assert cues_shown("By Pick's  theorem the area is 4 + 8/2 - 1, so I + b/2 - 1.", read_rows(ROW, name="x")) == [
        "Pick's  theorem"
    ]


def test_without_evidence_nothing_is_shown() -> None:
    """A name alone does not show that the method was carried out."""
    assert cues_shown("This reminds me of Pick's theorem.", read_rows(ROW, name="x")) == []


def test_evidence_far_from_the_cue_does_not_count() -> None:
    """The evidence stands within 700 characters after the cue."""
    assert cues_shown("Pick's theorem. " + "And so on. " * 80 + "b/2", read_rows(ROW, name="x")) == []


def test_evidence_may_stand_in_the_next_step() -> None:
    """A formula and the numbers put into it are often two steps: the passage is both of them."""
    thought = "By Pick's theorem: The area is 4 + b/2 - 1."
    trajectory = Trajectory(question="What is the area?", thought=thought, answer="7")
    steps = [Step(Span(Part.THOUGHT, a, b), StepKind.WORK, "", 0) for a, b in ((0, 19), (19, len(thought)))]
    shown = list(find_shown(trajectory, steps, index_cues(read_rows(ROW, name="x"))))
    assert [(one.span, one.passage) for one in shown] == [(Span(Part.THOUGHT, 0, len(thought)), thought)]


def test_a_doubt_after_the_formula_counts() -> None:
    """It may be two sentences later than the name."""
    assert cues_shown("Pick's theorem. It has b/2. That looks messy.", read_rows(ROW, name="x")) == []


def test_cues_are_whole_words() -> None:
    """A cue inside a longer word is no cue."""
    rows = read_rows('{"entry": "How?", "cues": ["sort"], "evidence": []}', name="x")
    assert cues_shown("We assort them and resorted to it.", rows) == []
    assert cues_shown("Then sort them.", rows) == ["sort"]


def test_a_doubted_cue_is_not_shown() -> None:
    """A sentence that takes the idea back shows nothing."""
    assert cues_shown("Pick's theorem, b/2, doesn't apply here.", read_rows(ROW, name="x")) == []


def test_a_repeated_question_shows_nothing() -> None:
    """Its sentence names the method, as the question does, and does nothing."""
    assert cues_shown("The problem is about Pick's theorem. Let me see b/2.", read_rows(ROW, name="x")) == []


def test_an_entry_is_shown_once_in_a_trace() -> None:
    """The first place counts."""
    assert len(cues_shown("Pick's theorem: b/2. Pick's theorem again: b/2.", read_rows(ROW, name="x"))) == 1


@pytest.mark.parametrize("kind", [StepKind.RESTATEMENT, StepKind.PLAN, StepKind.TALK])
def test_steps_that_carry_nothing_out_show_nothing(kind: StepKind) -> None:
    """A restated question, a plan and small talk are passed over."""
    assert cues_shown("Pick's theorem: b/2.", read_rows(ROW, name="x"), kind) == []


def test_shipped_rows_name_starter_entries() -> None:
    """Every row that ships belongs to an entry of the starter memory."""
    names = {
        one.subquestion if isinstance(one, Procedure) else one.name
        for _, one in read_starter()
        if isinstance(one, Procedure | Concept)
    }
    assert [row.entry for row in shipped_cues() if row.entry not in names] == []


def test_shipped_files_are_json_lines() -> None:
    """A row may be written back as it was read."""
    for row in shipped_cues():
        line = {"entry": row.entry, "cues": row.cues, "evidence": [one.pattern for one in row.evidence]}
        assert read_rows(json.dumps(line), name="x") == (row,)
