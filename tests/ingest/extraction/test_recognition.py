"""Cues and evidence: how they are read, and where they show that a known entry was carried out."""

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

import pytest

from midthought.ingest.extraction.cues import CueRow, index_cues, read_cues, read_rows, shipped_cues
from midthought.ingest.extraction.recognition import NEAREST, find_links, find_shown
from midthought.ingest.ingestion import Ingestion
from midthought.ingest.starter import read_starter
from midthought.memory.errors import BadInput
from midthought.memory.records.entry import Concept, Procedure, Provenance
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.step import Step, StepKind
from midthought.memory.records.trajectory import Part, Span, Trajectory
from midthought.memory.store import Store
from midthought.retrieval.encoders.hashing import HashingEncoder

ROW = '{"entry": "How?", "cues": ["pick\'s theorem"], "evidence": ["b/2"]}'
PICK = read_rows(ROW, name="x")
PADDING = "The corners of the polygon all lie on the lattice, and none of them lies on another side of it."
WORK = "With i + b/2 - 1 and the points that I counted, 4 inside and 8 on the border, the area is 4 + 8/2 - 1 = 7."


def cues_shown(thought: str, rows: Sequence[CueRow], kind: StepKind = StepKind.WORK) -> list[str]:
    """The cues that are shown in a thought of one step."""
    trajectory = Trajectory(question="What is the area?", thought=thought, answer="7")
    step = Step(Span(Part.THOUGHT, 0, len(thought)), kind, "", 0)
    return [one.cue for one in find_shown(trajectory, [step], index_cues(rows))]


def passage_shown(thought: str) -> str:
    """The passage that is shown in a thought of one step."""
    return passage_of((thought,), (StepKind.WORK,))


def passage_of(texts: Sequence[str], kinds: Sequence[StepKind], depths: Sequence[int] = (0, 0, 0)) -> str:
    """The passage that is shown in a thought of several steps."""
    trajectory = Trajectory(question="What is the area?", thought="".join(texts), answer="7")
    ends = list(accumulate(map(len, texts)))
    steps = [
        Step(Span(Part.THOUGHT, end - len(text), end), kind, "", depth)
        for text, end, kind, depth in zip(texts, ends, kinds, depths, strict=False)
    ]
    (shown,) = find_shown(trajectory, steps, index_cues(PICK))
    return trajectory.text(shown.span)


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
        pytest.param(f"Pick's theorem: i + b/2 - 1. {PADDING} Hence the area is never odd.", id="a claim alone"),
        pytest.param(f"Pick's theorem. {WORK} {'And so on. ' * 40}", id="work that ends before its step does"),
        pytest.param(f"Pick's theorem. {WORK} {'And so on. ' * 280}{WORK}", id="work that goes on for too long"),
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
        "this means that the corners are never integers, and thus the sides are not.",
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
        f"Pick's theorem: i + b/2 - 1. {WORK} But wait, two of the corners are the same.",
    ],
)
def test_work_that_is_taken_back_shows_nothing(thought: str) -> None:
    """A doubt near the cue, a phrase after the passage that gives it up, or a turn that does not check it."""
    assert cues_shown(thought, PICK) == []


def test_work_that_is_checked_ends_before_the_check() -> None:
    """A turn that verifies what was reached does not doubt it, and is no part of the work."""
    work = f"Pick's theorem: i + b/2 - 1. {WORK}"
    assert passage_shown(f"{work} Wait, let me double-check the border.") == work


def test_work_begins_after_the_turn_to_it() -> None:
    """What was tried before belongs to something else."""
    work = f"Alternatively, by Pick's theorem: {WORK}"
    assert passage_shown(f"The shoelace formula gives 9. {work}") == work


@pytest.mark.parametrize("between", [StepKind.WORK, StepKind.PLAN, StepKind.RESTATEMENT, StepKind.RESULT])
def test_work_goes_on_to_its_result(between: StepKind) -> None:
    """The numbers, the plan and the result may be steps of their own."""
    texts = ("By Pick's theorem: i + b/2 - 1. ", "On the border are 8. ", WORK)
    assert passage_of(texts, (StepKind.WORK, between, StepKind.WORK)) == "".join(texts)


@pytest.mark.parametrize(("kind", "depth"), [(StepKind.CHECK, 1), (StepKind.CHANGE, 1), (StepKind.WORK, 0)])
def test_work_ends_at_another_task(kind: StepKind, depth: int) -> None:
    """A check, a change of the way, or the next section."""
    texts = (f"By Pick's theorem: {WORK}", " The sides are 3 + 4 = 7 long.")
    assert passage_of(texts, (StepKind.WORK, kind), depths=(1, depth)) == texts[0]


def test_a_call_is_shown_with_the_line_of_its_reply() -> None:
    """Of a conversation with tools, what follows belongs to the next call."""
    call, reply = f"Call area(corners) by Pick's theorem, b/2. {PADDING}\n\n", 'Result: {"area": 7, "unit": "cm"}'
    assert passage_of((f"{call}{reply}\n", "Call sides(corners)\n"), (StepKind.CALL, StepKind.CALL)) == call + reply


def test_a_call_without_a_reply_shows_nothing() -> None:
    """It may have failed."""
    assert cues_shown(f"Call area(corners) by Pick's theorem, b/2. {PADDING}", PICK, StepKind.CALL) == []


def test_an_entry_with_another_task_is_not_linked(tmp_path: Path) -> None:
    """A cue and its evidence are not enough if more than `NEAREST` methods are nearer to the passage and its goal."""
    encoder, owner = HashingEncoder(), Namespace("owner")
    thought = f"By Pick's theorem: {WORK}"
    trajectory = Trajectory(question="What is the area?", thought=thought, answer="7")
    steps = [Step(Span(Part.THOUGHT, 0, len(thought)), StepKind.WORK, "", 0)]
    words = thought.removesuffix(".")
    nearer = [Procedure(f"{words}, number {count}?", "I should count.") for count in range(NEAREST)]
    ours = Procedure("With the points that I counted inside, is the area of the border 4 or 8?", "I should count.")
    row = replace(PICK[0], entry=ours.subquestion)
    with Store(tmp_path, encoder=encoder.identity) as store:
        ingestion = Ingestion(store, encoder, owner)
        store.writer.put_namespace(owner)
        ingestion.write_entries({one.id: (one, (Provenance(None, "own"),)) for one in (ours, *nearer[1:])})
        (link,) = find_links(ingestion, [(trajectory, steps)], [row])
        ingestion.write_entries({nearer[0].id: (nearer[0], (Provenance(None, "own"),))})
        found = find_links(ingestion, [(trajectory, steps)], [row])
    assert (link.entry_id, trajectory.text(link.span)) == (ours.id, thought)
    assert found == []


def test_a_long_step_is_not_all_of_the_passage() -> None:
    """Of what stands before the cue, 300 characters are."""
    before, said = "The corners lie on a lattice. " * 20, "By Pick's theorem: "
    shown = passage_shown(f"{before}{said}{WORK}")
    assert shown.endswith(f"{said}{WORK}")
    assert len(said + WORK) < len(shown) <= 300 + len(said + WORK)


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
