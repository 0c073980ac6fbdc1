"""Whether a sentence reaches a result: a value computed, or a conclusion stated."""

import re

_EQUATION = re.compile(r"\bequals?\s(?:to\s)?[$\d]|[=\u2248\u2243\u2245\u2192\u27f9]\s*+[^=\n]{0,60}?[\d\w]")
_STATED = re.compile(
    r"\b(?:gives?|yields?|equals|becomes?|we (?:get|obtain|have)|results? in|resulting|leaving|is given by|returns"
    r"|is therefore|must be|will be)\b",
    re.IGNORECASE,
)
LOOK = 1_500  # characters of a sentence that are looked into


def reaches_result(text: str, start: int, end: int) -> bool:
    """Whether ``text[start:end]`` holds an equation with a value, or says in words that something results."""
    end = min(end, start + LOOK)
    return has_equation(text, start, end) or _STATED.search(text, start, end) is not None


def has_equation(text: str, start: int, end: int) -> bool:
    """Whether ``text[start:end]`` holds an equation with a value."""
    return _EQUATION.search(text, start, min(end, start + LOOK)) is not None
