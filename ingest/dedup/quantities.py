"""Numbers by value and units by name, however they are written: ``0.5``, ``1/2``, ``half`` and ``50%`` are equal."""

import re
from fractions import Fraction
from functools import cache
from math import gcd

from midthought.ingest.dedup.words import Sentence
from midthought.ingest.lexicon import load_lexicon

_DIGIT = re.compile(r"\d")
_DIGITS = re.compile(r"\d+(?:[.,]\d+)*+")


def read_numbers(sentence: Sentence) -> list[tuple[int, str]]:
    """Return (place, value) of every number of a sentence; a percent sign makes it a hundredth."""
    found: list[tuple[int, str]] = []
    place = 0
    while place < len(sentence):
        value, end = _number_at(sentence, place)
        if value is not None:
            found.append((place, str(value)))
        place = max(end, place + 1)
    return found


def _number_at(sentence: Sentence, place: int) -> tuple[Fraction | str | None, int]:
    word, rest, lexicon = sentence[place], sentence[place + 1 :], load_lexicon()
    if _DIGITS.fullmatch(word):
        return _digits_at(sentence, place)
    if word in lexicon.multiples:
        return Fraction(lexicon.multiples[word]), place + 1
    if word in lexicon.parts and (word.startswith(("hal", "quarter")) or (place and _is_count(sentence[place - 1]))):
        return Fraction(1, lexicon.parts[word]), place + 1
    if word in lexicon.scales:
        return Fraction(lexicon.scales[word]), place + 1
    first, _, last = word.partition("-")
    if word in _cardinals() or (first in lexicon.tens and last in lexicon.ones[1:10]):
        value = _cardinals()[first] + (lexicon.ones.index(last) if last else 0)
        return _percented(Fraction(value), rest, place + 1)
    if word == "one" and rest[:1] and rest[0] in lexicon.scales:
        return None, place + 1
    if word in lexicon.ordinals:
        return f"ordinal {lexicon.ordinals.index(word) + 2}", place + 1
    return None, place + 1


def _digits_at(sentence: Sentence, place: int) -> tuple[Fraction | str, int]:
    value, rest = _to_fraction(sentence[place]), sentence[place + 1 :]
    if rest[:1] and rest[0] in load_lexicon().ordinal_endings:
        return f"ordinal {value}", place + 2
    if len(rest) > 1 and rest[0] == "/" and _DIGITS.fullmatch(rest[1]) and _is_share(value, _to_fraction(rest[1])):
        return value / _to_fraction(rest[1]), place + 3
    return _percented(value, rest, place + 1)


def _is_share(top: Fraction, bottom: Fraction) -> bool:
    """Whether this is a share as people say it, in lowest terms: ``10/2`` and ``500/100`` are divisions, not both 5."""
    whole = top.denominator == bottom.denominator == 1
    return whole and 0 < top < bottom <= 12 and gcd(int(top), int(bottom)) == 1


def _percented(value: Fraction, rest: Sentence, end: int) -> tuple[Fraction | str, int]:
    return (f"{value}%", end + 1) if rest[:1] and rest[0] in load_lexicon().percent_signs else (value, end)


def _to_fraction(digits: str) -> Fraction:
    plain = re.sub(r",(?=\d{3}(?:\D|$))", "", digits).replace(",", ".")
    whole, dot, rest = plain.partition(".")
    return Fraction(whole + dot + rest.replace(".", ""))


def _is_count(word: str) -> bool:
    return word in _cardinals() or word in {"one", "a", "each"} or bool(_DIGITS.fullmatch(word))


@cache
def _cardinals() -> dict[str, int]:
    """Return the value of each cardinal; ``one`` is more often a pronoun than a number."""
    ones = {word: value for value, word in enumerate(load_lexicon().ones) if word != "one"}
    return ones | dict(zip(load_lexicon().tens, range(20, 100, 10), strict=True)) | {"zeros": 0}


def read_units(sentence: Sentence) -> list[tuple[int, str]]:
    """Return (place, unit) of every unit of a sentence; ``m/s`` is two units with a slash between.

    A unit of one or two letters counts only after a digit or next to a slash.
    """
    found: list[tuple[int, str]] = []
    units = load_lexicon().units
    for place, word in enumerate(sentence):
        before = sentence[place - 1] if place else ""
        short = len(word) <= 2 and word.isalpha()
        if word in units and (not short or _DIGIT.search(before) or before == "/" or _slashed(sentence, place)):
            over = "per " if before in {"/", "per"} else ""
            found.append((place, over + units[word]))
    return found


def _slashed(sentence: Sentence, place: int) -> bool:
    return sentence[place + 1 : place + 2] == ("/",)
