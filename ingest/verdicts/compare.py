"""Whether an answer is the gold answer, as far as cheap tests tell: letters, numbers, Python values, normal form."""

import ast
import re
from collections.abc import Mapping
from fractions import Fraction

from midthought.ingest.normal_form import normalise

_LETTER = re.compile(
    r"(?:(?:option|choice|answer)\s*)?[(\[{*_$\s]*(?:\\text\s*\{)?\(?([A-Z])\)?[)\]}*_$\s]*(?:[.:,)]\s*(?P<rest>.*))?",
    re.DOTALL,
)
_OPTION = re.compile(r"^[ \t]*[(\[]?([A-Z])[)\].:][ \t]+(.+?)[ \t]*$", re.MULTILINE)
_INLINE_OPTION = re.compile(r"\(([A-Z])\)\s*(.+?)(?=\s*\([A-Z]\)|$)", re.MULTILINE)
_UNIT = re.compile(
    r"^(-?[\d.,/]+(?:e[-+]?\d+)?)\s*(?:\\?%|\\?percent|\\circ|\^\\circ|[a-z\u00b0\u00b5][a-z\u00b0/^\d\u00b2\u00b3.-]*)?$"
)
_NUMBER = re.compile(r"-?(?:\d+(?:,\d{3})++|\d+)?(?:\.\d+)?(?:e[-+]?\d+)?(?:/\d+)?")
_ASSIGNED = re.compile(r"^\\?[a-z]{1,8}(?:\([a-z]\))?=(?!.*=)")
_PUNCTUATION = re.compile(r"[^\w\s]|\b(?:a|an|the)\b")
TOLERANCE = Fraction(1, 10**9)
"""Relative difference up to which two numbers are the same: what is lost when a float is written out."""


def same_answer(gold: str, answer: str, *, question: str = "") -> bool | None:
    """Return whether an answer is the gold answer; None if only mathematics could tell.

    Multiple choice is compared by letter (an answer in the words of an option by its letter), code by the value of the
    literal, numbers by value, and everything else in normal form.
    """
    options = read_options(question)
    if options and (wanted := _letter(gold)) in options:
        given = _letter(answer) or _option_of(answer, options)
        return None if given is None else given == wanted
    if (literal := _same_literal(gold, answer)) is not None:
        return literal
    one, other = _bare(gold), _bare(answer)
    if one == other:
        return True
    numbers = read_number(one), read_number(other)
    if numbers[0] is not None and numbers[1] is not None:
        return _is_close(numbers[0], numbers[1])
    if _plain(gold) and _plain(gold) == _plain(answer):
        return True
    # Words that differ are different; what has digits, operators or LaTeX may still be equal.
    return None if _is_mathematics(gold) and _is_mathematics(answer) else False


def read_options(question: str) -> Mapping[str, str]:
    """Return the options of a multiple-choice question in normal form, by letter; empty unless they begin with A, B."""
    for pattern in (_OPTION, _INLINE_OPTION):
        options = {letter: normalise(text) for letter, text in pattern.findall(question)}
        if {"A", "B"} <= options.keys():
            return options
    return {}


def read_number(text: str) -> Fraction | None:
    """Return the value of a number in normal form, with or without a unit: ``1,000``, ``3/4``, ``12%``, ``5cm``."""
    unit = _UNIT.match(text)
    digits = unit[1] if unit else text
    if not re.search(r"\d", digits) or not _NUMBER.fullmatch(digits) or len(digits) > 100:
        return None
    above, _, below = digits.replace(",", "").partition("/")
    try:
        return Fraction(above) / Fraction(below or 1)
    except (ValueError, ZeroDivisionError):
        return None


def canonical_answer(answer: str, *, question: str = "") -> str:
    """Return one text for all answers that cheap tests hold for the same: a letter, a number, or the normal form."""
    options = read_options(question)
    if options and (letter := _letter(answer) or _option_of(answer, options)):
        return letter
    number = read_number(_bare(answer))
    return str(number) if number is not None else _bare(answer)


def _letter(text: str) -> str | None:
    """Return the letter of a choice: ``B``, ``(B)``, ``B) 12 cm``, ``**B**``."""
    match = _LETTER.fullmatch(text.strip())
    return match[1] if match else None


def _option_of(answer: str, options: Mapping[str, str]) -> str | None:
    found = [letter for letter, text in options.items() if text and text == normalise(answer)]
    return found[0] if len(found) == 1 else None


def _same_literal(gold: str, answer: str) -> bool | None:
    """Compare Python literals by value; None unless gold is a string, a container or a constant of Python."""
    value = _literal(gold)
    if value is None:
        return None
    given = _literal(answer.strip().strip("`").removeprefix("python").strip())
    if given is None:
        # A string without its quotes says the same; a list without its brackets does not.
        return value[0] == answer.strip() if isinstance(value[0], str) else False
    return type(value[0]) is type(given[0]) and value[0] == given[0]


def _literal(text: str) -> tuple[object] | None:
    stripped = text.strip()
    # "(1, 2)" and "[0, 1)" may be a point and an interval: tuples without quotes are no code for sure.
    if len(stripped) > 10_000 or not re.match(
        r"[\[({]*\s*b?['\"]|\{.*:|(?:True|False|None)$|\[[^)\\]*\]$|\{\}", stripped
    ):
        return None
    try:
        return (ast.literal_eval(stripped),)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def _bare(text: str) -> str:
    """Return the normal form without ``x =`` before it and the unit sign of an angle."""
    return _ASSIGNED.sub("", normalise(text).replace("^\\circ", "").replace("\u2212", "-"))


def _plain(text: str) -> str:
    """Return the words of a text in lower case, without articles and punctuation, as question answering compares."""
    return " ".join(_PUNCTUATION.sub(" ", text.lower()).split())


def _is_mathematics(text: str) -> bool:
    """Whether a text has digits, operators or LaTeX, or is a single symbol."""
    return bool(re.search(r"[\d\\=^_+*/<>\u2200-\u22ff\u0370-\u03ff]", text)) or len(text.strip(" $")) == 1


def _is_close(one: Fraction, other: Fraction) -> bool:
    return abs(one - other) <= TOLERANCE * max(abs(one), abs(other))
