"""Formulas with their variables explained: "X is given by F, where v is ...", as drafts of concepts."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from midthought.ingest.extraction.formulas import (
    Meaning,
    explain,
    find_symbols,
    first_equation,
    is_general,
    normal_formula,
    read_clauses,
    read_meanings,
    symbol_name,
)
from midthought.ingest.extraction.statement_names import clean_name, is_name

_MATH = r"\$\$(?P<m1>.+?)\$\$|\\\[(?P<m2>.+?)\\\]|\$(?P<m3>[^$]+)\$|\\\((?P<m4>.+?)\\\)"
_PLAIN = (
    r"(?<!\w)(?P<m5>(?![^=\u2248\u221d]*\b[a-z]{2,}\s)[^\s=:;,][^=:;,$]{0,40}?\s*(?:=|\u2248|\u221d)\s*[^;$]+?"
    r"|(?![a-z]{2,}\s)\(?[\w(][^;:,$=]*?[*/^\u221a][^;:,$=]*?)"
    r"(?=,?\s+[Ww]here\b|[.,]?\s*$|[,.]\s+[A-Z])"
)
_THEN = rf"\s*:?\s*(?:{_MATH}|{_PLAIN})(?P<rest>.*)$"
_VERB = (
    r"(?:is|are|can be|may be|could be)\s+"
    r"(?:(?:also|then|generally|usually|commonly|directly|inversely|therefore|thus)\s+)?"
    r"(?:given|defined|calculated|computed|expressed|found|determined|described|obtained|written|represented|"
    r"approximated|estimated|equal|related|modell?ed)\b[^.;$\\=\u2248]{0,80}?"
)
_EQUATION = r"(?:formula|equation|expression|relation(?:ship)?)"
_LAW = (
    r"\b(?:law|equation|formula|theorem|principle|relation|relationship|rule|inequality|identity)\b"
    r"(?:\s+(?:of|for)\s+[^=.;:$,]{3,50}?)?"
)
_APPLYING = r"(?:[Uu]sing|[Ff]rom|[Bb]y|[Aa]pply(?:ing)?|[Aa]ccording to|[Uu]se|[Rr]ecall)"
_WE_GET = (
    r"(?:,|:|,?\s+(?:we (?:have|get|know|can (?:find|calculate|write)[^.;:$]{0,40})"
    r"|which (?:is|states(?: that)?|says(?: that)?)|is|states(?: that)?))"
)
_INTROS = tuple(
    re.compile(pattern)
    for pattern in (
        # The reduced mass is given by ...
        rf"^(?P<name>[^=.;:]{{3,140}}?)\s+(?P<verb>{_VERB}){_THEN}",
        # The formula for the reduced mass is ...
        rf"^(?:[^.;=]{{0,60}}?\b)?(?P<law>[Tt]he\s+(?:\w+\s+){{0,3}}{_EQUATION}\s+(?:for|"
        rf"of)\s+(?P<name>[^=.;:$]{{3,100}}?))"
        rf"\s*(?:is|are|:|states that|reads|can be written as|is given by)\s*(?:given by|as)?{_THEN}",
        # Using Stokes' law, ...
        rf"^(?:[^.;=]{{0,60}}?\b{_APPLYING}\s+)(?P<name>(?:the\s+)?[^=.;:$,]{{2,70}}?{_LAW})\s*{_WE_GET}{_THEN}",
        # Stokes' law states that ...
        rf"^(?P<name>(?:The\s+)?[^=.;:$]{{3,80}}?{_LAW})\s*(?P<verb>is|:|states(?: that)?|says(?: that)?|"
        rf"gives){_THEN}",
        # The friction velocity is ..., where ...
        r"^(?P<name>The\s+[^=.;:$]{3,80}?)\s*(?:is|,)" + _THEN.replace("(?P<rest>.*)", r"(?P<rest>,?\s+where\b.*)"),
    )
)
_WHERE = re.compile(r"^[\s,.;:]*(?:[-*\u2022]\s*)?(?:where|Where|here|Here|with|in which)\b[,:]?\s*(?P<clause>.*)$")


@dataclass(frozen=True, slots=True)
class FormulaStatement:
    """A formula that stands alone.

    Attributes:
        name: what it gives, a noun phrase in lower case.
        sentence: the sentence with the formula and all meanings.
        formula: as it is written, in its marks.
        meanings: each symbol as it is written, with what it is.
    """

    name: str
    sentence: str
    formula: str
    meanings: tuple[tuple[str, str], ...]

    @property
    def key(self) -> str:
        """The normal form of the formula."""
        return normal_formula(self.formula)


def find_formula(
    unit: str,
    *,
    clauses: Sequence[str] = (),
    is_particular: Callable[[str], bool],
    asked: frozenset[str] = frozenset(),
) -> FormulaStatement | None:
    """Return the formula that a unit states, if it is general and all of its symbols are explained.

    A symbol that the unit does not explain may be explained by other `clauses` of the trace. `asked` are the words of
    the question: the things that it is about are left out of meanings.
    """
    for intro in _INTROS:
        match = intro.match(unit)
        if match is None:
            continue
        marked, bare = _formula_of(match)
        if intro is _INTROS[-1] and "=" not in bare:
            continue  # "the path difference is 2t": a value
        if bare != "" and is_general(bare) and (found := _complete(match, marked, bare, clauses=clauses, asked=asked)):
            return None if is_particular(found.sentence) else found
    return None


def _formula_of(match: re.Match[str]) -> tuple[str, str]:
    """Return the formula in its marks and without them, up to where numbers are put in."""
    for group, opening, closing in (("m1", "$", "$"), ("m2", "$", "$"), ("m3", "$", "$"), ("m4", "\\(", "\\)")):
        if match[group]:
            bare = first_equation(match[group].strip())
            return f"{opening}{bare}{closing}", bare
    bare = first_equation((match["m5"] or "").strip())
    return bare, bare


def _complete(
    match: re.Match[str], marked: str, bare: str, *, clauses: Sequence[str], asked: frozenset[str]
) -> FormulaStatement | None:
    name = clean_name(match["name"])
    if not is_name(name):
        return None
    left, _, right = bare.partition("=") if "=" in bare else ("", "", bare)
    needed, given = find_symbols(right), find_symbols(left)
    where = _WHERE.match(match["rest"])
    meanings = read_meanings(where["clause"], needed | given) if where else {}
    named = _named_symbols(match["name"])
    if any(not meaning.text for meaning in meanings.values()):
        return None  # it gives a value, or a condition that would be lost
    if any(explain(one, {*meanings, *named}) is None for one in needed):
        meanings |= {k: v for k, v in read_clauses(clauses, needed).items() if k not in meanings}
    parts = [explain(one, {*meanings, *named}) for one in sorted(needed)]
    if any(part is None for part in parts):
        return None
    used = {one for part in parts if part for one in part} | (given & set(meanings))
    listed = tuple(meaning for key, meaning in meanings.items() if key in used)
    if not listed:
        return None
    listed = _without_instance(listed, asked, name)
    return FormulaStatement(name, f"{_opening(match)} {marked}, where {_clause(listed)}.", marked, _as_pairs(listed))


def _without_instance(meanings: tuple[Meaning, ...], asked: frozenset[str], name: str) -> tuple[Meaning, ...]:
    """Return meanings without the thing of the question that a quantity belongs to: "the mass of the electron".

    They stay as they are if two symbols would then mean the same, or if the name speaks of the thing.
    """
    general = []
    for meaning in meanings:
        belongs = _BELONGS.match(meaning.text)
        instance = belongs and belongs["thing"] in asked and belongs["thing"] not in name.lower()
        general.append(replace(meaning, text=belongs["quantity"]) if belongs and instance else meaning)
    distinct = len({one.text for one in general}) == len({one.text for one in meanings})
    return tuple(general) if distinct else meanings


_BELONGS = re.compile(
    r"^(?P<quantity>the (?:\w+ ){0,2}(?!number|ratio|sum|rate|amount|part|top|bottom|end|center|edge|"
    r"side)\w+) of the "
    r"(?P<thing>[a-z]+)$"
)


def _opening(match: re.Match[str]) -> str:
    """Return the words before the formula, as the trace has them."""
    groups = match.groupdict()
    if not groups.get("verb"):
        return f"{_capital(groups.get('law') or match['name'])} is"
    words = re.sub(r"^:$", "is", groups["verb"])
    words = re.sub(r"\b(?:also|then|therefore|thus) ", "", " ".join(words.split()))
    return f"{_capital(match['name'])} {words.rstrip(' :')}"


def _as_pairs(meanings: Sequence[Meaning]) -> tuple[tuple[str, str], ...]:
    return tuple((meaning.symbol, meaning.text) for meaning in meanings)


def _clause(meanings: Sequence[Meaning]) -> str:
    """Return what the symbols are, those with a common meaning together."""
    together: dict[str, list[Meaning]] = {}
    for meaning in meanings:
        together.setdefault(meaning.text, []).append(meaning)
    parts = []
    for text, group in together.items():
        symbols = _join([meaning.symbol for meaning in group])
        parts.append(f"{symbols} {'are' if len(group) > 1 else 'is'} {text}")
    return _join(parts)


def _named_symbols(name: str) -> set[str]:
    """Return the symbols that a name gives itself: "the Reynolds number (Re)", "the mass $m$"."""
    return {
        symbol_name(one)
        for one in re.findall(r"\$[^$]{1,30}\$|\\\(.{1,30}?\\\)|\((\w{1,4})\)|\b[A-Za-z\u0391-\u03c9]\b", name)
        if one
    }


def _capital(text: str) -> str:
    text = " ".join(text.split())
    return text[:1].upper() + text[1:]


def _join(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
