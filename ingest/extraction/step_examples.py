"""The steps of a solution that make examples: a goal that can be understood alone, and the passage that reaches it."""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from midthought.ingest.extraction.asked import Asked
from midthought.ingest.extraction.compaction import compact, drop_orphans, join_units, label_of, labels_cited, words_of
from midthought.ingest.extraction.extracted import RefusedDraft
from midthought.ingest.extraction.goals import clean_goal, complete_goal, derive_goal, find_goal_fault
from midthought.ingest.extraction.outcomes import is_bare_letter, is_final_heading, reaches
from midthought.ingest.extraction.phrases import load_phrases
from midthought.ingest.extraction.trace_page import TracePage
from midthought.ingest.extraction.units import Unit, UnitKind
from midthought.memory.records.step import StepKind

MAX_STEPS = 5  # of one trace, the best
MAX_WORDS = 320  # of a passage; a longer one is left out, its parts may stand for themselves
MIN_WORDS = 14
LABEL_WORDS = 10  # of a line that ends with a colon and names what follows it
MAX_CITED = 3  # units from elsewhere that a passage cites and begins with
_UNFIT = frozenset((StepKind.TALK, StepKind.RESTATEMENT, StepKind.CHECK, StepKind.CHANGE))
_MATHS = re.compile(r"[=\u2248\u2264\u2265\u21d2]|\\(?:approx|leq?|geq?|equiv|Rightarrow|implies)\b")
_LEFT_SIDE = re.compile(r"(\\?[A-Za-z][\w\\{}^']{0,14}(?:\([^()\n]{1,20}\))?)\s*(?:=|\u2248|\\approx)")
_RUN_IN = re.compile(
    r"\s*(?:(?:step\s+)?\(?\d{1,2}[.):]\s+|#{1,6}\s+)?\*\*[^*\n]{3,90}(?:\*\*\s*:|:\s*\*\*|\.\s*\*\*)\s+\S",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class StepPassage:
    """A goal, the units that reach it, and their text."""

    goal: str
    units: tuple[Unit, ...]
    text: str
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class _Section:
    """A goal and the units, by place, that may reach it."""

    goal: str
    first: int
    stop: int
    is_heading: bool


def find_step_passages(page: TracePage, asked: Asked) -> list[StepPassage | RefusedDraft]:
    """Return the best passages in reading order, and the refused drafts."""
    refused: list[StepPassage | RefusedDraft] = []
    passages: list[StepPassage] = []
    for section in _find_sections(page):
        draft = _draft_passage(section, page, asked)
        if isinstance(draft, RefusedDraft):
            refused.append(draft)
        else:
            passages.append(draft)
    return [*choose_best(passages), *refused]


def choose_best(passages: Sequence[StepPassage]) -> list[StepPassage]:
    """Return the passages with the highest scores that do not overlap and have different goals, in reading order."""
    chosen: list[StepPassage] = []
    for passage in sorted(passages, key=lambda p: (-p.score, p.units[0].span.start)):
        if len(chosen) == MAX_STEPS:
            break
        if all(not _overlap(passage, other) and passage.goal.lower() != other.goal.lower() for other in chosen):
            chosen.append(passage)
    return sorted(chosen, key=lambda passage: passage.units[0].span.start)


def _overlap(one: StepPassage, other: StepPassage) -> bool:
    shared = {u.span.start for u in one.units} & {u.span.start for u in other.units}
    return 2 * len(shared) > min(len(one.units), len(other.units))


def _find_sections(page: TracePage) -> Iterator[_Section]:
    """Yield the sections: a heading with all below it, and a sentence that says a goal with what follows.

    A sentence whose goal is no key ends no section: it goes on with what was begun.
    """
    goals = dict(_list_goals(page))
    headings = {place for place in goals if page.units[place].kind is UnitKind.HEADING or runs_in(page.units[place])}
    ends = sorted(headings | {place for place, goal in goals.items() if not find_goal_fault(goal)})
    depth = {place: page.steps[page.owners[place]].depth if page.steps else 0 for place in goals}
    for place, goal in goals.items():
        after = ends[bisect_right(ends, place) :]
        if place in headings:
            stop = next((p for p in after if p in headings and depth[p] <= depth[place]), len(page.units))
        else:
            stop = next(iter(after), len(page.units))
        yield _Section(goal, place, _stop_before_turn(page, place, stop), place in headings)


def _stop_before_turn(page: TracePage, first: int, stop: int) -> int:
    """Return where a section ends: at the latest where the trace turns to something else."""
    if page.written or not page.steps:
        return stop
    own = page.owners[first]
    turns = (i for i in range(first + 1, stop) if page.owners[i] != own and page.steps[page.owners[i]].kind in _UNFIT)
    return next(turns, stop)


def _list_goals(page: TracePage) -> Iterator[tuple[int, str]]:
    """Yield the places of the units that say a goal, and the goals."""
    previous = -1
    for place, unit in enumerate(page.units):
        owner = page.owners[place]
        step = page.steps[owner] if page.steps else None
        opens, previous = owner != previous, owner
        if step is not None and step.kind in _UNFIT:
            continue
        if is_bare_letter(unit) or is_final_heading(unit):
            continue
        after = page.units[place + 1].text if place + 1 < len(page.units) else ""
        if unit.kind is UnitKind.HEADING:
            yield place, clean_goal(unit.text)
        elif runs_in(unit):
            yield place, clean_goal(re.split(r"[:.]\s*\*\*|\*\*\s*:", unit.text, maxsplit=1)[0])
        elif goal := derive_goal(unit.text, after):
            yield place, goal
        elif unit.leads and unit.text.count(" ") < LABEL_WORDS and "\n" not in unit.text:
            yield place, clean_goal(unit.text)
        elif step is not None and opens and step.goal:
            yield place, _as_goal(complete_goal(step.goal, page.text[step.span.start : step.span.end]))


def _as_goal(goal: str) -> str:
    """Return the goal of a step as an imperative: "the mass of the body" is to be found."""
    cleaned = clean_goal(goal)
    return (
        f"Find {cleaned[0].lower()}{cleaned[1:]}"
        if re.match(r"(?:the|an?|how|what|which)\b", cleaned, re.IGNORECASE)
        else cleaned
    )


def _draft_passage(section: _Section, page: TracePage, asked: Asked) -> StepPassage | RefusedDraft:
    fault = find_goal_fault(section.goal)
    if fault:
        return RefusedDraft(section.goal, fault)
    first = section.first + (page.units[section.first].kind is UnitKind.HEADING)
    kinds = {i - first: kind for i, kind in page.kinds.items()}
    units = compact(page.units[first : section.stop], question=asked.text, kinds=kinds, written=page.written)
    units = _trim(units)
    if not section.is_heading:
        units = _end_at_object(units, section.goal)
    units = (*_find_cited(units, page, first), *units) if units else units
    text = join_units(units, page.text)
    fault = _find_fault(section, units, text, asked)
    if fault:
        return RefusedDraft(section.goal, fault)
    return StepPassage(section.goal, units, text, _score(section, units, text))


def _trim(units: Sequence[Unit]) -> tuple[Unit, ...]:
    """Leave out what stands after the last result."""
    kept = [unit for unit in units if not is_bare_letter(unit) and not is_final_heading(unit)]
    while kept and not reaches(kept[-1]):
        kept.pop()
    return drop_orphans(kept)


def _end_at_object(units: tuple[Unit, ...], goal: str) -> tuple[Unit, ...]:
    """Leave out what follows the last unit that speaks of the goal's object, if what is left reaches a result."""
    stems = {word[:6] for word in words_of(goal) if word not in load_phrases().generic}
    symbols = _LEFT_SIDE.findall(units[0].text) if units else []
    last = max((i for i, u in enumerate(units) if _speaks_of(u.text, stems, symbols)), default=-1)
    shorter = _trim(units[: last + 1])
    return shorter if has_substance(shorter) else units


def _speaks_of(text: str, stems: Collection[str], symbols: Collection[str]) -> bool:
    lower = text.lower()
    return any(stem in lower for stem in stems) or any(symbol in _LEFT_SIDE.findall(text) for symbol in symbols)


def has_substance(units: Sequence[Unit]) -> bool:
    """Whether units derive something: two that state a result, or a chain of equations."""
    return bool(units) and (sum(map(reaches, units)) > 1 or len(_MATHS.findall(units[-1].text)) > 1)


def runs_in(unit: Unit) -> bool:
    """Whether a unit opens with a heading on the same line: a number, and a label in bold."""
    return _RUN_IN.match(unit.text) is not None


def _find_cited(units: Sequence[Unit], page: TracePage, first: int) -> tuple[Unit, ...]:
    """Return the earlier units whose equations the passage cites by number."""
    own = {label_of(unit) for unit in units}
    cited = {label for unit in units for label in labels_cited(unit)} - own
    if not cited:
        return ()
    found = {label_of(unit): unit for unit in page.units[:first] if label_of(unit) in cited}
    return tuple(sorted(found.values(), key=lambda unit: unit.span.start)) if len(found) <= MAX_CITED else ()


def _find_fault(section: _Section, units: Sequence[Unit], text: str, asked: Asked) -> str:
    """Return why a passage makes no example, or an empty text."""
    words = len(text.split())
    phrases = load_phrases()
    if not units or words < MIN_WORDS - 6 * bool(_MATHS.search(text)):
        return "no passage that reaches a result"
    if not has_substance(units):
        return "passage without substance"
    if words > MAX_WORDS:
        return "passage too long"
    if phrases.guesses.search(text):
        return "result was picked"
    if phrases.retraction.search(text):
        return "passage was taken back"
    if not _is_about(section.goal, text):
        return "passage does not name its object"
    said = words_of(text)
    if len(said & words_of(asked.text)) > 0.9 * len(said):
        return "passage only restates"
    return ""


def _is_about(goal: str, text: str) -> bool:
    """Whether a passage says a word of the goal's object, or a formula of it."""
    lower = text.lower()
    stems = [word[:5] for word in words_of(goal) if word not in load_phrases().generic]
    formulas = re.findall(r"\\\((.{2,40}?)\\\)|\$([^$]{2,40})\$|`([^`]{2,40})`", goal)
    return any(stem in lower for stem in stems) or any(part in text for found in formulas for part in found if part)


def _score(section: _Section, units: Sequence[Unit], text: str) -> float:
    """Return how much a passage promises: headings, formulas, several units, and a middling length."""
    words = len(text.split())
    length = min(words, 60) / 60 - max(0, words - 160) / 160
    maths = min(3, len(_MATHS.findall(text))) / 3
    named = min(5, len([w for w in words_of(section.goal) if w not in load_phrases().generic])) / 5
    return length + maths + named + 0.5 * section.is_heading + 0.2 * min(4, len(units))
