"""The word lists of steps keep to their schema."""

import pytest

from midthought.ingest.steps.openers import Opener
from midthought.ingest.steps.phrases import load_words, read_words
from midthought.memory.records.step import StepKind


def test_lists_are_complete() -> None:
    """Every opener has a list, every kind of heading is a kind of step, and every group that a phrase names exists."""
    words = load_words()
    assert set(words.openers) == set(Opener)
    assert set(words.kinds) <= set(StepKind)
    named = {
        word[1:-1]
        for listed in words.openers.values()
        for phrase in listed
        for word in phrase.split()
        if word[0] == "{"
    }
    assert named <= set(words.groups)


def test_phrases_are_lower_case() -> None:
    """Phrases are compared in lower case with straight apostrophes."""
    phrases = [phrase for listed in load_words().openers.values() for phrase in listed]
    assert [phrase for phrase in phrases if phrase != phrase.lower() or "\u2019" in phrase] == []


def test_unknown_list() -> None:
    """A list that is missing or unknown is named."""
    with pytest.raises(ValueError, match="abbreviations, colours"):
        read_words({"colours": "red"} | {name: "" for name in load_words().__slots__ if name != "abbreviations"})


def test_wrong_type() -> None:
    """A list that is no list of phrases is named."""
    with pytest.raises(ValueError, match="interjections must be words"):
        read_words({name: 3 if name == "interjections" else "" for name in load_words().__slots__})
