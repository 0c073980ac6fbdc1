"""How the units of a text are laid out: the length of paragraphs and lists, and how deep each step stands."""

from collections.abc import Sequence

from midthought.ingest.steps.drafts import DraftStep
from midthought.ingest.steps.headings import NUMBER_RANK, SECTION_RANK, Heading
from midthought.ingest.steps.labels import Role
from midthought.ingest.steps.units import Unit, UnitKind

MIN_STEPS = 3  # items of a list that may be the steps of a text
MAIN_LIST = 0.5  # the share of a text from which on a list is what it is about


def paragraph_sizes(units: Sequence[Unit]) -> list[int]:
    """Return the length of the paragraph that each unit stands in."""
    sizes: list[int] = []
    first = 0
    for place in range(1, len(units) + 1):
        if place == len(units) or units[place].opens_paragraph:
            sizes += [units[place - 1].end - units[first].start] * (place - first)
            first = place
    return sizes


def item_sizes(units: Sequence[Unit]) -> dict[int, float]:
    """Return the mean length of the items of its list, by the place of each numbered item; items of items have none."""
    sizes: dict[int, float] = {}
    items: list[int] = []
    for place, unit in enumerate(units):
        if is_item(unit) and (not items or unit.indent <= units[items[0]].indent):
            items.append(place)
        elif items and not is_item(unit) and _ends_list(unit):
            sizes |= dict.fromkeys(items, _item_size(units, items, unit.start))
            items = []
    if items:
        sizes |= dict.fromkeys(items, _item_size(units, items, units[-1].end))
    return sizes


def turn_ends(units: Sequence[Unit]) -> list[int]:
    """Return where the turn, call or output that each unit stands in ends."""
    ends: list[int] = []
    end = units[-1].end if units else 0
    for unit in reversed(units):
        ends.append(end)
        if unit.role is not None and unit.role is not Role.RETURNED:
            end = unit.start
    return ends[::-1]


def _item_size(units: Sequence[Unit], items: Sequence[int], end: int) -> float:
    """Return the mean length of the items of a list, doubled if the list is most of the text: its items are steps."""
    size = end - units[items[0]].start
    is_main = len(items) >= MIN_STEPS and size >= MAIN_LIST * units[-1].end
    return (1 + is_main) * size / len(items)


def is_item(unit: Unit) -> bool:
    """Whether a unit is a numbered item, or the numbered heading of one."""
    return unit.kind is UnitKind.ITEM or (unit.heading is not None and unit.heading.rank == NUMBER_RANK)


def _ends_list(unit: Unit) -> bool:
    return unit.kind in (UnitKind.HEADING, UnitKind.LABELLED) or (
        unit.kind is UnitKind.SENTENCE and unit.opens_paragraph and not unit.indent
    )


def depths_of(drafts: Sequence[DraftStep]) -> list[int]:
    """Return how deep each step stands: below the headings before it that have a lower rank.

    A turn, a thought or a call of a tool stands below sections, never below an item of a list.
    """
    ranks: list[int] = []
    depths: list[int] = []
    for draft in drafts:
        heading: Heading | None = draft.units[0].heading
        first = draft.units[0]
        rank = heading.rank if heading else _rank_without_heading(first)
        while rank is not None and ranks and ranks[-1] >= rank:
            ranks.pop()
        depths.append(len(ranks))
        if heading:
            ranks.append(heading.rank)
    return depths


def _rank_without_heading(first: Unit) -> int | None:
    """Return the rank that a step ends by its first unit: None if it goes on with the item before it."""
    if first.role:
        return SECTION_RANK
    goes_on = not is_item(first) and (first.indent or not first.opens_paragraph)
    return None if goes_on else NUMBER_RANK
