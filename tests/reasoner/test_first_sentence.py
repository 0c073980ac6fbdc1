"""The first sentence of what a model writes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midthought.reasoner.thought.first_sentence import as_query, first_sentence


@pytest.mark.parametrize(
    ("text", "sentence", "complete"),
    [
        (" How do I count? Then I", "How do I count?", True),
        ("How do I count?", "How do I count?", False),
        ("\n\n  How do I count\nand more", "How do I count", True),
        ("Round 3.14 up. Yes", "Round 3.14 up.", True),
        ("Use a bound, e.g. an upper one. Yes", "Use a bound, e.g. an upper one.", True),
        ('"How do I count?" I ask', '"How do I count?"', True),
        ("1. Find the sum. 2. Find", "Find the sum.", True),
        ("... hm. Yes", "... hm.", True),
        ("\u5982\u4f55\u8ba1\u6570\uff1f\u7136\u540e", "\u5982\u4f55\u8ba1\u6570\uff1f", True),
        ("no end in sight", "no end in sight", False),
        ("", "", False),
        (" \n ", "", False),
    ],
)
def test_first_sentence(text: str, sentence: str, *, complete: bool) -> None:
    """Ends at a stop before white space or at the line's end; decimals and abbreviations do not end it."""
    assert first_sentence(text) == (sentence, complete)


@pytest.mark.parametrize(
    ("sentence", "query"),
    [('"How do I count?"', "How do I count?"), ("**Sum**", "Sum"), ("...", ""), ('""', ""), ("", "")],
)
def test_query_is_bare_words(sentence: str, query: str) -> None:
    """Quotation and emphasis marks are not searched for, and no word is no query."""
    assert as_query(sentence) == query


@given(text=st.text("aB1.?! \n\"'", max_size=40), more=st.text("aB1.?! \n\"'", max_size=20))
def test_complete_sentence_does_not_change_any_more(text: str, more: str) -> None:
    """Once complete, whatever the model writes next leaves it as it is."""
    sentence, complete = first_sentence(text)
    if complete:
        assert first_sentence(text + more) == (sentence, True)
