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
PICK = read_rows(ROW, name="x")
PADDING = "The corners of the polygon all lie on the lattice, and none of them lies on another side of it."
WORK = "With i + b/2 - 1 and the points that I counted, 4 inside and 8 on the border, the area is 4 + 8/2 - 1 = 7."


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


def test_a_file_of_cues_is_read_once_until_it_changes(tmp_path: Path) -> None:
    """The sources of one command ask for the same file."""
    file = tmp_path / "mine.jsonl"
    file.write_text(ROW + "\n")
    rows = read_cues(file)
    assert read_cues(file) is rows
    file.write_text(f"{ROW}\n{ROW}\n")
    assert len(read_cues(file)) == 2 * len(rows)


def test_a_cue_with_its_evidence_is_shown() -> None:
    """The cue is given as the trace writes it."""
    assert cues_shown(f"Pick's  theorem. {WORK}", PICK) == ["Pick's  theorem"]


def test_a_curly_apostrophe_hides_no_cue() -> None:
    """Neither in the trace nor in a row."""
    curly = read_rows(ROW.replace("pick's", "pick\u2019s"), name="x")
    assert cues_shown(f"Pick\u2019s theorem. {WORK}", PICK) == ["Pick\u2019s theorem"]
    assert cues_shown(f"Pick's theorem. {WORK}", curly) == ["Pick's theorem"]


@pytest.mark.parametrize(
    "thought",
    [
        pytest.param(f"This reminds me of Pick's theorem. {PADDING}", id="a name alone"),
        pytest.param("Pick's theorem. " + "And so on. " * 80 + WORK, id="evidence too far away"),
        pytest.param(f"{WORK} Pick's theorem. {PADDING}", id="work before the cue alone"),
        pytest.param(f"Pick's theorem says that the area is i + b/2 - 1. {PADDING}", id="the formula alone"),
        pytest.param(f"Pick's theorem: i + b/2 - 1, where i = 4, b = 8. {PADDING}", id="what is given"),
        pytest.param(f"I use Pick's theorem, i + b/2 - 1. So we need to count. {PADDING}", id="a plan"),
        pytest.param(f"Pick's theorem: i + b/2 - 1. {PADDING} Therefore, the area is:", id="an announcement"),
        pytest.param("By Pick's theorem b/2 is 4, so 4 + 4 - 1 = 7.", id="the result alone"),
        pytest.param(f"Pick's theorem is about lattices. Wait, {WORK}", id="work after a turn"),
    ],
)
def test_without_work_nothing_is_shown(thought: str) -> None:
    """A name, a formula, a plan or a result does not show that the method was carried out."""
    assert cues_shown(thought, PICK) == []


@pytest.mark.parametrize(
    "reached",
    [
        "so the area is 4 + 8/2 - 1 = 7.",
        "and with 8 points on the border the area = 4 + 4 - 1 = 7.",
        "it is 10 < a < 20 in all.",
        "which means that the corners are never integers.",
        "and the function returns `[7]` for it.",
    ],
)
def test_work_reaches_something(reached: str) -> None:
    """A computation with numbers, bounds, a conclusion, or a value that is returned."""
    assert cues_shown(f"Pick's theorem: i + b/2 - 1. {PADDING} Then {reached}", PICK) == ["Pick's theorem"]


@pytest.mark.parametrize(
    "thought",
    [
        f"Pick's theorem: i + b/2 - 1. That looks messy. {WORK}",
        f"Pick's theorem: i + b/2 - 1. {WORK} This is getting too complicated. Maybe there is a better way.",
        f"Pick's theorem: i + b/2 - 1. {WORK} But that can't be right, the area is larger.",
    ],
)
def test_work_that_is_taken_back_shows_nothing(thought: str) -> None:
    """A doubt near the cue, or a phrase after the passage that gives it up."""
    assert cues_shown(thought, PICK) == []


def test_the_passage_reaches_from_the_cue_to_its_work() -> None:
    """It may be two steps, and a long step is not all of it: 300 characters before the cue are."""
    before, said = "The corners lie on a lattice. " * 20, "By Pick's theorem: "
    thought = f"{before}{said}{WORK} The rest is about something else."
    trajectory = Trajectory(question="What is the area?", thought=thought, answer="7")
    border = len(before + said)
    steps = [
        Step(Span(Part.THOUGHT, start, end), StepKind.WORK, "", 0)
        for start, end in ((0, border), (border, len(thought)))
    ]
    (shown,) = find_shown(trajectory, steps, index_cues(PICK))
    assert trajectory.text(shown.span).endswith(f"{said}{WORK}")
    assert len(before) - 300 <= shown.span.start < len(before)


def test_cues_are_whole_words() -> None:
    """A cue inside a longer word is no cue."""
    rows = read_rows('{"entry": "How?", "cues": ["sort"], "evidence": []}', name="x")
    assert cues_shown(f"We assort them and resorted to it. {WORK}", rows) == []
    assert cues_shown(f"Then sort them. {WORK}", rows) == ["sort"]


def test_a_repeated_question_shows_nothing() -> None:
    """Its sentence names the method, as the question does, and does nothing."""
    assert cues_shown(f"The problem is about Pick's theorem. {WORK}", PICK) == []


def test_an_entry_is_shown_once_in_a_trace() -> None:
    """The first place counts."""
    assert len(cues_shown(f"Pick's theorem. {WORK} Pick's theorem again. {WORK}", PICK)) == 1


@pytest.mark.parametrize("kind", [StepKind.RESTATEMENT, StepKind.PLAN, StepKind.TALK])
def test_steps_that_carry_nothing_out_show_nothing(kind: StepKind) -> None:
    """A restated question, a plan and small talk are passed over."""
    assert cues_shown(f"Pick's theorem. {WORK}", PICK, kind) == []


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
