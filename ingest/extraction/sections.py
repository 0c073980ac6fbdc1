"""The sections of a solution: a goal as the trace says it, and the units that may reach it."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from midthought.ingest.extraction.example_phrases import load_example_phrases
from midthought.ingest.extraction.function_goals import MAX_SENTENCES, is_function_goal
from midthought.ingest.extraction.goal_text import clean_goal
from midthought.ingest.extraction.goal_wording import complete_goal, is_act
from midthought.ingest.extraction.goals import derive_goal, find_goal_fault, is_stated_goal
from midthought.ingest.extraction.outcomes import is_bare_letter, is_final_heading
from midthought.ingest.extraction.trace_page import TracePage
from midthought.ingest.extraction.units import TextUnit, TextUnitKind
from midthought.memory.records.step import Step, StepKind

MAX_BREAKS = 4
LABEL_WORDS = 10  # of a line that ends with a colon and names what follows it
_UNFIT = frozenset((StepKind.TALK, StepKind.RESTATEMENT, StepKind.CHECK, StepKind.CHANGE))
_NUMBERED = re.compile(r"\s*(?:\*\*)?\(?\d{1,2}[.)]\s")
_RUN_IN = re.compile(
    r"\s*(?:(?:step\s+)?\(?\d{1,2}[.):]\s+|#{1,6}\s+)?\*\*[^*\n]{3,90}(?:\*\*\s*:|:\s*\*\*|\.\s*\*\*)\s+\S",
    re.IGNORECASE,
)
_TURN = re.compile(r"(?:now|next|then|finally),?\s+(?:(?:we|i|let us|let['\u2019]s)\s+(?:can\s+)?)?", re.IGNORECASE)
_LABELLED_ITEM = re.compile(r"([-*\u2022])[ \t]+\W{0,2}[A-Z][^:=\n]{2,70}:")
_RUN_IN_END = re.compile(r"[:.]\s*\*\*|\*\*\s*:")


class GoalForm(Enum):
    """How a trace says a goal, which decides where its passage ends."""

    HEADING = auto()
    """A heading: up to the next one that is not deeper."""
    FUNCTION = auto()
    """What a function does: up to its output."""
    STATED = auto()
    """"The X is given by": up to the last word on X."""
    INTENT = auto()
    """"Let us find X": up to the next goal."""
    PARENT = auto()
    """"To minimize X": other goals are for this one, up to the next heading."""


@dataclass(frozen=True, slots=True)
class Section:
    """A goal, how it is said, and the units from `first` to before `stop`, by their places, that may reach it.

    It is `alone` if the trace says no other goal that is a key. At its `breaks` the trace says other goals, which are
    no keys: a goal that is reached before one ends there.
    """

    goal: str
    form: GoalForm
    first: int
    stop: int
    breaks: tuple[int, ...] = ()
    alone: bool = False


def find_sections(page: TracePage) -> Iterator[Section]:
    """Yield the sections in order; those of headings hold those below them.

    A sentence whose goal is no key ends no section: it goes on with what was begun.
    """
    goals = dict(_list_goals(page))
    stops = _heading_stops(page, goals)
    tracing = [place for place, goal in goals.items() if is_function_goal(goal)]
    for number, place in enumerate(tracing):
        # What a function does is said once, at the beginning; later sentences and bullets trace it.
        if number or page.units[place].text.startswith(("-", "*")):
            del goals[place]
    ends = sorted(stops.keys() | {place for place, goal in goals.items() if not find_goal_fault(goal)})
    headings, said = sorted(stops), sorted(goals.keys() | set(_list_turns(page)))
    for place, goal in goals.items():
        form = _find_form(page.units[place], goal)
        if form is GoalForm.HEADING:
            stop = stops[place]
        else:
            owns = form in (GoalForm.FUNCTION, GoalForm.PARENT)
            later = headings if owns else ends
            at = bisect_right(later, place)
            stop = later[at] if at < len(later) else len(page.units)
            stop = stop if owns else _stop_before_number(page, place, stop)
        if goal:
            stop = _stop_before_sibling(page, place, _stop_before_turn(page, place, stop))
            breaks = said[bisect_right(said, place) :][:MAX_BREAKS] if form is GoalForm.INTENT else []
            inside = tuple(at for at in breaks if at < stop)
            yield Section(goal, form, place, stop, inside, alone=len(ends) < 2)


def _list_turns(page: TracePage) -> Iterator[int]:
    """Yield the places of the units that turn to the next act, even if it is no key: "Now, substitute this: ..."."""
    for place, unit in enumerate(page.units):
        found = _TURN.match(unit.text) if unit.leads else None
        if found and is_act(unit.text[found.end() :]):
            yield place


def _heading_stops(page: TracePage, goals: Mapping[int, str]) -> dict[int, int]:
    """Return for every heading the place of the next one that is not deeper."""
    stops: dict[int, int] = {}
    opened: list[tuple[int, int]] = []
    for place in goals:
        if not _is_heading(page.units[place]):
            continue
        depth = page.steps[page.owners[place]].depth if page.steps else 0
        while opened and opened[-1][0] >= depth:
            stops[opened.pop()[1]] = place
        opened.append((depth, place))
    return {**stops, **{place: len(page.units) for _, place in opened}}


def _is_heading(unit: TextUnit) -> bool:
    return unit.kind is TextUnitKind.HEADING or _RUN_IN.match(unit.text) is not None


def _find_form(unit: TextUnit, goal: str) -> GoalForm:
    if _is_heading(unit):
        return GoalForm.HEADING
    if is_function_goal(goal):
        return GoalForm.FUNCTION
    if is_stated_goal(unit.text):
        return GoalForm.STATED
    is_parent = goal.partition(" ")[0].lower() in load_example_phrases().parent_verbs
    return GoalForm.PARENT if is_parent else GoalForm.INTENT


def _stop_before_number(page: TracePage, first: int, stop: int) -> int:
    """Return where a section that stands below a numbered item ends: at the latest before the next such item."""
    if _NUMBERED.match(page.units[first].text):
        return stop
    numbered = (place for place in range(first + 1, stop) if _NUMBERED.match(page.units[place].text))
    place = next(numbered, stop)
    begins = any(_NUMBERED.match(page.units[before].text) for before in range(max(0, first - 12), first))
    return place if begins else stop


def _stop_before_sibling(page: TracePage, first: int, stop: int) -> int:
    """Return where a section that is a labelled list item ends: at the latest before the next item of its list."""
    item = _LABELLED_ITEM.match(page.units[first].text)
    if item is None:
        return stop
    later = ((place, _LABELLED_ITEM.match(page.units[place].text)) for place in range(first + 1, stop))
    return next((place for place, found in later if found and found[1] == item[1]), stop)


def _stop_before_turn(page: TracePage, first: int, stop: int) -> int:
    """Return where a section ends: at the latest where the trace turns to something else."""
    if page.written or not page.steps:
        return stop
    own = page.owners[first]
    turns = (i for i in range(first + 1, stop) if page.owners[i] != own and page.steps[page.owners[i]].kind in _UNFIT)
    return next(turns, stop)


def _list_goals(page: TracePage) -> Iterator[tuple[int, str]]:
    """Yield the places of the units that say a goal, and the goals; of headings that say none, an empty text."""
    previous = -1
    for place, unit in enumerate(page.units):
        owner = page.owners[place]
        step = page.steps[owner] if page.steps else None
        opens, previous = owner != previous, owner
        unfit = (step is not None and step.kind in _UNFIT) or is_bare_letter(unit) or is_final_heading(unit)
        if _is_heading(unit):
            said = step.goal if step is not None and opens and step.goal else _label_of(unit)
            yield place, "" if unfit else clean_goal(said)
        elif not unfit and (goal := _goal_of_unit(page, place, step if opens else None)):
            yield place, goal


def _label_of(unit: TextUnit) -> str:
    """Return the words of a heading, without what stands after it on its line."""
    number = _NUMBERED.match(unit.text)
    label = unit.text[number.end() :] if number else unit.text
    return _RUN_IN_END.split(label, maxsplit=1)[0] if _RUN_IN.match(unit.text) else label


def _names(page: TracePage, unit: TextUnit) -> bool:
    """Whether a line that ends with a colon names what follows: in a solution, in a list, or by a verb."""
    return page.written or unit.kind is TextUnitKind.ITEM or is_act(clean_goal(unit.text))


def _goal_of_unit(page: TracePage, place: int, opened: Step | None) -> str:
    """Return the goal that a unit says, or that the step which it opens has, or an empty text."""
    unit = page.units[place]
    after = [later.text for later in page.units[place + 1 : place + 1 + MAX_SENTENCES]]
    if goal := derive_goal(unit.text, after):
        return goal
    if unit.leads and unit.text.count(" ") < LABEL_WORDS and "\n" not in unit.text and _names(page, unit):
        return clean_goal(unit.text)
    if opened is None or not (page.written or is_act(opened.goal)):
        return ""  # what a thought says in passing ("the goat comes last") is no goal
    return complete_goal(opened.goal, page.text[opened.span.start : opened.span.end])
