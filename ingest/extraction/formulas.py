"""Formulas in a sentence: the symbols that they are made of, what a clause says each is, and a normal form."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

_COMMAND = re.compile(r"\\([A-Za-z]+)")
_GREEK = frozenset(
    [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "epsilon",
        "varepsilon",
        "zeta",
        "eta",
        "theta",
        "vartheta",
        "iota",
        "kappa",
        "lambda",
        "mu",
        "nu",
        "xi",
        "rho",
        "varrho",
        "sigma",
        "tau",
        "upsilon",
        "phi",
        "varphi",
        "chi",
        "psi",
        "omega",
        "Gamma",
        "Theta",
        "Lambda",
        "Xi",
        "Sigma",
        "Upsilon",
        "Phi",
        "Psi",
        "Omega",
        "ell",
        "hbar",
    ]
)
_GREEK_NAMES = (
    "alpha beta gamma delta epsilon eta theta kappa lambda mu nu xi rho sigma tau phi chi psi omega Omega Phi Psi"
)
_GREEK_LETTERS = (
    "\u03b1\u03b2\u03b3\u03b4\u03b5\u03b7\u03b8\u03ba\u03bb\u03bc\u03bd"
    "\u03be\u03c1\u03c3\u03c4\u03c6\u03c7\u03c8\u03c9\u03a9\u03a6\u03a8"
)
_GREEK_SIGNS = dict(zip(_GREEK_LETTERS, _GREEK_NAMES.split(), strict=True)) | {
    "\u00b5": "mu",
    "\u210f": "hbar",
    "\u0127": "hbar",
    "\u2113": "ell",
}
_TEXT = re.compile(
    r"\\(?:text|mathrm|mathbf|textbf|textit|operatorname|mathit|boldsymbol|vec|hat|bar|tilde|overline|"
    r"dot)\s*\{([^{}]*)\}"
)
_SUBSCRIPT = r"(?:_\{[^{}]*\}|_[A-Za-z0-9]+|[\u2080-\u2099]+)?"
_SYMBOL = re.compile(rf"(?:\\[A-Za-z]+|[A-Za-z]+|\u221e){_SUBSCRIPT}'*")
_WORDS = frozenset({"all", "angle", "for", "and", "times", "max", "min", "sum", "left", "right", "mod", "deg", "not"})
"""Functions and commands that are words of English as well."""
FUNCTIONS = frozenset(
    [
        "sin",
        "cos",
        "tan",
        "cot",
        "sec",
        "csc",
        "arcsin",
        "arccos",
        "arctan",
        "sinh",
        "cosh",
        "tanh",
        "log",
        "ln",
        "exp",
        "sqrt",
        "max",
        "min",
        "lim",
        "det",
        "tr",
        "deg",
        "gcd",
        "lcm",
        "mod",
        "floor",
        "ceil",
        "abs",
        "sum",
        "prod",
        "int",
        "frac",
        "dfrac",
        "tfrac",
        "cdot",
        "times",
        "left",
        "right",
        "approx",
        "propto",
        "le",
        "ge",
        "leq",
        "geq",
        "neq",
        "pm",
        "mp",
        "infty",
        "partial",
        "nabla",
        "quad",
        "qquad",
        "displaystyle",
        "to",
        "rightarrow",
        "ldots",
        "cdots",
        "dots",
        "big",
        "Big",
        "bigg",
        "Bigg",
        "lvert",
        "rvert",
        "angle",
        "circ",
        "prime",
        "oint",
        "iint",
        "if",
        "and",
        "or",
        "for",
        "all",
        "div",
        "equiv",
        "sim",
        "begin",
        "end",
        "mathbb",
        "binom",
        "choose",
        "not",
        "in",
    ]
)
CONSTANTS = frozenset({"pi", "e", "dt", "dx", "Delta", "hbar", "kB", "infty", "\u03c0", "\u0394"})
"""Symbols that mean the same everywhere, and the signs of differences and derivatives."""


@lru_cache(maxsize=1 << 12)
def symbol_name(text: str) -> str:
    r"""Return one name for all ways to write a symbol: ``$\rho_{w}$``, ``\rho_w`` and the letter are ``rhow``."""
    bare = _TEXT.sub(r"\1", text.strip().strip("$`*").removeprefix("\\(").removesuffix("\\)"))
    bare = bare.translate(_LETTERS).replace("\\var", "\\")
    return re.sub(r"[\\{}\s_()]|\\partial", "", bare)


_LETTERS = str.maketrans(
    {
        **_GREEK_SIGNS,
        **{chr(0x2080 + digit): str(digit) for digit in range(10)},
        "\u0394": "Delta",
        "\u2206": "Delta",
        "\u2202": "",
    }
)


def find_symbols(formula: str) -> set[str]:
    """Return the names of the symbols of a formula, without functions and words."""
    spaced = formula
    for sign, name in _GREEK_SIGNS.items():
        spaced = spaced.replace(sign, f" \\{name} ")
    spaced = re.sub(r"(?:\\Delta|\u0394|\u2206)\s*", " Delta", spaced)
    spaced = re.sub(r"\\ (?=\w)", " ", re.sub(r"(\\[A-Za-z]+) _", r"\1_", spaced))
    spaced = re.sub(r"Delta\\?(?=[A-Za-z])", r"Delta", spaced)
    spaced = _TEXT.sub(lambda match: match[1] if len(match[1]) < 4 else " ", spaced)
    found = set()
    for match in _SYMBOL.finditer(spaced):
        base = re.match(r"\\?([A-Za-z]+)", match[0])
        if base and (base[1] in FUNCTIONS or (match[0].startswith("\\") and base[1] not in _GREEK)):
            continue
        name = symbol_name(match[0])
        if name:
            found.add(name)
    return found


def explain(symbol: str, known: Iterable[str]) -> tuple[str, ...] | None:
    """Return the known symbols that a run of letters is made of: ``mv`` is m and v; None if it is no such run.

    Constants and functions need no explanation.
    """
    known = set(known)
    names = sorted({*known, *CONSTANTS, *FUNCTIONS}, key=lambda name: (-len(name), name))
    # The sign of a derivative stands before its variable.
    symbol = re.sub(r"^d(?=[A-Za-z])", "", symbol) if symbol not in known else symbol

    @cache
    def splits(rest: str) -> tuple[str, ...] | None:
        if not rest:
            return ()
        for name in names:
            if rest.startswith(name) and (tail := splits(rest[len(name) :].lstrip("0123456789'"))) is not None:
                return (name, *tail)
        return None

    found = splits(symbol) if len(symbol) <= 24 else None
    return None if found is None else tuple(name for name in found if name in known)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a clause says a symbol is.

    Attributes:
        symbol: as it is written.
        text: what it is; empty if the clause gives a value, or what names nothing.
        shared: whether the clause says it of several symbols together, "are the masses".
    """

    symbol: str
    text: str
    shared: bool = False


def read_meanings(clause: str, wanted: Iterable[str]) -> dict[str, Meaning]:
    """Return what a clause says the symbols are, by name.

    Only symbols in `wanted`, or parts of them, are looked for: "it is" explains nothing.
    """
    wanted = set(wanted)
    heads = [head for match in _MEANS.finditer(clause) if (head := _wanted_head(match, wanted))]
    meanings: dict[str, Meaning] = {}
    for place, (_, end, symbols) in enumerate(heads):
        stop = heads[place + 1][0] if place + 1 < len(heads) else len(clause)
        text = clean_meaning(clause[end:stop])
        for symbol in symbols:
            meanings.setdefault(symbol_name(symbol), Meaning(symbol.strip(), text, len(symbols) > 1))
    return meanings


_ONE = (
    r"(?:\$[^$]{1,40}\$|\\\(.{1,40}?\\\)|`[^`]{1,20}`"
    r"|\*?[A-Za-z\u0391-\u03c9\u0394\u210f\u0127\u2113\u00b5\u2202]\w{0,7}[\u2080-\u2099\u221e']*\*?)"
)
_BETWEEN = r"\s*,\s*(?:and\s+)?|\s+and\s+"
_MEANS = re.compile(
    rf"(?<![\w$\\])({_ONE}(?:(?:{_BETWEEN}){_ONE}){{0,9}})\s*(?:,\s*)?"
    r"(?:\s(?:is|are|represents?|denotes?|stands for|refers to|being|be|equals|means)\s|\s*[:=\u2013]\s+|\s-\s)"
)
_SENTENCE_OVER = re.compile(
    r"[.;](?=\s|$)|(?:,\s+(?:and\s+)?|\s+and\s+)\S{1,14}\s+(?:is|are)\s|\s[-*\u2022]\s|,\s+(?:approximately|about|"
    r"usually|"
    r"typically|we|so|which|then|therefore|since|"
    r"in this|in our|respectively|and (?:we|"
    r"the))\b"
)
_NO_NOUN = re.compile(
    r"^(?:positive|negative|related|in|between|not|given|also|equal|greater|less|from|unknown|known|at|on|as|just|"
    r"always|"
    r"needed|found|real|such|to|of|now)\b|\b(?:we|our|since|because|given by|defined as|question|problem|this|"
    r"these|that)\b",
    re.IGNORECASE,
)


def _wanted_head(match: re.Match[str], wanted: set[str]) -> tuple[int, int, list[str]] | None:
    """Return where the explained symbols begin, where their meaning begins, and the symbols: the last ones in a row."""
    symbols: list[str] = []
    start = match.end(1)
    for one in reversed([*re.finditer(rf"{_ONE}(?=$|{_BETWEEN})", match[1])]):
        if not _is_wanted(one[0], wanted):
            break
        symbols.insert(0, one[0])
        start = match.start(1) + one.start()
    return (start, match.end(), symbols) if symbols else None


def _is_wanted(symbol: str, wanted: set[str]) -> bool:
    name = symbol_name(symbol)
    plain = not symbol.startswith(("$", "\\", "`"))
    return name in wanted or (not (plain and len(name) > 2) and any(name and name in one for one in wanted))


def clean_meaning(text: str) -> str:
    """Return a meaning up to the end of its sentence, without list marks and conjunctions.

    Empty if it is a value, an adjective or a place: what does not say which quantity a symbol is.
    """
    text = _SENTENCE_OVER.split(text, maxsplit=1)[0]
    text = re.sub(r"\s*\((?:in|measured in|approximately|about|which is|given as)?\s*[^()]*\d[^()]*\)", "", text)
    text = re.sub(r"[\s,;:]*(?:\band|\bor|\bwith|\bwhere)?[\s,;:.*]*$", "", text).strip()
    words = re.findall(r"[^\W\d_]{3,}", text)
    if not words or re.search(r"\d\d|\d\.\d|=|\u2248|:", text) or re.match(r"[\d$\\-]", text) or len(text.split()) > 18:
        return ""
    unfit = (
        _NO_NOUN.search(text)
        or "`" in text
        or FUNCTIONS.intersection(words) - _WORDS
        or text.count("(") != text.count(")")
        or max(map(len, words)) < 4
    )
    return "" if unfit else text


MAX_NUMBER = 12
_FORMULA_NUMBERS = frozenset({"16", "18", "24", "32", "64", "90", "100", "180", "273", "360", "1000"})
"""Larger numbers that formulas have; the others are put in."""
_OPERATOR = re.compile(
    r"[=+*/^<>\u2248\u221d\u2264\u2265\u221a-]|\\(?:frac|dfrac|sqrt|times|cdot|approx|propto|le|ge|int|sum)|[a-z]\("
    r"|[A-Za-z\u0391-\u03c9]\s+[A-Za-z\u0391-\u03c9]\b"
)
_ADDS_NUMBER = re.compile(r"[-+]\s*(?:[3-9]|[1-9]\d+)(?![\d.]*\s*[A-Za-z\\({/])")
"""A number that is added, as in the equation of one line: formulas add 1 or 2."""


def is_general(formula: str) -> bool:
    """Whether a formula has symbols on its right side, and no measured number in it."""
    right = re.split(r"=|\u2248|\u221d|\\approx|\\propto|\\le|\\ge|\u2264|\u2265", formula)[-1]
    if _ADDS_NUMBER.search(formula) or re.search(
        r"\\implies|\\Rightarrow|\u21d2|\u27f9|\d\.\d|\d{4,}|\d\s*(?:\\times|\u00d7|x|\*)\s*10|\\text\{\s*(?:kg|m|"
        r"s|J|N|K|mol|Pa|V|A|C|g|L)\b|\bkg\b|\bm/s\b|\bmol\b",
        formula,
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
    text = _TEXT.sub(r"\1", formula)
    for _ in range(4):
        text = re.sub(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", r"(\1)/(\2)", text)
        text = re.sub(r"([_^])\{([^{}]*)\}", r"\1\2", text)
        text = re.sub(r"\\sqrt\s*\{([^{}]*)\}", r"sqrt(\1)", text)
    for sign, name in _GREEK_SIGNS.items():
        text = text.replace(sign, name)
    for sign, name in _SIGNS.items():
        text = text.replace(sign, name)
    text = re.sub(r"\\(?:left|right|cdot|times|,|;|!|quad|displaystyle)|[*\u00d7\u00b7$\s{}\\]", "", text)
    return re.sub(r"\(([A-Za-z0-9_]+)\)", r"\1", text).rstrip(".,;")


_CLAUSE = re.compile(r"\b(?:where|Where|here|Here|with|in which)\b[,:]?\s(.*)")


def find_clauses(units: Iterable[str]) -> tuple[str, ...]:
    """Return the clauses of a trace that may say what symbols are."""
    return tuple(match[1] for unit in units if (match := _CLAUSE.search(unit)) and _MEANS.search(match[1]))


def read_clauses(clauses: Iterable[str], wanted: Iterable[str]) -> Mapping[str, Meaning]:
    """Return what some clauses say about the wanted symbols; the first meaning of each stays."""
    known: dict[str, Meaning] = {}
    for clause in clauses:
        for name, meaning in read_meanings(clause, wanted).items():
            if meaning.text:
                known.setdefault(name, meaning)
    return known
