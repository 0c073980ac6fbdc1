"""The literal gate by hand-picked pairs, and on every changed entry of the fixture."""

import doctest
import importlib
import json
from pathlib import Path

import pytest

from midthought.ingest.dedup.quantities import read_numbers
from midthought.ingest.dedup.rules import find_refusal
from midthought.ingest.dedup.words import split_sentences
from midthought.memory.records.entry import Entry, Lesson, Procedure

ENTRY = Procedure(
    "How do I find the longest side of a right triangle from its two legs?",
    "Square both legs, add the squares, and take the square root of the sum.",
)
REWORDED = Procedure(
    "From the two legs of a right triangle, how do I get the longest side?",
    "The square root of the sum of the squared legs is what is wanted.",
)


def triples(root: Path, name: str) -> list[dict[str, dict[str, str]]]:
    """The triples of a fixture."""
    return [json.loads(line) for line in (root / "benchmarks" / "merging" / name).read_text().splitlines()]


def test_a_rewording_passes() -> None:
    """Two wordings of one procedure are let through, whichever came first."""
    assert find_refusal(ENTRY, REWORDED) == ""
    assert find_refusal(REWORDED, ENTRY) == ""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("longest", "shortest"),
        ("right", "isosceles"),
        ("two legs", "three legs"),
        ("add the squares", "subtract the squares"),
        ("square root", "cube root"),
        ("add the squares", "do not add the squares"),
        ("both legs", "one leg"),
    ],
)
def test_one_changed_word_is_refused(old: str, new: str) -> None:
    """Each kind of literal keeps two entries apart, and the reason is told."""
    changed = Procedure(ENTRY.subquestion.replace(old, new), ENTRY.subroutine.replace(old, new))
    assert changed != ENTRY
    assert find_refusal(ENTRY, changed)


@pytest.mark.sampled
@pytest.mark.parametrize("name", ["traps.jsonl", "traps_later.jsonl", "traps_natural.jsonl"])
def test_no_changed_entry_of_the_fixture_passes(root: Path, name: str) -> None:
    """The literal gate alone, without any encoder, refuses each of them."""
    passed = [t for t in triples(root, name) if not find_refusal(Procedure(**t["entry"]), Procedure(**t["changed"]))]
    assert passed == []


@pytest.mark.slow
def test_most_rewordings_of_the_fixture_pass(root: Path) -> None:
    """At least 85 in 100 rewordings are let through."""
    held = triples(root, "traps.jsonl")
    passed = [t for t in held if not find_refusal(Procedure(**t["entry"]), Procedure(**t["paraphrase"]))]
    assert len(passed) >= 0.85 * len(held)


def test_the_fixture_is_large_and_its_triples_differ(root: Path) -> None:
    """There are 300 triples or more, and the three of a triple are three texts."""
    held = triples(root, "traps.jsonl")
    assert len(held) >= 300
    parts = ("entry", "paraphrase", "changed")
    assert all(len({json.dumps(triple[part]) for part in parts}) == 3 for triple in held)


def test_kinds_never_merge() -> None:
    """A lesson is no procedure, whatever it says."""
    other: Entry = Lesson(ENTRY.subquestion, ENTRY.subroutine)
    assert find_refusal(ENTRY, other).startswith("kind")


def test_a_condition_on_one_side_is_refused() -> None:
    """An entry that says where it applies is not one that does not."""
    narrowed = Procedure(REWORDED.subquestion, REWORDED.subroutine, applicability="Only in the plane.")
    assert "applies" in find_refusal(ENTRY, narrowed)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("one half of 0.5", ["1/2", "1/2"]),
        ("50% and fifty percent", ["50%", "50%"]),
        ("1/4 or a quarter", ["1/4", "1/4"]),
        ("10/2 = 5, not 500/100", ["10", "2", "5", "500", "100"]),
        ("twenty-one, 21 and 1,000", ["21", "21", "1000"]),
        ("twice, thrice, the third", ["2", "3", "ordinal 3"]),
    ],
)
def test_numbers_are_read_by_value(text: str, values: list[str]) -> None:
    """Digits, words, fractions and percents of one value are one number."""
    assert [value for sentence in split_sentences(text) for _, value in read_numbers(sentence)] == values


@pytest.mark.parametrize("name", ["words", "differing_words", "swapped_arguments"])
def test_examples_hold(name: str) -> None:
    """The examples in the docstrings are run."""
    done = doctest.testmod(importlib.import_module(f"midthought.ingest.dedup.{name}"))
    assert done.attempted
    assert not done.failed
