"""Formulas with their variables explained: "X is given by F, where v is ...", as drafts of concepts."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from midthought.ingest.extraction.formulas import first_equation, is_general, is_identity, normal_formula
from midthought.ingest.extraction.meanings import Clause, Meaning, read_appositions, read_clauses, read_meanings
from midthought.ingest.extraction.statement_conditions import (
    is_dependent,
    is_general_condition,
    split_condition,
    with_condition,
)
from midthought.ingest.extraction.statement_names import clean_name, is_name
from midthought.ingest.extraction.symbols import explain, find_letters, find_symbols, is_word, symbol_name
from midthought.ingest.lexicon import load_lexicon

_MATH = r"\$\$(?P<m1>.+?)\$\$|\\\[(?P<m2>.+?)\\\]|\$(?P<m3>[^$]+)\$|\\\((?P<m4>.+?)\\\)"
_PLAIN = (
    r"(?<!\w)(?P<m5>(?![^=\u2248\u221d]*\b[a-z]{2,}\s)[^\s=:;,][^=:;,$]{0,40}?\s*(?:=|\u2248|\u221d)\s*[^;$]+?"
    r"|(?![a-z]{2,}\s)\(?[\w(][^;:,$=]*?(?:[*/^\u221a]|\w\(\w+ ?[-+])[^;:,$=]*?)"
    r"(?=,?\s+[Ww]here\b|[.,]?\s*$|[,.]\s+[A-Z]|\s+(?:for|if|when|provided|assuming)\s)"
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
        rf"^(?P<name>[^=.;:]{{3,180}}?)\s+(?P<verb>{_VERB}){_THEN}",
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
_INTRODUCES = re.compile(
    r"(?:\b(?:by|as|is|are|using|to|with|in|that|says|states|gives|formula|equation|expression|relation(?:ship)?|law|form|theorem|"
    r"principle|rule|found|calculated|expressed|written)|:)\s*$"
)
"""How the words before a formula end; "the area divided by the height h A = b h" has two formulas."""
_LAW_INTROS = _INTROS[2:4]
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
    clauses: Sequence[Clause] = (),
    is_particular: Callable[[str], bool],
    asked: frozenset[str] = frozenset(),
) -> FormulaStatement | None:
    """Return the formula that a unit states, if it is general and all of its symbols are explained.

    A symbol that the unit does not explain may be explained by the `clauses` of related formulas. `asked` are the words
    of the question: the things that it is about are left out of meanings.
    """
    condition, rest = split_condition(unit)
    if not is_general_condition(condition, asked):
        return None
    for intro in _INTROS:
        match = intro.match(rest)
        if match is None:
            continue
        marked, bare = _formula_of(match)
        if intro is _INTROS[-1] and "=" not in bare:
            continue  # "the path difference is 2t": a value
        if bare == "" or not is_general(bare):
            continue
        if not _INTRODUCES.search(match.groupdict().get("verb") or ":"):
            continue
        is_law = intro in _LAW_INTROS or "relation" in match["name"]
        draft = _Draft(match, marked, bare, condition, is_law=is_law)
        if (found := _complete(draft, clauses=clauses, asked=asked)) is not None:
            return None if is_particular(found.sentence) else found
    return None


@dataclass(frozen=True, slots=True)
class _Draft:
    """A formula as it was found: in its marks and without, the condition before it, and whether a law introduces it."""

    match: re.Match[str]
    marked: str
    bare: str
    condition: str
    is_law: bool

    @property
    def is_rule(self) -> bool:
        """Whether it is a rule of algebra with a name, whose letters mean anything."""
        called = self.is_law or _CALLED.search(self.match.groupdict().get("verb") or "") is not None
        return called and is_identity(self.bare) and re.search(r"[4-9]|\d\d|\\text", self.bare) is None

    def says_system(self, name: str) -> bool:
        """Whether it is said for what the formula holds: by a law, a definition, or "of an ideal gas" in the name."""
        called = self.match.groupdict()
        proper = re.search(r"\s[A-Z]", called.get("law") or "")
        return bool(self.is_law or _SAYS_SYSTEM.search(name) or proper or "defined" in (called.get("verb") or ""))

    @property
    def tail(self) -> re.Match[str] | None:
        """What stands between the formula and its explanation: ``for a thin lens``."""
        return _TAIL.match(self.match["rest"])


_CALLED = re.compile(r"\b(?:formula|identity|rule|law|theorem)\s*$")
_SAYS_SYSTEM = re.compile(r"\b(?:of|in|for|between|near|inside|from|on|at)\b|[A-Z]|\b(?:law|equation|formula)\b")
_TAIL = re.compile(
    r"^\s*(?P<condition>(?:for|if|when|provided|assuming|as long as)\s[^.;:=$]{3,90}?)"
    r"(?P<rest>\s*(?:[.;]|,?\s+(?:where|with)\b).*|)$"
)


def _formula_of(match: re.Match[str]) -> tuple[str, str]:
    """Return the formula in its marks and without them, up to where numbers are put in."""
    for group, opening, closing in (("m1", "$", "$"), ("m2", "$", "$"), ("m3", "$", "$"), ("m4", "\\(", "\\)")):
        if match[group]:
            bare = first_equation(match[group].strip())
            return f"{opening}{bare}{closing}", bare
    bare = first_equation((match["m5"] or "").strip())
    return bare, bare


def _complete(draft: _Draft, *, clauses: Sequence[Clause], asked: frozenset[str]) -> FormulaStatement | None:
    match, tail = draft.match, draft.tail
    # "For a car, the speed" is "the speed of a car".
    name = clean_name(f"{draft.condition}, {match['name']}" if draft.condition else match["name"])
    name = name if is_name(name) else clean_name(match["name"])
    if not is_name(name) or (tail and not is_general_condition(tail["condition"], asked)):
        return None
    if not (draft.condition or tail) and (is_dependent(name) or not draft.says_system(name)):
        return None
    listed = _explained(draft, clauses)
    general = _without_instance(listed, asked, name) if listed is not None else None
    if general is None:
        return None
    where = f", where {_clause(general)}" if general else ""
    after = f" {' '.join(tail['condition'].split())}" if tail else ""
    sentence = with_condition(draft.condition, f"{_opening(match)} {draft.marked}{after}{where}.")
    return FormulaStatement(name, sentence, draft.marked, _as_pairs(general))


def _explained(draft: _Draft, clauses: Sequence[Clause]) -> tuple[Meaning, ...] | None:
    """Return what the symbols of a formula mean; None if one of them has no meaning."""
    left, _, right = draft.bare.partition("=") if "=" in draft.bare else ("", "", draft.bare)
    needed, given = find_symbols(right), find_symbols(left)
    where = _WHERE.match(draft.tail["rest"] if draft.tail else draft.match["rest"])
    meanings = read_meanings(where["clause"], needed | given) if where else {}
    if any(not meaning.text for meaning in meanings.values()):
        return None  # it gives a value, or a condition that would be lost
    said = " ".join(filter(None, (draft.match.groupdict().get(one) for one in ("name", "verb", "law"))))
    letters = find_letters(draft.bare)
    appositions = read_appositions(said, needed | given | letters)
    meanings |= {key: meaning for key, meaning in appositions.items() if key not in meanings}
    # A law does not say what its left side is, "the mass is" does.
    named = set() if draft.is_law or len(given) > 1 else given
    if draft.is_law or len(given) > 1:
        needed = needed | given
    named |= _named_symbols(draft.match["name"])
    if draft.is_rule:
        return tuple(meanings.values())
    if any(explain(one, {*meanings, *named}) is None for one in needed):
        related = read_clauses(clauses, needed, formula=needed | given | letters)
        meanings |= {key: meaning for key, meaning in related.items() if key not in meanings}
    parts = [explain(one, {*meanings, *named}) for one in sorted(needed)]
    if any(part is None for part in parts):
        return None
    used = {one for part in parts if part for one in part}
    used |= {one for run in given for one in explain(run, meanings) or ()}
    listed = tuple(meaning for key, meaning in meanings.items() if key in used)
    return listed if listed or all(is_word(one) for one in needed) else None


def _without_instance(meanings: tuple[Meaning, ...], asked: frozenset[str], name: str) -> tuple[Meaning, ...] | None:
    """Return meanings without the thing of the question that a quantity belongs to: "the mass of the electron".

    None if two symbols would then mean the same, or if one means a thing with a name, "the mass of the Sun".
    """
    general, known = [], load_lexicon().general_things
    for meaning in meanings:
        belongs = _BELONGS.match(meaning.text) or _MATERIAL.match(meaning.text)
        # An index tells the mass of the electron from that of the atom.
        indexed = re.search(r"[_\d\u2080-\u2099]", meaning.symbol) is not None
        instance = belongs and not indexed and belongs["thing"] not in known and belongs["thing"] not in name
        general.append(replace(meaning, text=belongs["quantity"]) if belongs and instance else meaning)
    distinct = len({one.text for one in general}) == len({one.text for one in meanings})
    proper = any(
        one not in name and _is_asked(one, asked) for meaning in general for one in _PROPER.findall(meaning.text)
    )
    return tuple(general) if distinct and not proper else None


def _is_asked(thing: str, asked: frozenset[str]) -> bool:
    return thing.lower() in asked or f"{thing.lower()}s" in asked


_PROPER = re.compile(r"(?:\bthe|\bof|\bto|\bfrom|\bin|\bon) ([A-Z][a-z]{2,})(?![\w'\u2019-])")
_MATERIAL = re.compile(
    r"^(?P<quantity>the (?:density|mass|weight|volume|depth|height|temperature)) of (?P<thing>[a-z]+[^\Ws])$"
)
_BELONGS = re.compile(
    r"^(?P<quantity>the (?:\w+ ){0,2}(?!number|ratio|sum|rate|amount|part|top|bottom|end|center|edge|"
    r"side)\w+) of the "
    r"(?P<thing>[A-Za-z]*[^\Ws\d_])$"
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
