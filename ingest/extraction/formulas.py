"""Formulas: whether one is general, without what is put in, and in a normal form."""

import re

from midthought.ingest.extraction.symbols import GREEK_SIGNS, TEXT_MARK, find_symbols

MAX_NUMBER = 12
_FORMULA_NUMBERS = frozenset({"16", "18", "24", "32", "64", "90", "100", "180", "273", "360", "1000"})
"""Larger numbers that formulas have; the others are put in."""
_OPERATOR = re.compile(
    r"[=+*/^<>\u2248\u221d\u2264\u2265\u221a-]|\\(?:frac|dfrac|sqrt|times|cdot|approx|propto|le|ge|int|sum)|[a-z]\("
    r"|[A-Za-z\u0391-\u03c9]\s+[A-Za-z\u0391-\u03c9]\b"
)
_PUT_IN = re.compile(
    r"(?<![\w.])[3-9]\s*\^|\}\s*\{1\}|/\s*1(?![\d/])|(?<![\w.])\d+\s*(?:\\times|\u00d7|\*)\s*\d|\\text\{\s*in "
)
"""What stands in place of symbols: the power of a number, a one below the line, a product of numbers."""
_ADDS_NUMBER = re.compile(r"[-+]\s*(?:[3-9]|[1-9]\d+)(?![\d.]*\s*[A-Za-z\\({/])")
"""A number that is added, as in the equation of one line: formulas add 1 or 2."""


def is_general(formula: str) -> bool:
    """Whether a formula has symbols on its right side, and no measured number in it."""
    right = re.split(r"=|\u2248|\u221d|\\approx|\\propto|\\le|\\ge|\u2264|\u2265", formula)[-1]
    if (
        _ADDS_NUMBER.search(formula)
        or _PUT_IN.search(formula)
        or re.search(
            r"=>|\b0 \+|"
            r"\\implies|\\Rightarrow|\u21d2|\u27f9|\d\.\d|\d{4,}|\d\s*(?:\\times|\u00d7|x|\*)\s*10|\\text\{\s*(?:kg|m|"
            r"s|J|N|K|mol|Pa|V|A|C|g|L)\b|\bkg\b|\bm/s\b|\bmol\b",
            formula,
        )
    ):
        return False
    if any(number not in _FORMULA_NUMBERS and int(number) > MAX_NUMBER for number in re.findall(r"\d+", formula)):
        return False
    has_operator = _OPERATOR.search(formula) is not None
    return has_operator and bool(find_symbols(right)) and "`" not in formula and len(formula) <= 200


def first_equation(formula: str) -> str:
    """Return a formula up to its second equals sign, if what follows puts numbers in; else all of it."""
    parts = formula.split("=")
    while len(parts) > 2 and not is_general("x=" + parts[-1]):
        parts.pop()
    return "=".join(parts).strip().rstrip(",;.").strip()


_SIGNS = {"\u00b2": "^2", "\u00b3": "^3", "\u2212": "-", "\u221a": "sqrt", "\u03c0": "pi", "\u0394": "Delta"}


def normal_formula(formula: str) -> str:
    """Return a form in which the same formula is the same text, in LaTeX or plain: without blanks, signs and braces."""
    text = TEXT_MARK.sub(r"\1", formula)
    for _ in range(4):
        text = re.sub(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", r"(\1)/(\2)", text)
        text = re.sub(r"([_^])\{([^{}]*)\}", r"\1\2", text)
        text = re.sub(r"\\sqrt\s*\{([^{}]*)\}", r"sqrt(\1)", text)
    for sign, name in GREEK_SIGNS.items():
        text = text.replace(sign, name)
    for sign, name in _SIGNS.items():
        text = text.replace(sign, name)
    text = re.sub(r"\\(?:left|right|cdot|times|,|;|!|quad|displaystyle)|[*\u00d7\u00b7$\s{}\\]", "", text)
    return re.sub(r"\(([A-Za-z0-9_]+)\)", r"\1", text).rstrip(".,;")


_MATH = re.compile(r"\\\((.+?)\\\)|\$([^$]+)\$|(\S+\s*=.*)")


def is_identity(text: str) -> bool:
    """Whether a text has an equation with the same symbols on both sides, as a rule of algebra: they mean anything."""
    for match in _MATH.finditer(text):
        left, equals, right = next(filter(None, match.groups())).partition("=")
        if equals and find_symbols(left) and find_symbols(left) == find_symbols(right):
            return True
    return False
