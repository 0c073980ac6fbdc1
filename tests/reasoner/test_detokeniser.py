"""Ids to text, one at a time."""

from hypothesis import given
from hypothesis import strategies as st

from midthought.reasoner.engines.detokeniser import Detokeniser


def _decode(ids: list[int]) -> str:
    return bytes(ids).decode("utf-8", "replace")


@given(before=st.text(max_size=5), text=st.text(max_size=20))
def test_pieces_are_the_text_and_never_half_a_character(before: str, text: str) -> None:
    """With a token a byte, the pieces join to the text and each is whole characters."""
    detokeniser = Detokeniser(_decode, list(before.encode()))
    pieces = [detokeniser.push(byte) for byte in text.encode()]
    assert "".join(pieces).replace("\ufffd", "") == text.replace("\ufffd", "")
    assert [piece for piece in pieces if piece] == [one for one in pieces if one and not one.endswith("\ufffd")]


def test_unfinished_character_is_not_shown() -> None:
    """The first two of three bytes give nothing, the third gives the character."""
    detokeniser = Detokeniser(_decode, [])
    assert [detokeniser.push(byte) for byte in "€".encode()] == ["", "", "€"]


def test_space_after_the_prompt_is_kept() -> None:
    """A tokeniser that drops the space at the start of a text does not drop it in the middle."""
    words = ["▁one", "▁two", "▁three"]
    detokeniser = Detokeniser(lambda ids: "".join(words[one] for one in ids).replace("▁", " ").lstrip(), [0])
    assert [detokeniser.push(1), detokeniser.push(2)] == [" two", " three"]
