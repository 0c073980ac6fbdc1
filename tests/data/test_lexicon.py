"""The word lists under data/lexicon: every list is there once, well formed, and read in full."""

import tomllib
from collections import Counter
from pathlib import Path

import pytest

from midthought.ingest.lexicon import load_lexicon, read_lexicon

RAW = {
    name: value
    for file in sorted((Path(__file__).parents[2] / "data" / "lexicon").glob("*.toml"))
    for name, value in tomllib.loads(file.read_text(encoding="utf-8")).items()
}


def words_in(value: object) -> list[str]:
    """Every word of a list, whatever its form."""
    if isinstance(value, str):
        return value.split()
    if isinstance(value, dict):
        return [word for inner in value.values() if not isinstance(inner, int) for word in words_in(inner)]
    return [word for inner in value for word in words_in(inner)] if isinstance(value, list) else []


def test_every_list_is_read() -> None:
    """A list that is missing, or that nobody reads, is an error naming it."""
    assert read_lexicon(RAW) == load_lexicon()
    with pytest.raises(ValueError, match="units"):
        read_lexicon({name: value for name, value in RAW.items() if name != "units"})
    with pytest.raises(ValueError, match="colours"):
        read_lexicon(RAW | {"colours": "red"})


def test_no_list_is_empty_and_none_has_a_word_twice() -> None:
    """Only tables and phrases may share a word: the last side of an antonym, the last group of a synonym counts."""
    assert [name for name, value in RAW.items() if not value] == []
    repeated = {name: [w for w, n in Counter(words_in(RAW[name])).items() if n > 1] for name in RAW}
    tables = {"antonyms", "synonyms", "technical_axes", "required_literals", "word_pairs"}
    phrases = {"doubts", "abandonments", "turns", "verifications", "arrivals", "plans", "hedges", "retractions"}
    assert {name: words for name, words in repeated.items() if words and name not in tables | phrases} == {}


def test_words_are_as_texts_have_them() -> None:
    """Lower case but for the openers of sentences and for names, and without blanks inside."""
    assert all(word[0].isupper() for word in load_lexicon().sentence_openers)
    lower = {name: words_in(value) for name, value in RAW.items() if name not in {"sentence_openers", "general_names"}}
    assert {name: [w for w in words if w != w.lower()] for name, words in lower.items() if words} == {
        name: [] for name, words in lower.items() if words
    }


def test_tables_agree_with_each_other() -> None:
    """Technical axes are axes, an axis has two sides or more, and what must be said is an operator or a quantifier."""
    lexicon = load_lexicon()
    assert lexicon.technical_axes <= RAW["antonyms"].keys()
    assert [axis for axis, sides in RAW["antonyms"].items() if len(sides) < 2] == []
    named = {*lexicon.operators.values(), *lexicon.quantifiers.values(), *lexicon.word_pairs.values()}
    assert lexicon.required_literals <= named
    assert lexicon.particular_scales <= lexicon.scales.keys()
    assert (len(lexicon.ones), len(lexicon.tens), len(lexicon.ordinals)) == (20, 8, 18)
