"""Whether a sentence reaches a result: a value computed, or a conclusion stated."""

import re

# A comparison of code ("==", "<=") is no equation.
_EQUATION = re.compile(r"[=\u2248\u2243\u2245\u2192\u27f9](?<![<>!=]=)(?![=>])\s*+[^=\n]{0,60}?[\d\w]")
_EQUALS = re.compile(r"equals?\s(?:to\s)?[$\d]")
_STATED = re.compile(
    r"\b(?:gives?|yields?|equals|becomes?|we (?:get|obtain|have)|results? in|resulting|leaving|is given by|returns"
    r"|is therefore|must be|will be)\b"
)
# A result that is reached, not a property: "a function returns" and "both are equal" describe.
_REACHED = re.compile(
    r"\b(?:gives|yields|becomes|we (?:get|obtain)|results? in|resulting|leaving|is therefore|therefore|hence|thus)\b"
)
_OPEN_FORMULA = ("$", "\\(", "=", "\u2248")
_MARKED = re.compile(r"\$[^$]*\$|\\\(.*?\\\)")
_WORD = re.compile(r"[^\W\d_]{4,}")
LOOK = 1_500  # characters of a sentence that are looked into


def is_formula(text: str, start: int, end: int) -> bool:
    """Whether ``text[start:end]`` opens with a formula, or goes on with one, and says nothing else."""
    said = text[start : min(end, start + LOOK)].strip()
    return said.startswith(_OPEN_FORMULA) and _WORD.search(_MARKED.sub("", said)) is None


def states_result(lower: str, start: int, end: int) -> bool:
    """Whether ``lower[start:end]``, in lower case, says in words that something results."""
    return _STATED.search(lower, start, min(end, start + LOOK)) is not None


def reaches_result(lower: str, start: int, end: int) -> bool:
    """Whether ``lower[start:end]``, in lower case, says in words that a result is reached."""
    return _REACHED.search(lower, start, min(end, start + LOOK)) is not None


def has_equation(text: str, start: int, end: int) -> bool:
    """Whether ``text[start:end]`` holds an equation with a value."""
    end = min(end, start + LOOK)
    return (_EQUATION.search(text, start, end) or _EQUALS.search(text, start, end)) is not None
