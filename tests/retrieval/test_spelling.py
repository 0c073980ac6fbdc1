"""Misspelt words are put right by the words of the memory, and words that are known are left alone."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midthought.memory.indexes.edit_distance import edit_distance, nearest_words
from midthought.memory.indexes.lexical import LexicalIndex
from midthought.memory.indexes.word_analysis import words_of
from midthought.memory.records.index_changes import LexicalDocument, StoredText
from midthought.retrieval.spelling import correct_spelling

WORDS = ("prime", "number", "divisible", "divisor", "shortest", "path")
letters = st.text(alphabet="abcd", max_size=5)


def nearest(word: str, distance: int) -> str | None:
    """The first of the nearest words."""
    best = min(WORDS, key=lambda one: edit_distance(word, one))
    return best if edit_distance(word, best) <= distance else None


@pytest.mark.parametrize(
    ("text", "corrected"),
    [
        ("is 91 a pirme numbr?", "is 91 a prime number?"),
        ("Divisble by 7", "divisible by 7"),
        ("shortst", "shortest"),
        ("oath", "oath"),  # another first letter
        ("pth", "pth"),  # too short to be sure
        ("nuggets", "nuggets"),
        ("prim", "prime"),
    ],
)
def test_unknown_words_become_the_nearest(text: str, corrected: str) -> None:
    """One edit for short words, two for longer ones, never the first letter."""
    assert correct_spelling(text, is_known=lambda word: word in {"is", "by"}, spell=nearest) == corrected


def test_known_words_stay() -> None:
    """A word that is spelt right is never bent into a word of the memory."""
    assert correct_spelling("the Prims", is_known=lambda word: word == "prims", spell=nearest) == "the Prims"


@given(letters, letters)
def test_distance_is_a_symmetric_count_of_edits(first: str, second: str) -> None:
    """Zero for the same word only, the same both ways, and never more than the longer word has letters."""
    distance = edit_distance(first, second)
    assert (distance == 0) == (first == second)
    assert distance == edit_distance(second, first) <= max(len(first), len(second))


@pytest.mark.parametrize(("first", "second", "edits"), [("ab", "ba", 1), ("kitten", "sitting", 3), ("", "abc", 3)])
def test_known_distances(first: str, second: str, edits: int) -> None:
    """A swap of neighbours is one edit."""
    assert edit_distance(first, second) == edits


@given(letters, st.lists(letters, unique=True), st.integers(0, 2))
def test_near_words_are_those_by_the_count_of_edits(word: str, words: list[str], edits: int) -> None:
    """What excludes words before their edits are counted excludes none that is near."""
    counted = [(edit_distance(word, one), one) for one in words]
    assert nearest_words(word, words, max_edits=edits) == [found for found in counted if found[0] <= edits]


@given(st.text())
def test_the_words_of_a_text_are_its_runs_of_letters(text: str) -> None:
    """Digits, signs and underscores part them, in any alphabet."""
    content = text.encode("utf-8", "ignore")
    assert words_of(content) == set(re.findall(r"[^\W\d_]+", content.decode().lower()))


def test_the_index_spells_as_its_entries_do(tmp_path: Path) -> None:
    """The nearest spelling, the more frequent of equally near ones; a held word as it is; nothing far off."""
    texts = ["a prime divisor", "a prime number", "a pride of lions"]
    index = LexicalIndex(tmp_path)
    index.update([LexicalDocument(n, text, "", StoredText(1, text, "[]")) for n, text in enumerate(texts)])
    assert index.spell("prime", 1) == "prime"
    assert index.spell("prine", 1) == "prime"
    assert index.spell("divisro", 1) == "divisor"
    assert index.spell("integral", 2) is None
    index.close()


def test_a_word_is_spelt_as_the_index_holds_it_now(tmp_path: Path) -> None:
    """What was spelt before is spelt anew after entries came or went, also while they wait to be committed."""
    index = LexicalIndex(tmp_path)
    index.update([LexicalDocument(1, "a prime number", "", StoredText(1, "a prime number", "[]"))])
    assert index.spell("integrl", 2) is None
    index.update([LexicalDocument(2, "an integral", "", StoredText(1, "an integral", "[]"))], commit=False)
    assert index.spell("integrl", 2) == "integral"
    index.update([], removed=[2], commit=False)
    assert index.spell("integrl", 2) is None
    index.close()
