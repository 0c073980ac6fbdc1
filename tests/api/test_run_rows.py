"""What a thought recorded becomes rows: which entries were injected, withheld or only recalled, and which count."""

from dataclasses import replace
from pathlib import Path

import pytest

from midthought.api.python.memory import Memory, open_memory
from midthought.api.receipts import run_rows
from midthought.memory.records.entry import Lesson
from midthought.memory.records.run import EntryRole, RunEntry
from midthought.reasoner.engines.scripted import make_demo_engine
from midthought.reasoner.thought.in_thought import last_run
from midthought.reasoner.thought.receipts import (
    EntryUse,
    FinishReason,
    Receipt,
    ReceiptKind,
    Run,
    RunTurn,
    SampleRecord,
)
from midthought.reasoner.thought.think_settings import ThinkSettings
from midthought.retrieval.encoders.hashing import HashingEncoder

INJECTION, WITHHELD, RECALL = ReceiptKind.INJECTION, ReceiptKind.WITHHELD, ReceiptKind.RECALL


def receipt(kind: ReceiptKind, *ids: str, branch: int = -1, sample: int = -1, position: int = 0) -> Receipt:
    """A receipt of entries at a place of a continuation."""
    uses = tuple(EntryUse(one, 1, 0.5, 0.5, "") for one in ids)
    return Receipt(kind, "q", uses, "", 1, 0.0, None, "start", branch, sample, position)


def run_of(*receipts: Receipt, withheld: bool = False) -> Run:
    """A run of two branches with two samples each; the second of the first branch was chosen."""
    samples = tuple(
        SampleRecord(branch, sample, "", 0, 1, FinishReason.DONE, 0.0, int((branch, sample) == (0, 1)))
        for branch in (0, 1)
        for sample in (0, 1)
    )
    turns = (RunTurn("query", 3, 10, 4), RunTurn("branch 0 sample 0", 5, 20, 16))
    told = (("holdout", 0.25), ("samples", 4))
    return Run("Why?", "demo", told, "q", receipts, samples, "text", "", turns, 1.5, withheld=withheld)


def entries_of(*receipts: Receipt, withheld: bool = False) -> tuple[RunEntry, ...]:
    """The entries that the store is given."""
    return run_rows(run_of(*receipts, withheld=withheld))[0].entries


def test_hints_at_the_start_are_in_every_continuation_of_their_branch() -> None:
    """Each is the first of its branch; what was found and not chosen is named after them."""
    start = receipt(RECALL, "a", "b", "c"), receipt(INJECTION, "a", branch=0), receipt(INJECTION, "b", branch=1)
    assert entries_of(*start) == (
        RunEntry("a", 1, EntryRole.INJECTED, 0, 0, chosen=True),
        RunEntry("b", 1, EntryRole.INJECTED, 0, 1),
        RunEntry("c", 1, EntryRole.RECALLED),
    )


def test_a_hint_behind_another_of_its_continuation_is_not_the_first() -> None:
    """Also behind one at the start; in a continuation without a hint it is, and hints at one place are together."""
    later = receipt(INJECTION, "b", branch=0, sample=1, position=70), receipt(INJECTION, "c", branch=1, position=4)
    found = entries_of(
        receipt(INJECTION, "a", branch=0),
        receipt(INJECTION, "d", branch=0),
        *later,
        receipt(INJECTION, "e", branch=2, sample=0, position=9),
        receipt(INJECTION, "e", branch=2, sample=1, position=5),
        receipt(INJECTION, "f", branch=2, sample=1, position=50),
    )
    assert [(one.entry_id, one.first) for one in found] == [
        *(("a", True), ("d", True), ("b", False), ("c", True), ("e", True), ("e", True), ("f", False))
    ]
    assert [one.entry_id for one in found if one.chosen] == ["a", "d", "b"]


def test_a_run_that_withholds_chose_nothing() -> None:
    """What it would have injected is withheld, by the same rule of what comes first."""
    kept = receipt(WITHHELD, "a", branch=0), receipt(WITHHELD, "b", branch=0, sample=1, position=30)
    found = entries_of(receipt(RECALL, "a", "z"), *kept, withheld=True)
    assert [(one.entry_id, one.role, one.first, one.chosen) for one in found] == [
        ("a", EntryRole.WITHHELD, True, False),
        ("b", EntryRole.WITHHELD, False, False),
        ("z", EntryRole.RECALLED, True, False),
    ]


def test_the_columns_are_those_of_the_run() -> None:
    """Hold-out, engine, arm and the tokens that a cache had."""
    row, _ = run_rows(replace(run_of(withheld=True), arm="before"))
    assert (row.holdout, row.engine, row.arm, row.withheld, row.cached_tokens) == (0.25, "demo", "before", True, 20)


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    """A memory with one entry that a demonstration recalls."""
    return open_memory(tmp_path / "memory", encoder=HashingEncoder(), starter=False, min_similarity=-1.0)


@pytest.mark.parametrize("holdout", [0.0, 1.0])
def test_a_real_thought_is_counted(memory: Memory, holdout: float) -> None:
    """Its entries come back with the role that the draw gave them."""
    with memory:
        lesson = Lesson("Letters repeat", "Divide by the arrangements of each.")
        memory.add_entries([lesson])
        settings = ThinkSettings(holdout=holdout)
        run = last_run(memory.reason("How many arrangements?", engine=make_demo_engine(), settings=settings))
        (found,) = memory.runs()
    role = EntryRole.WITHHELD if holdout else EntryRole.INJECTED
    assert found.id == run.id
    assert {(one.entry_id, one.role, one.first) for one in found.entries} == {(lesson.id, role, True)}
    assert (found.holdout, found.withheld) == (holdout, bool(holdout))
