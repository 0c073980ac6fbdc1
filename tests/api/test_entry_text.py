"""Entries and settings as lines of text: every part that holds something, and what to give in its place."""

from types import SimpleNamespace

import pytest

from midthought.api.cli.thought_show import _open_passage, _Shown
from midthought.api.entry_text import diff_versions, entry_lines
from midthought.api.opening import make_think_settings
from midthought.api.settings import Settings
from midthought.memory.errors import BadSettings
from midthought.memory.records.entry import Concept, ConceptKind, EntryVersion, Parameter, Procedure
from midthought.reasoner.thought.events import EvidenceToken

CONCEPT = Concept(
    "Parity", ConceptKind.STRUCTURE, "odd or even", parameters=(Parameter("n", "int"),), cues=("odd", "a pair")
)
PROCEDURE = Procedure("How do I count?", "One by one.\nThen check.", tags=("a",))


def test_every_field_that_holds_something_has_lines() -> None:
    """A list has a line per item, with the parts of an item beside each other; a longer text goes on below."""
    assert entry_lines(CONCEPT) == [
        "kind: concept",
        "name: Parity",
        "concept_kind: structure",
        "description: odd or even",
        "parameters:",
        "- n, int",
        "cues:",
        "- odd",
        "- a pair",
    ]
    assert entry_lines(PROCEDURE, without=("tags", "kind")) == [
        "subquestion: How do I count?",
        "subroutine: One by one.",
        "Then check.",
    ]


def test_two_wordings_are_compared_line_by_line() -> None:
    """As a unified diff with versions and ids; equal ones have none."""
    before = EntryVersion(1, PROCEDURE, None, None)
    changed = Procedure("How do I count?", "Two by two.\nThen check.", tags=("a",))
    told = diff_versions(before, EntryVersion(2, changed, None, None)).splitlines()
    assert told[:2] == [f"--- version 1 {PROCEDURE.id}", f"+++ version 2 {changed.id}"]
    assert [line for line in told[3:] if line[0] in "+-"] == ["-subroutine: One by one.", "+subroutine: Two by two."]
    assert diff_versions(before, before) == ""


@pytest.mark.parametrize(("branches", "advised"), [(1, 1), (2, 2)])
def test_fewer_branches_than_procedures_say_what_to_give(branches: int, advised: int) -> None:
    """As many of both as branches were given; equally many are taken."""
    with pytest.raises(BadSettings, match=rf"as in --branches {advised} --procedures {advised}$"):
        make_think_settings(Settings(branches=branches, procedures=3))
    assert make_think_settings(Settings(branches=branches, procedures=branches)).samples == branches


def test_passages_of_evidence_stand_apart() -> None:
    """Each passage has a note before it, and begins a line if another one precedes it."""
    written: list[str] = []
    surface = SimpleNamespace(token=written.append, note=lambda text: written.append(f"[{text}]"))
    shown = _Shown()
    for number in (0, 0, 1, 2):
        _open_passage(EvidenceToken(number, "word"), surface, shown)  # type: ignore[arg-type]  # what it needs of one
    notes = [f"[evidence, passage {number}, copied word for word:]" for number in (1, 2, 3)]
    assert [one for one in written if one] == [notes[0], "\n", notes[1], "\n", notes[2]]
