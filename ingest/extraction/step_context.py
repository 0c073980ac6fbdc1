"""What a passage needs from before it: the equation that it acts on, those it cites, and the meaning of its symbols."""

import re
from collections.abc import Sequence

from midthought.ingest.extraction.asked import Asked
from midthought.ingest.extraction.compaction import join_units, label_of, labels_cited
from midthought.ingest.extraction.goal_wording import acts_on_equation, count_named, find_operand, name_by_formula
from midthought.ingest.extraction.goals import strip_maths
from midthought.ingest.extraction.passage_symbols import find_foreign, find_introductions, find_symbols, introduces
from midthought.ingest.extraction.trace_page import TracePage
from midthought.ingest.extraction.units import TextUnit, TextUnitKind

_ORDINAL = re.compile(r"\b(?:first|second|third|fourth|other|last|all|equations)\b", re.IGNORECASE)
MAX_CITED = 3  # units from elsewhere that a passage cites and begins with
MAX_INTRODUCED = 3  # units from elsewhere that say what the symbols of a passage stand for
FIRST_UNITS = 3  # of a passage, in which the formula that it acts on stands
OPERAND_BEFORE = 6  # units before a passage in which the equation that it acts on may stand


def name_goal(goal: str, units: Sequence[TextUnit], page: TracePage, first: int) -> tuple[str, tuple[TextUnit, ...]]:
    """Return a goal with the formula it acts on, if it names nothing else, and the earlier unit that states it.

    "Square both sides" names nothing without the equation; if the passage begins with the squares, it stands before.
    """
    named = name_by_formula(goal, join_units(units[:FIRST_UNITS], page.text))
    if named != goal or count_named(goal) or not acts_on_equation(goal) or _ORDINAL.search(goal):
        return named, ()
    for unit in reversed(page.units[max(0, first - OPERAND_BEFORE) : first]):
        if "=" in unit.text and unit.kind is not TextUnitKind.HEADING:
            # Only the last equation before: an earlier one has become another by then.
            return (name_by_formula(goal, unit.text), (unit,)) if find_operand(goal, unit.text) else (goal, ())
    return goal, ()


def introduce(
    goal: str, units: Sequence[TextUnit], page: TracePage, first: int, *, asked: Asked
) -> tuple[tuple[TextUnit, ...], list[str]]:
    """Return a passage with the earlier units it needs, and those of its symbols that nothing says the meaning of.

    It needs equations that it cites by number, and what says what its symbols stand for.
    """
    earlier = page.units[:first]
    begun = (*find_cited(units, page, first), *units)
    foreign = find_foreign(begun, earlier, asked.text, goal=goal)
    found = [unit for unit in find_introductions(foreign, earlier) if unit not in begun]
    if len(found) <= MAX_INTRODUCED:
        begun = tuple(sorted((*found, *begun), key=lambda unit: unit.span.start))
        foreign = [s for s in foreign if not any(introduces(unit.text, s) for unit in begun)]
    return begun, foreign


def is_unknown(goal: str, foreign: Sequence[str]) -> bool:
    """Whether a goal names its object only by symbols that nothing says the meaning of: "Proving Q(n+1)"."""
    return bool(foreign) and not count_named(strip_maths(goal)) and not find_symbols(goal).keys().isdisjoint(foreign)


def find_cited(units: Sequence[TextUnit], page: TracePage, first: int) -> tuple[TextUnit, ...]:
    """Return the earlier units whose equations the passage cites by number."""
    own = {label_of(unit) for unit in units}
    cited = {label for unit in units for label in labels_cited(unit)} - own
    if not cited:
        return ()
    found = {label_of(unit): unit for unit in page.units[:first] if label_of(unit) in cited}
    return tuple(sorted(found.values(), key=lambda unit: unit.span.start)) if len(found) <= MAX_CITED else ()
