"""The table of techniques keeps its own rules."""

import re

import pytest

from midthought.ingest.extraction.checks import QUESTION_WORDS, SUBROUTINE_WORDS, Literals, leaks_of
from midthought.ingest.extraction.techniques.table import TECHNIQUES
from midthought.ingest.extraction.techniques.technique import Technique
from midthought.memory.records.entry import Procedure


def test_names_and_questions_are_unique() -> None:
    """No technique or question stands in the table twice."""
    assert len({t.name for t in TECHNIQUES}) == len({t.ask for t in TECHNIQUES}) == len(TECHNIQUES)


@pytest.mark.parametrize("technique", TECHNIQUES, ids=lambda t: t.name)
def test_wording_is_general(technique: Technique) -> None:
    """A row holds no digit, number word, notation or label, and keeps to the limits and the form."""
    procedure = Procedure(technique.ask, technique.method, technique.where, (technique.pitfall, technique.step))
    assert leaks_of(procedure, Literals(frozenset(), frozenset())) == ()
    assert technique.ask.endswith("?")
    assert len(technique.ask.split()) <= QUESTION_WORDS
    assert len(technique.method.split()) <= SUBROUTINE_WORDS - 60
    assert technique.where.endswith(".")
    assert technique.method.endswith(".")
    assert not technique.step.endswith(".")


@pytest.mark.parametrize("technique", TECHNIQUES, ids=lambda t: t.name)
def test_cues_can_match(technique: Technique) -> None:
    """Cues are lower case, as the text they are looked up in, and the pattern for the work compiles."""
    assert all(cue == cue.lower() and cue for cue in technique.cues)
    assert re.compile(technique.work)
