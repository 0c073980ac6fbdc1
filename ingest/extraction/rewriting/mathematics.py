"""Spans of mathematics in a text, and the general noun that stands for each."""

import re
from dataclasses import dataclass

MATH = re.compile(
    r"\\\[(?P<d1>.+?)\\\]|\$\$(?P<d2>.+?)\$\$|\\\((?P<i1>.+?)\\\)|(?<!\\)\$(?P<i2>[^$\n]+?)(?<!\\)\$"
    r"|\\begin\{(?P<env>align\*?|equation\*?|aligned)\}(?P<d3>.+?)\\end\{(?P=env)\}",
    re.DOTALL,
)
_WORDS = re.compile(r"\\(?:text|mathrm|textbf|mathbf|operatorname|textit)\s*\{([^{}]*)\}")
_VARIABLE = re.compile(
    r"-?(?:\\?[a-zA-Z]|\\(?:alpha|beta|gamma|theta|phi|omega|lambda|mu|sigma|zeta|epsilon|varepsilon|rho|tau|nu|psi|delta|eta))(?:_\{?\w+\}?)?'*"
)
_LABEL = re.compile(r"[A-Z]{2,6}|\\overline\{[A-Z]{2}\}")
_NUMBER = re.compile(
    r"[-+]?[\d.,\s{}\\!]*\d[\d.,\s{}\\!]*(?:\\?%|\\pi|\^\{?\\circ\}?)?|\\d?frac\{-?\d+\}\{\d+\}|-?\\d?frac\{\d+\}\{\d+\}"
)


@dataclass(frozen=True, slots=True)
class Noun:
    """A general noun phrase without its article; `plural` ones take none."""

    words: str
    plural: bool = False

    def indefinite(self) -> str:
        """Return the noun with a, an or nothing before it."""
        if self.plural:
            return self.words
        return f"{'an' if self.words[0] in 'aeiou' else 'a'} {self.words}"

    def definite(self) -> str:
        """Return the noun with the before it."""
        return f"the {self.words}"


def inner(match: re.Match[str]) -> str:
    """Return the mathematics between the delimiters of a match."""
    return next(g for name in ("d1", "d2", "i1", "i2", "d3") if (g := match[name]) is not None).strip()


def is_display(match: re.Match[str]) -> bool:
    """Say whether a match stands on lines of its own."""
    return match["i1"] is None and match["i2"] is None


_RULES: tuple[tuple[str, str], ...] = (
    (r"\\equiv|\\pmod|\\bmod", "congruence"),
    (r"\\implies|\\Rightarrow|\\iff|\\to\b|\\rightarrow", "relation"),
    (r"\\leq?\b|\\geq?\b|<|>|\\lt|\\gt", "inequality"),
    (r"\\begin\{[bpv]?matrix\}", "matrix"),
    (r"^\\(?:triangle|Delta) ?[A-Z]{3}", "triangle"),
    (r"^\\angle", "angle"),
    (r"=.*\\(?:sin|cos|tan)|\\(?:sin|cos|tan).*=", "trigonometric equation"),
    (r"=.*\\(?:log|ln)|\\(?:log|ln).*=", "logarithmic equation"),
    (r"=.*\|.*[a-z].*\||\|.*[a-z].*\|.*=", "absolute value equation"),
    (r"(?:\\ddot|y''|\\frac\{d\^?2?).*=|y'.*=|\\dot.*=", "differential equation"),
    (r"[a-z]\^\{?3\}?(?!\d).*=\s*0", "cubic equation"),
    (r"[a-z]\^\{?2\}?(?!\d).*=\s*0", "quadratic equation"),
    (r"=", "equation"),
    (r"\\int", "integral"),
    (r"\\sum", "sum"),
    (r"\\prod", "product"),
    (r"\\binom|\\dbinom|^C\(", "binomial coefficient"),
    (r"\\lim", "limit"),
    (r"!$|!\s", "factorial"),
    (r"^P\(", "probability"),
    (r"\\(?:arc)?(?:sin|cos|tan|sec|csc|cot)\b", "trigonometric expression"),
    (r"\\(?:log|ln)\b", "logarithm"),
    (r"\\sqrt", "expression with radicals"),
    (r"(?<![a-zA-Z\\])i(?![a-zA-Z])", "complex number"),
    (r"^\(-?[\w\\{}/.]+,\s*-?[\w\\{}/.]+\)$", "point"),
    (r"^\\?\{.*\\?\}$", "set"),
    (r"[a-z]\^\{?3\}?(?!\d)", "cubic expression"),
    (r"[a-z]\^\{?2\}?(?!\d)", "quadratic expression"),
    (r"^[a-zA-Z]\([^()]*\)$", "function value"),
    (r"\\d?frac|/", "fraction"),
    (r"\^", "power"),
)
_COMPILED = tuple((re.compile(pattern), Noun(noun)) for pattern, noun in _RULES)


def noun_of(latex: str) -> Noun:
    """Return the general noun for a piece of mathematics: equation, angle, set, quadratic expression ..."""
    text = latex.strip().rstrip(".,;:")
    if _NUMBER.fullmatch(text):
        return Noun("given percentage" if "%" in text else "angle" if "circ" in text else "given number")
    if _VARIABLE.fullmatch(text):
        return Noun("unknown")
    if _LABEL.fullmatch(text):
        return Noun("triangle" if len(text) == 3 else "quadrilateral" if len(text) == 4 else "segment")
    return next((noun for pattern, noun in _COMPILED if pattern.search(text)), Noun("expression"))


def plain_words(latex: str) -> str | None:
    """Return the words of a span that is nothing but words, such as ``\\text{total distance}``."""
    text = _WORDS.sub(r"\1", latex).strip()
    return text.lower() if re.fullmatch(r"[A-Za-z][A-Za-z \-]+", text) and "\\" in latex else None
