"""Leaving out of a passage what a solver of a similar problem does not need. Whole units only, never part of one."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from midthought.ingest.extraction.example_phrases import load_example_phrases
from midthought.ingest.extraction.units import TextUnit, TextUnitKind
from midthought.memory.records.step import StepKind
from midthought.memory.records.trajectory import Span

SHORT = 25  # words up to which a unit can be a mere remark
RESTATED = 0.75  # share of a unit's words that stand in the question if it only repeats it
_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]{3,}|\d+(?:\.\d+)?")
_LABEL = re.compile(r"\\tag\{(\w{1,4}\*?)\}|(?<![\w.])\((\d{1,2}|[A-Z*]|\u2217)\)\s*(?:\$\$|\\\])?\s*$")
_CITED = re.compile(r"(?<![\w)\\}\]])\(\s*(\d{1,2}|[A-Z*]|\u2217)\s*\)")
_DEFINES = re.compile(r"[\s*_-]*(?:let|set|put|define|denote|suppose|assume)\b", re.IGNORECASE)
_STATES = re.compile(
    r"\b(?:is|are) (?:given|defined|determined|calculated|obtained|found|equal|proportional)\b"
    r"|\b(?:therefore|thus|hence)\b",
    re.IGNORECASE,
)
_CODE = re.compile(r"```[\s\S]*?(?:```|\Z)|\[([A-Z]{3,10})\][\s\S]*?\[/\1\]")
_ASKS = re.compile(r"\?[\s*_\")]*$")
_BOXED = re.compile(r"\\boxed\s*\{")
_MATHS = re.compile(
    r"[=\u2248\u2264\u2265<>\u21d2\u2192]|\\(?:approx|le|ge|equiv|Rightarrow|implies|to|boxed|in|mid|frac)\b|`"
)


def compact(
    units: Sequence[TextUnit], *, question: str, opening: int, kinds: Mapping[int, StepKind], written: bool
) -> tuple[TextUnit, ...]:
    """Return the units that carry the solution.

    Args:
        units: in order, of one part.
        question: what the trace answers; units that only repeat it are left out.
        opening: how many of the first units may repeat the question.
        kinds: the kind of the step that each unit belongs to, by its place in `units`.
        written: whether this is a written-out solution, of which only remarks and restatements are left out.
    """
    dropped = {i for i, unit in enumerate(units) if is_remark(unit)}
    dropped |= _find_repeats(units, dropped)
    asked = words_of(_CODE.sub(" ", question))
    dropped |= {i for i, unit in enumerate(units[:opening]) if i not in dropped and restates(unit, asked)}
    if not written:
        dropped |= {i for i, unit in enumerate(units) if is_doubtful(unit)}
        dropped |= _find_turned(units, kinds)
        dropped |= _find_retracted(units)
    return drop_orphans([unit for i, unit in enumerate(units) if i not in dropped or cites_later(i, units, dropped)])


def _find_turned(units: Sequence[TextUnit], kinds: Mapping[int, StepKind]) -> set[int]:
    """Return the units of talk, checks and changes of approach; what a step derives before it turns stays."""
    found: set[int] = set()
    turned = False
    for place, unit in enumerate(units):
        kind = kinds.get(place)
        if kind not in (StepKind.TALK, StepKind.CHANGE, StepKind.CHECK):
            turned = False
            continue
        turned = turned or kind is not StepKind.CHANGE or is_doubtful(unit)
        if turned:
            found.add(place)
    return found


def cites_later(place: int, units: Sequence[TextUnit], dropped: Iterable[int]) -> bool:
    """Whether a unit has a label (an equation's number) that a unit which is kept refers to."""
    label = label_of(units[place])
    left_out = set(dropped)
    return bool(label) and any(
        label in _CITED.findall(unit.text) for i, unit in enumerate(units[place + 1 :], place + 1) if i not in left_out
    )


def label_of(unit: TextUnit) -> str:
    """Return the number of the equation that a unit states, or an empty text."""
    found = _LABEL.search(unit.text)
    return (found[1] or found[2]) if found else ""


def labels_cited(unit: TextUnit) -> frozenset[str]:
    """Return the numbers of the equations that a unit refers to."""
    return frozenset(_CITED.findall(unit.text)) - {label_of(unit)}


def is_remark(unit: TextUnit) -> bool:
    """Whether a unit is talk, or a rule between sections."""
    return unit.kind is TextUnitKind.RULE or _is_talk(unit.text)


def is_doubtful(unit: TextUnit) -> bool:
    """Whether a unit doubts, asks itself, takes something back, or only turns to another way."""
    return unit.kind is not TextUnitKind.CODE and _is_doubt(unit.text)


@lru_cache(maxsize=4096)  # nested sections look at the same units
def _is_talk(text: str) -> bool:
    return (
        _is_short(text)
        and not _MATHS.search(text)
        and not _BOXED.search(text)
        and load_example_phrases().small_talk.search(text) is not None
    )


@lru_cache(maxsize=4096)
def _is_doubt(text: str) -> bool:
    phrases, opening = load_example_phrases(), text[:200]
    if _BOXED.search(text):
        return False
    if phrases.doubt.search(opening) or phrases.retraction.search(opening) or _ASKS.search(text[-8:]):
        return True
    if phrases.hesitation.search(opening) and not _MATHS.search(text) and not text.endswith(":"):
        return True
    return phrases.detour.search(opening) is not None and (_is_short(text) or not _MATHS.search(text))


def restates(unit: TextUnit, asked: frozenset[str]) -> bool:
    """Whether a unit says hardly anything that the question does not say."""
    if unit.kind in (TextUnitKind.HEADING, TextUnitKind.CODE) or _BOXED.search(unit.text) or _STATES.search(unit.text):
        return False
    if _DEFINES.match(unit.text):
        return False
    words = words_of(unit.text)
    if load_example_phrases().restated.search(unit.text) and len(words & asked) >= len(words) / 2:
        return True
    return len(words) >= 6 and len(words & asked) >= RESTATED * len(words) and not _MATHS.search(unit.text)


@lru_cache(maxsize=4096)
def words_of(text: str) -> frozenset[str]:
    """Return the words of three letters or more and the numbers of a text, in lower case."""
    return frozenset(_WORD.findall(text.lower()))


def _is_short(text: str) -> bool:
    return text.count(" ") < SHORT


def _find_repeats(units: Sequence[TextUnit], dropped: Iterable[int]) -> set[int]:
    """Return the units that an earlier one says already, word for word."""
    seen: set[str] = set()
    repeats: set[int] = set()
    passed = set(dropped)
    for place, unit in enumerate(units):
        normal = " ".join(unit.text.lower().split()).strip("*_-.,;: ")
        if place in passed or unit.kind is TextUnitKind.HEADING or not normal:
            continue
        if normal in seen and len(normal) > 6:
            repeats.add(place)
        seen.add(normal)
    return repeats


def _find_retracted(units: Sequence[TextUnit]) -> set[int]:
    """Return the units that a later one takes back: back to where the attempt began, at most two paragraphs."""
    retracted: set[int] = set()
    begin = 0
    for place, unit in enumerate(units):
        if _takes_back(unit.text) and not unit.leads:
            first = place
            while first > begin and units[first - 1].paragraph >= unit.paragraph - 1:
                first -= 1
            retracted |= set(range(first, place + 1))
            begin = place + 1
        elif unit.kind is TextUnitKind.HEADING or is_doubtful(unit) or _hesitates(unit.text):
            begin = place
    return retracted


@lru_cache(maxsize=4096)
def _takes_back(text: str) -> bool:
    return load_example_phrases().retraction.search(text[:200]) is not None


@lru_cache(maxsize=4096)
def _hesitates(text: str) -> bool:
    return load_example_phrases().hesitation.search(text[:200]) is not None


def drop_orphans(units: Sequence[TextUnit]) -> tuple[TextUnit, ...]:
    """Leave out headings and announcements ("we have:") that nothing follows any more."""
    kept: list[TextUnit] = []
    for unit in reversed(units):
        after = kept[-1] if kept else None
        if unit.kind is TextUnitKind.HEADING:
            if after is None or (after.kind is TextUnitKind.HEADING and heading_depth(after) <= heading_depth(unit)):
                continue
        elif unit.leads and (after is None or after.kind is TextUnitKind.HEADING):
            continue
        kept.append(unit)
    return tuple(reversed(kept))


def heading_depth(unit: TextUnit) -> int:
    """Return how deep a heading stands: by its signs, or below them."""
    signs = re.match(r"\s*(#{1,6})", unit.text)
    return len(signs[1]) if signs else 7


def join_units(units: Sequence[TextUnit], text: str) -> str:
    """Return the units as one text: what was together stays so, what was apart becomes a new line."""
    pieces: list[str] = []
    before: TextUnit | None = None
    for unit in units:
        if before is not None:
            gap = text[before.span.end : unit.span.start]
            apart = "\n\n" if before.paragraph != unit.paragraph else "\n"
            pieces.append(apart if gap.strip() or not gap else gap)
        pieces.append(unit.text)
        before = unit
    return "".join(pieces)


def merge_spans(units: Sequence[TextUnit], text: str) -> tuple[Span, ...]:
    """Return the places of units, in reading order; neighbours with nothing but blanks between them are one."""
    merged: list[Span] = []
    for unit in units:
        last = merged[-1] if merged else None
        if (
            last
            and last.part is unit.span.part
            and last.end <= unit.span.start
            and not text[last.end : unit.span.start].strip()
        ):
            merged[-1] = Span(last.part, last.start, unit.span.end)
        else:
            merged.append(unit.span)
    return tuple(merged)
