"""The table of techniques keeps its own rules."""

import re

import pytest

from midthought.ingest.extraction.checks import QUESTION_WORDS, SUBROUTINE_WORDS, Particulars, leaks_of
from midthought.ingest.extraction.techniques import Technique, load_techniques, read_table
from midthought.memory.records.entry import Procedure

TECHNIQUES = load_techniques()
ROW = {"name": "n", "domain": "d", "step": "s", "ask": "a?", "where": "w.", "method": "m.", "cues": ["c"]}


def is_general(technique: Technique) -> bool:
    """Whether a row holds no digit, number word, notation or label."""
    procedure = Procedure(technique.ask, technique.method, technique.where, (technique.pitfall, technique.step))
    return leaks_of(procedure, Particulars(frozenset(), frozenset())) == ()


def keeps_the_form(technique: Technique) -> bool:
    """Whether a row keeps to the limits of length, and ends its fields as sentences or clauses do."""
    return (
        len(technique.ask.split()) <= QUESTION_WORDS
        and len(technique.method.split()) <= SUBROUTINE_WORDS - 60
        and technique.ask.endswith("?")
        and technique.where.endswith(".")
        and technique.method.endswith(".")
        and not technique.step.endswith(".")
    )


def test_names_and_questions_are_unique() -> None:
    """No technique or question stands in the table twice."""
    assert len({t.name for t in TECHNIQUES}) == len({t.ask for t in TECHNIQUES}) == len(TECHNIQUES) > 280


def test_wording_is_general() -> None:
    """Every row holds no digit, number word, notation or label, and keeps to the limits and the form."""
    assert [t.name for t in TECHNIQUES if not is_general(t)] == []
    assert [t.name for t in TECHNIQUES if not keeps_the_form(t)] == []


def test_cues_can_match() -> None:
    """Cues are lower case, as the text they are looked up in, and the patterns for the work compile."""
    assert [t.name for t in TECHNIQUES if not t.cues or any(not cue or cue != cue.lower() for cue in t.cues)] == []
    assert all(re.compile(t.work) for t in TECHNIQUES)


def test_a_pair_of_patterns_asks_for_both() -> None:
    """Both must stand in the passage, in any order."""
    (technique,) = read_table("a.toml", {"technique": [ROW | {"work": ["proton", "neutron"]}]})
    assert [technique.is_carried_out(text) for text in ("a neutron, a proton", "a proton")] == [True, False]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (ROW | {"pitfal": "p"}, "a.toml, technique 1: unknown pitfal; known are"),
        ({"name": "n", "cues": ["c"]}, "a.toml, technique 1: .*missing"),
    ],
)
def test_a_faulty_row_is_named(row: dict[str, object], message: str) -> None:
    """A field that is unknown or missing is told with the file and the row."""
    with pytest.raises(ValueError, match=message):
        list(read_table("a.toml", {"technique": [row]}))
