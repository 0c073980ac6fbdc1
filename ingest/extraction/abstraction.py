"""Replacing formulas by the noun for their kind, so that a sentence can be said of other problems too."""

import re

_MATH = re.compile(r"\\\((.{1,200}?)\\\)|\$\$?([^$]{1,200})\$\$?|\\\[(.{1,300}?)\\\]", re.DOTALL)
_NOUNS = frozenset(
    "function functions equation equations expression expressions circle circles triangle point points polynomial variable"
    " variables side sides angle angles number numbers integral matrix vector vectors line lines sequence term terms form"
    " values value inequality fraction fractions sum product integer integers unknown unknowns logarithm root roots set sets"
    " quadratic cubic coordinates parameter constant constants radius length area volume coefficient coefficients".split()
)
_KINDS = (
    (r"\\int", "the integral"),
    (r"\\sum|\\dots|\\cdots", "the sum"),
    (r"\\triangle", "the triangle"),
    (r"\\angle", "the angle"),
    (r"pmatrix|\\vec|mathbf", "the vector"),
    (r"\\equiv|pmod", "the congruence"),
    (r"\\l?eq?\b|\\g?eq?\b|[<>]", "the inequality"),
    (r"=", "the equation"),
    (r"\\log|\\ln", "the logarithm"),
    (r"\\sqrt", "the root"),
    (r"\\frac", "the fraction"),
    (r"^\s*[a-zA-Z]\s*\([a-z]\)\s*$", "the function"),
    (r"\^\{?3", "the cubic expression"),
    (r"\^\{?2", "the quadratic expression"),
    (r"^\s*\\?[a-zA-Z]+(?:_\{?\w+\}?)?\s*$", "the unknown"),
    (r"[a-z]", "the expression"),
)
_DEMONSTRATIVE = re.compile(r"\b(?:these|those) (?:two |three |four )?(?=\w+s\b)|\bthis (?=\w)", re.IGNORECASE)


def abstract_math(sentence: str) -> str:
    """Replace every formula by the noun for its kind, or drop it where such a noun stands before it already."""
    pieces, last = [], 0
    for match in _MATH.finditer(sentence):
        before = sentence[last : match.start()]
        pieces.append(before)
        pieces.append("" if _ends_in_noun("".join(pieces)) else name_kind(match[1] or match[2] or match[3]))
        last = match.end()
    text = "".join(pieces) + sentence[last:]
    return tidy_text(text)


def name_kind(formula: str) -> str:
    """Return the noun for a formula; plain numbers have none and stay as they are, so that checks refuse them."""
    return next((noun for pattern, noun in _KINDS if re.search(pattern, formula)), formula)


def tidy_text(text: str) -> str:
    """Drop markup and demonstratives, and close the gaps that removed formulas left."""
    text = _DEMONSTRATIVE.sub(lambda m: "the " if m[0].lower().startswith("this") else "", text.replace("**", ""))
    text = re.sub(r"\s+([,.;:?])", r"\1", re.sub(r"\s+", " ", text))
    text = re.sub(r"\b(?:the|an?) (the|an?) ", r"\1 ", text)
    return text.strip()


def _ends_in_noun(text: str) -> bool:
    """Say whether the last word is a noun that names a formula's kind."""
    words = re.findall(r"[A-Za-z]+", text[-40:])
    return bool(words) and words[-1].lower() in _NOUNS
