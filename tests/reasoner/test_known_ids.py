"""Texts whose token ids are known: found by their beginning, up to the end of a token, and forgotten if many."""

import pytest

from midthought.reasoner.engines.known_ids import KnownIds
from midthought.reasoner.engines.prompt_tokens import encode_behind


def _written(known: KnownIds, prompt: str, *pieces: str) -> None:
    """Know a prompt, an id per character, and pieces behind it whose ids are the number of characters before them."""
    text = known.begin(prompt, [ord(letter) for letter in prompt])
    length = len(prompt)
    for piece in pieces:
        known.push(text, piece, [1000 + length])
        length += len(piece)


@pytest.mark.parametrize(
    ("text", "length", "count"),
    [
        ("ab", 2, 2),
        ("abcdef", 6, 4),
        ("abcdef and on", 6, 4),
        ("abcdeX", 4, 3),
        ("abcX", 2, 2),
        ("a", 0, 0),
        ("Xb", 0, 0),
        ("", 0, 0),
    ],
)
def test_the_longest_beginning_that_ends_with_a_token_is_found(text: str, length: int, count: int) -> None:
    """Behind the prompt "ab" the model wrote "cd" and "ef"; a text that differs inside of a token ends before it."""
    known = KnownIds()
    _written(known, "ab", "cd", "ef")
    assert known.find(text) == (length, [97, 98, 1002, 1004][:count])


def test_unfinished_characters_are_no_place_to_go_on() -> None:
    """The ids of a character over several tokens belong together."""
    known = KnownIds()
    _written(known, "a", "", "", "\u00e9", "b")
    assert known.find("a\u00e9X") == (2, [97, 1001, 1001, 1001])
    assert known.find("aX") == (1, [97])


def test_a_text_without_ids_ends_what_is_known() -> None:
    """What the model reads again is tokenised again from there on: nothing of the text is lost."""
    known = KnownIds()
    text = known.begin("a", [1])
    for piece, ids in (("b", [2]), ("c", []), ("d", [4])):
        known.push(text, piece, ids)
    assert known.find("abcd!") == (2, [1, 2])


def test_a_longer_prompt_keeps_the_places_of_the_shorter() -> None:
    """A hint behind a thought, and a second hint in its place: both keep the ids of the thought."""
    known = KnownIds()
    _written(known, "ab", "cd", "ef")
    ids = [*known.find("abcdef")[1], 7, 8]
    known.begin("abcdefXY", ids)
    assert known.find("abcdefXY and on") == (8, ids)
    assert known.find("abcdefZ") == (6, ids[:4])
    assert known.find("abcdZ") == (4, ids[:3])


def test_the_text_used_longest_ago_is_forgotten() -> None:
    """What was found last stays; one text is always known."""
    known = KnownIds(max_ids=6)
    _written(known, "abc")
    _written(known, "xyz")
    assert known.find("abc")[0] == 3
    _written(known, "123")
    assert (known.find("abc")[0], known.find("xyz")[0], known.find("123")[0]) == (3, 0, 3)
    _written(known, "a longer text than all")
    assert known.find("abc")[0] == 0
    assert known.find("a longer text than all")[0] == 22


def _spaced(text: str) -> list[int]:
    """A tokeniser that puts a space before all that it is given."""
    return [ord(letter) for letter in f" {text}"]


def _decode(ids: list[int]) -> str:
    return "".join(map(chr, ids))


def test_a_tokeniser_that_adds_a_space_is_asked_behind_a_line_break() -> None:
    """The tokens are those of the text, without the space; a tokeniser that adds none is asked for the text alone."""
    assert _decode(encode_behind(_spaced, _decode, [65], "\nNow,") or []) == "\nNow,"
    plain = encode_behind(lambda text: [ord(letter) for letter in text], _decode, [65], "\nNow,")
    assert plain == [ord(letter) for letter in "\nNow,"]
    assert encode_behind(_spaced, _decode, [65], "") == []


def test_a_text_that_cannot_be_told_apart_is_refused() -> None:
    """A tokeniser that changes what it is given makes tokens only of the whole."""
    assert encode_behind(lambda text: [ord(letter) for letter in text.upper()], _decode, [65], "Now") is None
