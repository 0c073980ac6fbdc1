"""Numbers by value, however they are written: ``0.5``, ``1/2``, ``half`` and ``50%`` are one number."""

import re
from fractions import Fraction
from math import gcd

from midthought.ingest.dedup.words import Sentence

_SMALL = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
_SMALL += "seventeen eighteen nineteen"
_UNITS = _SMALL.split()
_DECADES = "twenty thirty forty fifty sixty seventy eighty ninety"
_TENS = dict(zip(_DECADES.split(), range(20, 100, 10), strict=True))
_CARDINALS = {word: value for value, word in enumerate(_UNITS) if word != "one"} | _TENS | {"zeros": 0}
_ORDINAL_WORDS = (
    "second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth"
)
_ORDINALS = _ORDINAL_WORDS.split()
_PARTS = {"half": 2, "halves": 2, "halve": 2, "halved": 2, "halving": 2, "third": 3, "thirds": 3}
_PARTS |= {"quarter": 4, "quarters": 4, "fourth": 4, "fourths": 4, "fifth": 5, "fifths": 5, "tenth": 10, "tenths": 10}
_TIMES = {"double": 2, "doubled": 2, "doubles": 2, "doubling": 2, "twice": 2, "thrice": 3, "triple": 3, "tripled": 3}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "dozen": 12}
_PERCENT = frozenset({"%", "percent", "per-cent"})
_ORDINAL_ENDING = frozenset({"st", "nd", "rd", "th"})
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
    word, rest = sentence[place], sentence[place + 1 :]
    if _DIGITS.fullmatch(word):
        return _digits_at(sentence, place)
    if word in _TIMES:
        return Fraction(_TIMES[word]), place + 1
    if word in _PARTS and (word.startswith(("hal", "quarter")) or (place and _is_count(sentence[place - 1]))):
        return Fraction(1, _PARTS[word]), place + 1
    if word in _SCALES:
        return Fraction(_SCALES[word]), place + 1
    first, _, last = word.partition("-")
    if word in _CARDINALS or (first in _TENS and last in _UNITS[1:10]):
        value = _CARDINALS[first] + (_UNITS.index(last) if last else 0)
        return _percented(Fraction(value), rest, place + 1)
    if word == "one" and rest[:1] and rest[0] in _SCALES:
        return None, place + 1
    if word in _ORDINALS:
        return f"ordinal {_ORDINALS.index(word) + 2}", place + 1
    return None, place + 1


def _digits_at(sentence: Sentence, place: int) -> tuple[Fraction | str, int]:
    value, rest = _to_fraction(sentence[place]), sentence[place + 1 :]
    if rest[:1] and rest[0] in _ORDINAL_ENDING:
        return f"ordinal {value}", place + 2
    if len(rest) > 1 and rest[0] == "/" and _DIGITS.fullmatch(rest[1]) and _is_share(value, _to_fraction(rest[1])):
        return value / _to_fraction(rest[1]), place + 3
    return _percented(value, rest, place + 1)


def _is_share(top: Fraction, bottom: Fraction) -> bool:
    """Whether this is a share as people say it, in lowest terms: ``10/2`` and ``500/100`` are divisions, not both 5."""
    whole = top.denominator == bottom.denominator == 1
    return whole and 0 < top < bottom <= 12 and gcd(int(top), int(bottom)) == 1


def _percented(value: Fraction, rest: Sentence, end: int) -> tuple[Fraction | str, int]:
    return (f"{value}%", end + 1) if rest[:1] and rest[0] in _PERCENT else (value, end)


def _to_fraction(digits: str) -> Fraction:
    plain = re.sub(r",(?=\d{3}(?:\D|$))", "", digits).replace(",", ".")
    whole, dot, rest = plain.partition(".")
    return Fraction(whole + dot + rest.replace(".", ""))


def _is_count(word: str) -> bool:
    return word in _CARDINALS or word in {"one", "a", "each"} or bool(_DIGITS.fullmatch(word))
