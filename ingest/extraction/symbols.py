"""The symbols that a formula is made of."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache

from midthought.ingest.lexicon import load_lexicon

_GREEK_LETTERS = (
    "\u03b1\u03b2\u03b3\u03b4\u03b5\u03b7\u03b8\u03ba\u03bb\u03bc\u03bd"
    "\u03be\u03c1\u03c3\u03c4\u03c6\u03c7\u03c8\u03c9\u03a9\u03a6\u03a8"
)


def _letter_name(letter: str) -> str:
    _, case, *_, name = unicodedata.name(letter).lower().replace("lamda", "lambda").split()
    return name.capitalize() if case == "capital" else name


GREEK_SIGNS = {letter: _letter_name(letter) for letter in _GREEK_LETTERS} | {
    "\u00b5": "mu",
    "\u210f": "hbar",
    "\u0127": "hbar",
    "\u2113": "ell",
}
CONSTANTS = frozenset(
    {"pi", "e", "dt", "dx", "Delta", "hbar", "kB", "NA", "epsilon0", "mu0", "infty", "\u03c0", "\u0394"}
)
"""Symbols that mean the same everywhere, and the signs of differences and derivatives."""
TEXT_MARK = re.compile(
    r"\\(?:text|mathrm|mathbf|textbf|textit|operatorname|mathit|boldsymbol|vec|hat|bar|tilde|overline|"
    r"dot)\s*\{([^{}]*)\}"
)
_NAMED_INDEX = re.compile(r"_\{?\\(?:text|mathrm|rm)\s*\{([^{}]*)\}\}?")
_SUBSCRIPT = r"(?:_\{[^{}]*\}|_[A-Za-z0-9]+|[\u2080-\u2099]+)?"
_DERIVATIVE = re.compile(r"/\s*\(?d[A-Za-z\u0391-\u03c9]|\\frac\s*\{d|\\int|\u222b")
_SYMBOL = re.compile(rf"(?:\\[A-Za-z]+|[A-Za-z]+(?:\d(?![\d.]))?|\u221e){_SUBSCRIPT}'*")


@lru_cache(maxsize=1 << 12)
def symbol_name(text: str) -> str:
    r"""Return one name for all ways to write a symbol: ``$\rho_{w}$``, ``\rho_w`` and the letter are ``rhow``."""
    bare = TEXT_MARK.sub(r"\1", text.strip().strip("$`*").removeprefix("\\(").removesuffix("\\)"))
    bare = bare.translate(_LETTERS).replace("\\var", "\\")
    return re.sub(r"[\\{}\s_()\[\]]|\\partial", "", bare)


_LETTERS = str.maketrans(
    {
        **GREEK_SIGNS,
        **{chr(0x2080 + digit): str(digit) for digit in range(10)},
        "\u0394": "Delta",
        "\u2206": "Delta",
        "\u2202": "",
    }
)


def find_symbols(formula: str) -> set[str]:
    """Return the names of the symbols of a formula, without functions and words."""
    spaced = formula
    for sign, name in GREEK_SIGNS.items():
        spaced = spaced.replace(sign, f" \\{name} ")
    spaced = re.sub(r"(?:\\Delta|\u0394|\u2206)\s*", " Delta", spaced)
    spaced = re.sub(r"\\ (?=\w)", " ", re.sub(r"(\\[A-Za-z]+) _", r"\1_", spaced))
    spaced = re.sub(r"Delta\\?(?=[A-Za-z])", r"Delta", spaced)
    spaced = _NAMED_INDEX.sub(r"_{\1}", spaced)
    spaced = TEXT_MARK.sub(lambda match: match[1] if len(match[1]) < 4 else " ", spaced)
    found = {name for match in _SYMBOL.finditer(spaced) if _is_symbol(match[0]) and (name := symbol_name(match[0]))}
    # The sign of a derivative stands before its variable.
    return {re.sub(r"^d(?=[A-Za-z])", "", name) for name in found} if _DERIVATIVE.search(formula) else found


_RUN = re.compile(r"(?<![A-Za-z\\_{])[A-Za-z]{2,5}(?![A-Za-z_}])")


def find_letters(formula: str) -> set[str]:
    """Return the letters of the runs without an index in a formula: those of ``mgh``, none of ``m_e``."""
    return {letter for run in _RUN.findall(formula) if run not in load_lexicon().formula_functions for letter in run}


def _is_symbol(text: str) -> bool:
    base = re.match(r"(\\?)([A-Za-z]+)", text)
    if base is None:
        return True
    lexicon = load_lexicon()
    if base[1]:
        return base[2].lower().removeprefix("var") in lexicon.greek_letters
    return base[2] not in lexicon.formula_functions


def is_word(symbol: str) -> bool:
    """Whether a symbol is a word, which says by itself what it is: ``distance``."""
    if symbol in load_lexicon().greek_letters:
        return False
    vowels = len(re.findall(r"[aeiouy]", symbol))
    return len(symbol) > 4 and symbol.isalpha() and symbol.islower() and vowels > 1 and not _FUNCTION_IN.search(symbol)


_FUNCTION_IN = re.compile(r"sin|cos|tan|log|exp|sqrt")


def explain(symbol: str, known: Iterable[str]) -> tuple[str, ...] | None:
    """Return the known symbols that a run of letters is made of: ``mv`` is m and v; None if it is no such run.

    Constants, functions and words need no explanation.
    """
    known = set(known)
    lexicon = load_lexicon()
    names = sorted({*known, *CONSTANTS, *lexicon.formula_functions}, key=lambda name: (-len(name), name))

    @cache
    def splits(rest: str) -> tuple[str, ...] | None:
        if not rest:
            return ()
        for name in names:
            if rest.startswith(name) and (tail := splits(rest[len(name) :])) is not None:
                return (name, *tail)
        return None

    found = splits(symbol) if len(symbol) <= 24 else None
    if found is None:
        return () if is_word(symbol) else None
    return tuple(name for name in found if name in known)
