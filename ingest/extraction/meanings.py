"""What the clauses of a trace say the symbols of a formula are."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from midthought.ingest.extraction.symbols import find_letters, find_symbols, symbol_name
from midthought.ingest.lexicon import load_lexicon


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
    clause = _VALUE.sub(_without_value, clause)
    heads = [head for match in _MEANS.finditer(clause) if (head := _wanted_head(match, wanted))]
    heads = [head for head in heads if clause.count("(", 0, head[0]) == clause.count(")", 0, head[0])]
    meanings: dict[str, Meaning] = {}
    for place, (_, end, symbols) in enumerate(heads):
        stop = heads[place + 1][0] if place + 1 < len(heads) else len(clause)
        text = clean_meaning(clause[end:stop])
        for symbol in symbols:
            meanings.setdefault(symbol_name(symbol), Meaning(symbol.strip(), text, len(symbols) > 1))
    return meanings


_ONE = (
    r"(?:\$[^$]{1,40}\$|\\\([^()]{1,40}\\\)|`[^`]{1,20}`|\[[A-Z][\w+-]{0,12}\]"
    r"|\*?[A-Za-z\u0391-\u03c9\u0394\u210f\u0127\u2113\u00b5\u2202]\w{0,7}[\u2080-\u2099\u221e']*\*?)"
)
_VALUE = re.compile(
    r"(?:(?P<open>\$|\\\()\s*(?P<marked>[^$=,\s]{1,16})\s*(?:=|\u2248|\\approx)[^,;]{1,90}?"
    r"|(?<![\w$\\])(?P<plain>[A-Za-z\u0391-\u03c9]\w{0,5})\s*(?:=|\u2248)\s*[\d.][^,;=$]{0,60}?)\s(?=(?:is|are)\s)"
)
"""A value beside a symbol: "$G = 6.7 \\times 10^{-11}$ N is the gravitational constant"."""


def _without_value(match: re.Match[str]) -> str:
    closing = {"$": "$", "\\(": "\\)"}
    return f"{match['open']}{match['marked']}{closing[match['open']]} " if match["open"] else f"{match['plain']} "


_BETWEEN = r"\s*,\s*(?:and\s+)?|\s+and\s+"
_MEANS = re.compile(
    rf"(?<![\w$\\])({_ONE}(?:(?:{_BETWEEN}){_ONE}){{0,9}})\s*(?:,\s*)?"
    r"(?:\s(?:is|are|represents?|denotes?|stands for|refers to|being|be|equals|means)\s|\s*[:=\u2013]\s+|\s-\s)"
)
_SINGULAR = re.compile(r"\s(?:is|represents|denotes|equals)\s$")
"""Verbs of one symbol: in "the charge of ion $i$ and $z$ is the number" the first one belongs to what stands before."""
_SENTENCE_OVER = re.compile(
    r"[.;](?=\s|$)|(?:,\s+(?:and\s+)?|\s+and\s+)\S{1,14}\s+(?:is|are)\s|\s[-*\u2022]\s|,\s+(?:approximately|about|"
    r"usually|"
    r"typically|we|so|which|then|therefore|since|"
    r"in this|in our|respectively|and (?:we|"
    r"the))\b"
)
_WORDS = frozenset({"all", "angle", "for", "and", "times", "max", "min", "sum", "left", "right", "mod", "deg", "not"})
"""Functions and commands that are words of English as well."""
_NO_NOUN = re.compile(
    r"^(?:positive|negative|related|in|between|not|given|also|equal|greater|less|from|unknown|known|at|on|as|just|"
    r"always|"
    r"needed|found|real|such|to|of|now)\b|\b(?:we|our|since|because|given by|defined as|question|problem|this|"
    r"these|that|us)\b",
    re.IGNORECASE,
)


def _wanted_head(match: re.Match[str], wanted: set[str]) -> tuple[int, int, list[str]] | None:
    """Return where the explained symbols begin, where their meaning begins, and the symbols: the last ones in a row."""
    symbols: list[str] = []
    start = match.end(1)
    for one in reversed([*re.finditer(rf"{_ONE}(?=$|{_BETWEEN})", match[1])]):
        if not _is_wanted(one[0], wanted) or (symbols and _SINGULAR.search(match[0])):
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
    text = re.sub(r"\s*\((?=[^()]*(?:\\[(]|\$|=|\bwe\b|\bunknown|\bgiven|\d))(?:[^()]|\([^()]*\))*\)?", "", text)
    text = re.sub(r"\s*\((?:in|measured in|approximately|about|which is|given as)?\s*[^()]*\d[^()]*\)", "", text)
    text = re.sub(r"[\s,;:]*(?:\band|\bor|\bwith|\bwhere)?[\s,;:.*]*$", "", text).strip()
    words = re.findall(r"[^\W\d_]{3,}", text)
    if not words or re.search(r"\d\d|\d\.\d|=|\u2248|:", text) or re.match(r"[\d$\\-]", text) or len(text.split()) > 18:
        return ""
    unfit = (
        _NO_NOUN.search(text)
        or "`" in text
        or "|" in text
        or load_lexicon().formula_functions.intersection(words) - _WORDS
        or text.count("(") != text.count(")")
        or max(map(len, words)) < 4
    )
    return "" if unfit else text


_CLAUSE = re.compile(r"\b(?:where|Where|here|Here|with|in which)\b[,:]?\s(?P<clause>.*)")
_COMMON = 2
"""Symbols that two formulas must share for what one explains to hold in the other."""


@dataclass(frozen=True, slots=True)
class Clause:
    """What a unit says its symbols are, with the words and the formula before it."""

    before: str
    text: str


def find_clauses(units: Iterable[str]) -> tuple[Clause, ...]:
    """Return the clauses of a trace that may say what symbols are."""
    found = ((unit, match) for unit in units if (match := _CLAUSE.search(unit)))
    return tuple(
        Clause(unit[: match.start()], match["clause"]) for unit, match in found if _MEANS.search(match["clause"])
    )


def read_clauses(clauses: Iterable[Clause], wanted: Iterable[str], *, formula: Iterable[str]) -> dict[str, Meaning]:
    """Return what the clauses of related formulas say about the wanted symbols; the first meaning of each stays.

    A letter may mean another thing in another formula: the two must have two symbols of `formula` in common.
    """
    known: dict[str, Meaning] = {}
    parts = set(formula)
    for clause in clauses:
        if "=" not in clause.before or len(parts & _split_symbols(clause.before)) < _COMMON:
            continue
        for name, meaning in read_meanings(clause.text, wanted).items():
            if meaning.text:
                known.setdefault(name, meaning)
    return known


def _split_symbols(text: str) -> set[str]:
    """Return the symbols of the formula in a text; of runs of letters, each letter too."""
    marked = [group for match in _FORMULA.finditer(text) for group in match.groups() if group]
    return {one for formula in marked for one in find_symbols(formula) | find_letters(formula)}


_FORMULA = re.compile(r"\$([^$]+)\$|\\[(\[](.+?)\\[)\]]|([^\s:,]+\s*=.*)")
_SIGN = rf"\((?:{_ONE})\)|\$[^$]{{1,16}}\$|\\\([^()]{{1,16}}\\\)|(?!a\b)[A-Za-z\u0391-\u03c9](?![\w'])"
_APPOSED = re.compile(
    rf"(?P<noun>(?:[A-Za-z][a-z\u2019'-]+\s+){{1,5}})(?P<symbol>{_SIGN})"
    r"(?=\s*(?:$|[,.:;)]|(?:of|in|is|are|and|at|by|to|with|for|from|on|about|can|may)\b))"
)
_NOUN_START = re.compile(
    r"(?:of|to|and|with|by|its|the|an?|is|are|between|in|on|for|from|each|their|related|inversely|proportional|law|that)",
    re.IGNORECASE,
)
_NO_HEAD = re.compile(r"(?:first|last|next|nth|other|same|all|any|every|some|one|two|three|respect)$|\w*(?<![sui])s$")


def read_appositions(text: str, wanted: Iterable[str]) -> dict[str, Meaning]:
    """Return what the words before symbols say they are: "torque (T)", "a disk of mass $m$ and radius $R$"."""
    wanted, known = set(wanted), dict[str, Meaning]()
    for match in _APPOSED.finditer(text):
        symbol = match["symbol"].removeprefix("(").removesuffix(")") if match["symbol"][0] == "(" else match["symbol"]
        noun = _noun_before(match["noun"].split(), opens=match.start() == 0)
        meaning = clean_meaning(f"the {noun}") if noun else ""
        if meaning and symbol_name(symbol) in wanted:
            known.setdefault(symbol_name(symbol), Meaning(symbol, meaning))
    return known


def _noun_before(words: list[str], *, opens: bool) -> str:
    """Return the noun phrase that ends before a symbol; empty if there is none, or if it counts several things."""
    if opens:
        words = [f"{words[0][:1].lower()}{words[0][1:]}", *words[1:]]
    place = len(words)
    while place and not _NOUN_START.fullmatch(words[place - 1]):
        place -= 1
    noun, head = words[place:], words[-1]
    # "the number of digits d" is a number; "a disk of mass m" is no disk.
    if place > 1 and noun and words[place - 1] == "of" and noun[-1] not in load_lexicon().dependent_quantities:
        noun, head = [words[place - 2], "of", *noun], words[place - 2]
    return "" if not noun or len(noun) > 4 or _NO_HEAD.match(head) else " ".join(noun)
