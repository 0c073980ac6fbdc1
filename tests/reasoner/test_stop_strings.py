"""Ending a stream before a stop string."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midthought.reasoner.engines.base import Token, TokenStream
from midthought.reasoner.engines.stop_strings import cut_at_stop


def _stream(pieces: list[str]) -> TokenStream:
    for place, piece in enumerate(pieces):
        yield Token(piece, place)


def _reference(text: str, stop: list[str]) -> str:
    """Read letter by letter; at the first place where a stop string ends, cut before it."""
    for end in range(len(text) + 1):
        ending = [one for one in stop if text[:end].endswith(one)]
        if ending:
            return text[: end - max(map(len, ending))]
    return text


@given(
    pieces=st.lists(st.text("ab\n", max_size=4), max_size=12),
    stop=st.lists(st.text("ab\n", min_size=1, max_size=4), max_size=3),
)
def test_text_is_cut_before_the_first_complete_stop_string(pieces: list[str], stop: list[str]) -> None:
    """However the text is divided into tokens, it ends where a letter-by-letter reading ends it."""
    found = list(cut_at_stop(_stream(pieces), stop))
    assert "".join(token.text for token in found) == _reference("".join(pieces), stop)


@given(pieces=st.lists(st.text("ab", max_size=3), max_size=8))
def test_without_a_match_every_token_comes_through(pieces: list[str]) -> None:
    """Tokens that were held back are given out unchanged at the end."""
    assert list(cut_at_stop(_stream(pieces), ["abz", "c"])) == list(_stream(pieces))


def test_token_cut_in_two_keeps_its_id() -> None:
    """The part before the stop string is a token with the id of the whole."""
    assert list(cut_at_stop(_stream(["one", " two</th", "ink> three"]), ["</think>"])) == [
        Token("one", 0),
        Token(" two", 1),
    ]


def test_safe_tokens_are_not_held_back() -> None:
    """A token that cannot begin a stop string is yielded before the next one is read."""
    read: list[str] = []

    def stream() -> TokenStream:
        for piece in ("safe", "more"):
            read.append(piece)
            yield Token(piece)

    assert next(cut_at_stop(stream(), ["STOP"])).text == "safe"
    assert read == ["safe"]


def test_closing_closes_the_source() -> None:
    """The stream behind is closed at once, not when memory is tidied."""
    closed: list[bool] = []

    def stream() -> TokenStream:
        try:
            yield Token("a")
            yield Token("b")
        finally:
            closed.append(True)

    tokens = cut_at_stop(stream(), ["z"])
    next(tokens)
    tokens.close()
    assert closed == [True]


def test_empty_stop_string_is_an_error() -> None:
    """An empty string would end every text before it begins."""
    with pytest.raises(ValueError, match="must not be empty"):
        cut_at_stop(_stream([]), ["x", ""])
