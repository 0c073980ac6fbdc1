"""Numbers in a text with what stands beside them: whether a number is a particular depends on that."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache

from midthought.ingest.dedup.words import stem
from midthought.ingest.lexicon import load_lexicon
from midthought.ingest.normal_form import number_words
from midthought.memory.indexes.word_analysis import function_words

STRUCTURAL = frozenset({"0", "1", "2"})
"""Numbers that every formula has."""
_LARGEST_COMMON = 20
_COUNTS_ANYTHING = frozenset({"decim", "decimal", "digit", "place", "time", "step", "case"})
_FREQUENT = frozenset({"3", "4"})
"""Numbers that stand between the same signs in many formulas."""
_SAYS_NOTHING = frozenset({"", "\u00b0", "%", ",", ".", ";", ":", "(", ")"})
_NUMBER = re.compile(r"(?<![\w.\"'])(?<![\d],)\d+(?:,\d{3})*+(?:\.\d+)?(?![\d])")
_EXPONENT = re.compile(r"(?:\^|\*\*|_)\s*[{(]?\s*-?\s*$|\blog\s*_?\s*$")
_POWER_OF_TEN = re.compile(r"10\s*(?:\^|\*\*|[\u2070-\u207f\u00b2\u00b3\u00b9])")
_NUMBERED = re.compile(
    r"\b(?:steps?|cases?|parts?|types?|rules?|laws?|levels?|base|degree|order|mod|modulo|figure|equation|python|phase|stage)\s+$",
    re.IGNORECASE,
)
_DIVIDED = re.compile(
    r"(?<![\w./])(\d{1,4})\s?[/\u2044]\s?(\d{1,4})(?![\w/]|\.\d)|\\[dtc]?frac\s*\{\s*(\d{1,4})\s*\}\s*\{\s*(\d{1,4})\s*\}"
)
_DECIMAL = re.compile(r"(?<![\w./])\d{0,4}\.\d{1,8}(?![\w/]|\.\d)")
_VULGAR = re.compile("[\u00bc-\u00be\u2150-\u215e]")
_LIST_MARK = re.compile(r"(?:^|\n)\s*[(\[]?$")


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number in a text.

    Attributes:
        value: in normal form: ``1,000`` and ``1000.0`` are 1000, ``seven`` is 7.
        before: the word or sign before it.
        after: the word or sign after it; a word without its ending.
        text: as it is written.
    """

    value: str
    before: str
    after: str
    text: str

    @property
    def is_common(self) -> bool:
        """Whether many problems share it: small, of one significant digit, or a constant."""
        digits = self.value.replace(".", "").strip("0")
        small = self.value.isdigit() and int(self.value[:9]) <= _LARGEST_COMMON
        return small or len(digits) <= 1 or self.value in load_lexicon().common_numbers

    def stands_like(self, other: "Numeral") -> bool:
        """Whether both count the same thing, or stand between the same signs."""
        if self.after == other.after and len(self.after) > 2 and self.after not in function_words() | _COUNTS_ANYTHING:
            return True
        if self.value in _FREQUENT:
            return False
        pair = (self.before, self.after)
        return pair == (other.before, other.after) and any(
            part not in _SAYS_NOTHING | function_words() for part in pair
        )


def find_numerals(text: str) -> Iterator[Numeral]:
    """Yield the numbers of a text, in digits or words.

    Exponents, indices, numbers of steps or lists, quoted characters and powers of ten are left out.
    """
    for match in _NUMBER.finditer(text):
        head = text[max(0, match.start() - 20) : match.start()]
        if _POWER_OF_TEN.match(text, match.start()):
            continue
        if not (_EXPONENT.search(head) or _NUMBERED.search(head) or _is_list_mark(head, text[match.end() :][:2])):
            yield _numeral(text, match, _normal_number(match[0]))
    for match in _spoken().finditer(text):
        yield _numeral(text, match, str(_value_of(match)))


def find_fractions(text: str) -> Iterator[tuple[Fraction, str]]:
    r"""Yield the value and the wording of simple fractions: ``1/2``, ``\frac{1}{2}``, ``0.5``, ``half``, ``one third``.

    A part that is called like an ordinal counts only with a number before it: ``one third``, but not ``the third``.
    """
    for match in _DIVIDED.finditer(text):
        top, bottom = (int(part) for part in match.groups() if part)
        if bottom:
            yield Fraction(top, bottom), match[0]
    for match in _DECIMAL.finditer(text):
        yield Fraction(match[0]), match[0]
    for match in _VULGAR.finditer(text):
        yield Fraction(unicodedata.numeric(match[0])).limit_denominator(100), match[0]
    for match in _spoken_fraction().finditer(text):
        count, part = match["count"], (match["part"] or match["alone"]).lower()
        yield Fraction(_counts()[count.lower()] if count else 1, _part_names()[part]), match[0]


@lru_cache(maxsize=256)
def fractions_of(text: str) -> tuple[tuple[Fraction, str], ...]:
    """Return what `find_fractions` yields."""
    return tuple(find_fractions(text))


@lru_cache(maxsize=256)
def numerals_of(text: str) -> tuple[Numeral, ...]:
    """Return what `find_numerals` yields. Several checks ask for the numbers of one draft."""
    return tuple(find_numerals(text))


@lru_cache(maxsize=256)
def sums_of(text: str) -> frozenset[tuple[str, str, str]]:
    """Return what a text computes with two numbers: ``15 mm x 40 mm`` is 15, times, 40; ``30 = 120`` is 30, =, 120.

    Fractions are none, as formulas have them, nor is what has a 0, 1 or 2, or two numbers of one digit.
    """
    found = set()
    for match in _SUM.finditer(text):
        numbers = _normal_number(match[1]), _normal_number(match[3])
        if max(map(len, numbers)) > 1 and not STRUCTURAL.intersection(numbers):
            found.add((numbers[0], _SIGNS.get(match[2], match[2]), numbers[1]))
    return frozenset(found)


_SUM = re.compile(
    r"(?<![\w.^_{])(\d[\d,]*(?:\.\d+)?)\s*(?:\\text\{[^{}]{1,12}\}|\\?%|[A-Za-z\u00b0/]{1,6})?\s*"
    r"([+*=\u00d7\u00b7\u2248\u2212-]|\\times|\\cdot|\\approx)\s*(?=(\d[\d,]*(?:\.\d+)?)(?![\w.^]*[\w^]))"
)
_SIGNS = {"\u00d7": "*", "\u00b7": "*", "\\times": "*", "\\cdot": "*", "\u2212": "-", "\u2248": "=", "\\approx": "="}


def _is_list_mark(head: str, tail: str) -> bool:
    return bool(_LIST_MARK.search(head)) and tail[:1] in (".", ")", ":", "]") and tail[1:2] in ("", " ", "\n")


@cache
def _spoken() -> re.Pattern[str]:
    lexicon, words = load_lexicon(), number_words()
    compound = rf"(?P<tens>{'|'.join(lexicon.tens)})(?:[\s-]*+(?P<ones>{'|'.join(lexicon.ones[1:10])}))?"
    others = "|".join(word for word in words if word not in lexicon.tens)
    initials = "".join(sorted({word[0] for word in words}))  # looked at first: twice as fast over plain text
    return re.compile(rf"\b(?=[{initials}])(?:{compound}|{others})\b", re.IGNORECASE)


def _value_of(match: re.Match[str]) -> int:
    words = [word.lower() for word in (match["tens"], match["ones"]) if word] or [match[0].lower()]
    return sum(number_words()[word] for word in words)


@cache
def _spoken_fraction() -> re.Pattern[str]:
    counts = "|".join(sorted(_counts(), key=len, reverse=True))
    parts = "|".join(sorted(_part_names(), key=len, reverse=True))
    alone = "|".join(load_lexicon().part_nouns)
    return re.compile(rf"\b(?:(?P<count>{counts})[\s-]*+(?P<part>{parts})|(?P<alone>{alone}))\b(?!-)", re.IGNORECASE)


@cache
def _counts() -> dict[str, int]:
    return {"a": 1} | {word: value for value, word in enumerate(load_lexicon().ones) if value}


@cache
def _part_names() -> dict[str, int]:
    """Return the divisor of each part: ``half``, ``thirds``."""
    ordinals = {word: value for value, word in enumerate(load_lexicon().ordinals, start=2) if value > 2}
    plurals = {f"{word}s": value for word, value in ordinals.items()}
    return {**ordinals, **plurals, **load_lexicon().part_nouns}


def _numeral(text: str, match: re.Match[str], value: str) -> Numeral:
    before = re.search(r"(\w+|[^\w\s])\s*$", text[max(0, match.start() - 30) : match.start()])
    after = re.match(r"[\s-]*([A-Za-z]+|[^\w\s])", text[match.end() : match.end() + 40])
    follows = after[1].lower() if after else ""
    return Numeral(value, before[1].lower() if before else "", stem(follows), match[0])


def _normal_number(digits: str) -> str:
    plain = digits.replace(",", "")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return plain.lstrip("0") or "0" if not plain.startswith("0.") else plain
