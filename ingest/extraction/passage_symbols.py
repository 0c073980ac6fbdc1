"""The symbols of a passage, and the sentences of a trace that say what they stand for."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from midthought.ingest.extraction.compaction import is_doubtful
from midthought.ingest.extraction.units import TextUnit, TextUnitKind

AROUND = 60  # characters before a symbol in which a word may introduce it
MAX_WORDS = 60  # of a sentence that says what a symbol stands for
_FORMULA = re.compile(
    r"\\\((.{1,400}?)\\\)|\$\$(.{1,2000}?)\$\$|\$([^$\n]{1,400})\$|\\\[(.{1,2000}?)\\\]"
    r"|\\begin\{\w{1,20}\*?\}(.{1,2000}?)\\end",
    re.DOTALL,
)
_NO_SYMBOL = re.compile(
    r"\\(?:text|mathrm|operatorname|begin|end|tag|label|mbox|textbf|mathbf|pmod)\*?\s*\{[^{}]*\}|\\[,;:! ]"
)
_GREEK = (
    "alpha|beta|gamma|delta|Delta|epsilon|varepsilon|zeta|eta|theta|Theta|lambda|Lambda|mu|nu|xi|rho|sigma|Sigma"
    "|tau|phi|varphi|Phi|chi|psi|Psi|omega|Omega"
)
_SYMBOL = re.compile(rf"\\({_GREEK})(?![A-Za-z])|\\[A-Za-z]+|(?<![A-Za-z])([A-Za-z])(?![A-Za-z])")
_CONSTANTS = frozenset(("e", "i"))
_SAYS = re.compile(
    r"\b(?:let|define|denote|set|put|where|write|suppose|assume|fix|choose|pick|take|call)\b[^.\n=]{0,40}$",
    re.IGNORECASE,
)
"""What stands before a symbol that is introduced: a word that says so ..."""
_HAS_NOUN = re.compile(
    r"\b(?:for|any|every|all|each|some|exists?|there (?:is|are)|given|such that|with|as|an?|[a-z]{3,}s?)"
    r" [\s\\($]{0,6}$",
    re.IGNORECASE,
)
"""... or a noun ("the integer n")."""
_REPORTS = re.compile(
    r"[\s*_-]*(?:case|thus|therefore|hence|so|consequently|then|because|since|finally"
    r"|we (?:treat|show|have|get|obtain))\b",
    re.IGNORECASE,
)
_DEFINED = re.compile(
    r"\s*(?:_\{?\w{1,8}\}?|\^\{?\w\}?|\([\w,\s\\]{1,12}\)|\{|\}){0,6}\s*(?::?=(?!\s*(?:0|\\pm))|\\in\b|\\colon|:)"
)
_OPENS_FORMULA = re.compile(r"(?:\\\(|\\\[|\$|,|\\q?quad|\n|&|\})\s*$")
_NAMED = re.compile(r"[^A-Za-z\n]{0,12}(?:be|is|are|denotes?|represents?|stands? for)\b")


@lru_cache(maxsize=4096)
def find_symbols(text: str) -> dict[str, int]:
    """Return the symbols in the formulas of a text, each with its first place; constants and running text give none."""
    found: dict[str, int] = {}
    for formula in _FORMULA.finditer(text):
        group = next(number for number in range(1, 6) if formula[number] is not None)
        body = _NO_SYMBOL.sub(lambda match: " " * len(match[0]), formula[group])
        for symbol in _SYMBOL.finditer(body):
            name = symbol[1] or symbol[2]
            if name and name not in _CONSTANTS:
                found.setdefault(name, formula.start(group) + symbol.start())
    return found


def introduces(text: str, symbol: str, *, firmly: bool = False) -> bool:
    """Whether a text says what a symbol stands for where it comes first: "let n be", "n = ...", "the integer n".

    A noun before it does not do if it is to be said `firmly`.
    """
    place = find_symbols(text).get(symbol)
    if place is None:
        return False
    before = text[max(0, place - AROUND) : place]
    after = text[place + len(symbol) + (text[place] == "\\") :][:40]
    defined = _DEFINED.match(after) is not None and _OPENS_FORMULA.search(before) is not None
    if defined or _SAYS.search(before) or _NAMED.match(after):
        return True
    return not firmly and _HAS_NOUN.search(before) is not None


def find_foreign(units: Sequence[TextUnit], earlier: Sequence[TextUnit], question: str, *, goal: str = "") -> list[str]:
    """Return the symbols that a passage or its goal uses as known although nothing in it says what they stand for.

    Symbols of the question are known; those of a passage must stand in an `earlier` unit, else they are its own.
    """
    known = set(find_symbols(question))
    before = {symbol for unit in earlier for symbol in find_symbols(unit.text)}
    foreign = [s for s in find_symbols(goal) if s not in known and not any(introduces(u.text, s) for u in units)]
    known.update(foreign)
    for unit in units:
        for symbol in find_symbols(unit.text):
            if symbol not in known:
                known.add(symbol)
                if symbol in before and not introduces(unit.text, symbol):
                    foreign.append(symbol)
    return foreign


def find_introductions(symbols: Iterable[str], earlier: Sequence[TextUnit]) -> tuple[TextUnit, ...]:
    """Return the earlier units, in order, that say what symbols stand for; the last such unit of each symbol."""
    fit = [
        unit
        for unit in earlier
        if unit.kind is not TextUnitKind.HEADING
        and not (unit.leads or is_doubtful(unit) or _REPORTS.match(unit.text))
        and not unit.text[:1].islower()
        and not unit.text.startswith("(")
        and not unit.text[-1:].isalpha()
        and unit.text.count(" ") < MAX_WORDS
    ]
    found = {unit.span.start: unit for symbol in symbols for unit in _last_of(symbol, fit)}
    return tuple(found[start] for start in sorted(found))


def _last_of(symbol: str, units: Sequence[TextUnit]) -> Sequence[TextUnit]:
    return next(([unit] for unit in reversed(units) if introduces(unit.text, symbol, firmly=True)), ())
