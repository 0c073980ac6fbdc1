"""Units: the smallest pieces of a trace that are kept or left out as one - a sentence with its formula, a list item."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from midthought.memory.records.trajectory import Part, Span

MAX_FORMULA = 4000
"""Characters of a formula, block or table. A mark without its partner ends there, so that cutting stays linear."""
_ATOM = re.compile(
    rf"(?P<code>```[^`]{{0,{MAX_FORMULA}}}(?:```|\Z)|\[(?P<tag>[A-Z]{{3,10}})\][\s\S]{{0,{MAX_FORMULA}}}?\[/(?P=tag)\])"
    rf"|(?P<display>\$\$[^$]{{1,{MAX_FORMULA}}}\$\$|\\\[[\s\S]{{1,{MAX_FORMULA}}}?\\\]"
    rf"|\\begin\{{(?P<name>\w{{1,20}}\*?)\}}[\s\S]{{1,{MAX_FORMULA}}}?\\end\{{(?P=name)\}})"
    r"|(?P<inline>\$[^$\n]{1,400}\$|\\\((?:[^\\\n]|\\[^)\n]){1,400}\\\)|`[^`\n]{1,400}`)"
    r"|(?P<end>[.!?][\"')\]*_\u201d\u2019]{0,3}(?=\s))"
    r"|(?P<line>[ \t]*\n\s*)"
)
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|cf|vs|etc|approx|resp|sp|gr|no|fig|eqs?|dr|mr|mrs|ms|prof|st|ref|sec|ch|def|thm|prop|w\.r\.t|al)"
    r"|^\s*(?:#{1,6}\s*|[-*\u2022]\s*)?(?:(?:step|part|case)\s*)?(?:\*\*)?\(?(?:\d{1,2}(?:\.\d{1,2}){0,3}|[a-zA-Z]|[ivx]{1,4}))\.$",
    re.IGNORECASE | re.MULTILINE,
)
_INITIAL = re.compile(r"\b[A-Z][a-z]+ [A-Z]\.$")
_ITEM = re.compile(
    r"[ \t]*(?:[-*\u2022+][ \t]+|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,4})[.)][ \t]+|Step[ \t]+\d+[.:)]?[ \t]*)"
)
_HEADING = re.compile(
    r"[ \t]*(?:#{1,6}[ \t]+\S.{0,200}"
    r"|(?:(?:Step[ \t]+)?\(?[\d.]{1,6}[.):]?[ \t]+|[-*][ \t]+)?\*\*[^*\n]{2,160}\*\*[ \t]*[:.]?)[ \t]*"
)
_RULE = re.compile(r"[ \t]*(?:[-=*_\u2014]{3,}|\u220e|\$\\(?:blacksquare|square)\$)[ \t]*")


class TextUnitKind(StrEnum):
    """What a unit is, by its form."""

    SENTENCE = "sentence"
    ITEM = "item"
    HEADING = "heading"
    CODE = "code"
    RULE = "rule"


@dataclass(frozen=True, slots=True)
class TextUnit:
    """One unit.

    Attributes:
        span: where it stands, without the blanks around it.
        text: its characters.
        paragraph: the number of its paragraph; lines and list items of one block share it.
    """

    span: Span
    text: str
    kind: TextUnitKind
    paragraph: int

    @property
    def leads(self) -> bool:
        """Whether it announces what follows ("we have:"), and says nothing without it."""
        return self.text.rstrip("*_ ").endswith(":")


@lru_cache(maxsize=2)  # a trace is read for its whole solution and again for its steps
def cut_all_units(part: Part, text: str) -> tuple[TextUnit, ...]:
    """Return the units of a text, in order. Formulas and code blocks stay whole."""
    return cut_units(part, text)


def cut_units(part: Part, text: str, *, start: int = 0, end: int | None = None) -> tuple[TextUnit, ...]:
    """Return the units of a text between two places, in order."""
    units: list[TextUnit] = []
    paragraph = 0
    for at, stop, gap in _cut_pieces(text, start, len(text) if end is None else end):
        piece = text[at:stop]
        if gap.count("\n") > 1:
            paragraph += 1
        if units and _continues(units[-1], piece, gap):
            first = units.pop()
            at, piece = first.span.start, text[first.span.start : stop]
            units.append(TextUnit(Span(part, at, stop), piece, first.kind, first.paragraph))
        else:
            units.append(TextUnit(Span(part, at, stop), piece, _find_kind(piece), paragraph))
    return tuple(units)


def _cut_pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    """Yield begin and end of every sentence, line or block, and the blanks before it."""
    begin, gap_start = start, start
    for match in _ATOM.finditer(text, start, end):
        if match.lastgroup in ("inline", "name", "tag") or match["inline"]:
            continue
        cut = _place_cut(match, text, begin)
        if cut is None:
            continue
        for at, stop in ((begin, cut[0]), cut):
            if text[at:stop].strip():
                at, stop = _trim(text, at, stop)
                yield at, stop, text[gap_start:at]
                gap_start = stop
        begin = cut[1]
    if text[begin:end].strip():
        at, stop = _trim(text, begin, end)
        yield at, stop, text[gap_start:at]


def _place_cut(match: re.Match[str], text: str, begin: int) -> tuple[int, int] | None:
    """Return what an atom cuts off after the text before it: itself if it is a block, nothing if it is a place."""
    if match["end"]:
        after = text[match.end() : match.end() + 40].lstrip()
        short = text[max(begin, match.end() - 24) : match.start() + 1]
        if after[:1].islower() or (match["end"] == "." and (_ABBREVIATION.search(short) or _INITIAL.search(short))):
            return None
        return match.end(), match.end()
    return match.span()


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a place without the blanks at its ends."""
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), end - (len(piece) - len(piece.rstrip()))


def _continues(before: TextUnit, piece: str, gap: str) -> bool:
    """Whether a piece belongs to the unit before it: a formula it announced, or the rest of its sentence."""
    if before.kind in (TextUnitKind.HEADING, TextUnitKind.RULE) or _ITEM.match(piece) or _HEADING.fullmatch(piece):
        return False
    text = before.text.rstrip("*_")
    ended = text.endswith((".", "!", "?", ":", ";")) and not _ABBREVIATION.search(text[-24:])
    is_block = piece.startswith(("$$", "\\[", "\\begin", "```"))
    if is_block:
        return not text.endswith((".", "!", "?")) or _ABBREVIATION.search(text[-24:]) is not None
    in_block = before.text.endswith(("$$", "\\]", "}", "```"))
    if in_block and before.text.rstrip("$\\]} \n").endswith("."):
        return False
    return not ended and piece[:1].islower() and (in_block or gap.count("\n") <= 1)


def _find_kind(piece: str) -> TextUnitKind:
    if _RULE.fullmatch(piece):
        return TextUnitKind.RULE
    if piece.startswith("```") or re.match(r"\[[A-Z]{3,10}\]", piece):
        return TextUnitKind.CODE
    if _HEADING.fullmatch(piece):
        return TextUnitKind.HEADING
    return TextUnitKind.ITEM if _ITEM.match(piece) else TextUnitKind.SENTENCE
