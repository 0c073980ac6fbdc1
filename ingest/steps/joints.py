"""Where a new step begins: each unit either goes on with the step before it or opens one."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from midthought.ingest.steps.labels import Role
from midthought.ingest.steps.openers import Opener, Opening, read_opening
from midthought.ingest.steps.results import has_equation, reaches_result
from midthought.ingest.steps.units import Unit, UnitKind

PREAMBLE = 120  # characters of "Let's think step by step." and the like, which belong to what follows
MIN_STEP = 40  # a step that another paragraph with an opener may end
PLAIN_STEP = 250  # a step that another paragraph without one may end
CONTINUED_STEP = 700  # a step that a paragraph with "so" or "therefore" may end
LONG_PARAGRAPH = 800  # a paragraph that is divided between its sentences
FEW_PARAGRAPHS = 2  # a text without paragraphs is divided between its sentences
MIN_ITEM = 90  # an item of a list that is a step
LEAD_IN = 500  # text that leads in a call or a fence

_STRONG = frozenset({Opener.CHANGE, Opener.CHECK, Opener.RESULT, Opener.AIM, Opener.NEXT, Opener.CASE})
_TURNS = frozenset({Opener.CHANGE, Opener.CHECK, Opener.RESULT})


@dataclass(slots=True)
class DraftStep:
    """A step that is being read: its units, and what is known of them.

    Attributes:
        units: the units, in order.
        openings: what each unit opens with, None if it is no prose.
        kinds: the kinds that its units have.
        roles: the roles that its units have.
        has_result: whether a unit reaches a result.
        has_equation: whether a unit holds an equation with a value.
    """

    units: list[Unit] = field(default_factory=list)
    openings: list[Opening | None] = field(default_factory=list)
    kinds: set[UnitKind] = field(default_factory=set)
    roles: set[Role] = field(default_factory=set)
    has_result: bool = False
    has_equation: bool = False

    def add(self, unit: Unit, opening: Opening | None, text: str) -> None:
        """Add the next unit."""
        self.units.append(unit)
        self.openings.append(opening)
        self.kinds.add(unit.kind)
        if unit.role is not None:
            self.roles.add(unit.role)
        self.has_equation = self.has_equation or has_equation(text, unit.start, unit.end)
        self.has_result = self.has_equation or self.has_result or reaches_result(text, unit.start, unit.end)

    @property
    def start(self) -> int:
        """Where it begins."""
        return self.units[0].start

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.units[-1].end

    def has_role(self, *roles: Role) -> bool:
        """Whether a unit has one of some roles."""
        return not self.roles.isdisjoint(roles)

    def has_kind(self, kind: UnitKind) -> bool:
        """Whether a unit is of a kind."""
        return kind in self.kinds


def group_units(text: str, units: Sequence[Unit]) -> list[DraftStep]:
    """Return the steps that the units of a text make up, in order."""
    reader = _Reader(text, units)
    for place, unit in enumerate(units):
        reader.read(place, unit)
    return reader.drafts


class _Reader:
    def __init__(self, text: str, units: Sequence[Unit]) -> None:
        self._text, self._units = text, units
        self._paragraph_ends = _paragraph_ends(units)
        self._is_dense = sum(unit.opens_paragraph for unit in units) <= FEW_PARAGRAPHS
        self.drafts: list[DraftStep] = []

    def read(self, place: int, unit: Unit) -> None:
        is_prose = unit.kind in (UnitKind.SENTENCE, UnitKind.ITEM)
        opening = read_opening(self._text[unit.start : unit.end]) if is_prose else None
        if not self.drafts or self._opens(place, unit, opening):
            self.drafts.append(DraftStep())
        self.drafts[-1].add(unit, opening, self._text)

    def _opens(self, place: int, unit: Unit, opening: Opening | None) -> bool:
        draft = self.drafts[-1]
        if unit.kind is UnitKind.HEADING:
            return True
        if unit.kind is UnitKind.LABELLED:
            return self._label_opens(unit, draft)
        if unit.kind is UnitKind.FENCE:
            return not (draft.units[-1].kind is UnitKind.FENCE or self._leads_in(draft))
        if unit.kind is UnitKind.ITEM:
            return self._item_opens(place, unit, draft)
        if unit.kind is not UnitKind.SENTENCE or opening is None or self._is_left_open(draft.units[-1]):
            return False
        return self._sentence_opens(unit, opening, draft, place)

    def _label_opens(self, unit: Unit, draft: DraftStep) -> bool:
        if unit.role is Role.RETURNED:
            return False
        if unit.role in (Role.CALL, Role.CELL):
            last = draft.units[-1]
            if last.role is unit.role and not unit.opens_paragraph:
                return self._text.count("\n", last.start, last.end) > 1
            return not self._leads_in(draft)
        return True

    def _leads_in(self, draft: DraftStep) -> bool:
        """Whether a step so far only leads in a call, a cell or a fence."""
        if draft.has_role(Role.CALL, Role.RETURNED, Role.USER, Role.CELL) or draft.has_kind(UnitKind.FENCE):
            return False
        return draft.end - draft.start <= LEAD_IN or draft.has_role(Role.THOUGHT)

    def _item_opens(self, place: int, unit: Unit, draft: DraftStep) -> bool:
        if draft.units[0].kind is UnitKind.ITEM:
            return True
        if draft.has_role(Role.CALL, Role.USER, Role.REPLY):
            return False
        for after in range(place + 1, len(self._units)):
            following = self._units[after]
            if following.start - unit.start >= MIN_ITEM:
                return True
            if following.opens_line and following.kind is not UnitKind.BULLET:
                return False
        return self._units[-1].end - unit.start >= MIN_ITEM

    def _is_left_open(self, unit: Unit) -> bool:
        """Whether a unit promises what follows it: it ends in a colon or a comma."""
        return self._text[max(unit.start, unit.end - 200) : unit.end].rstrip().endswith((":", ",", "\uff1a"))

    def _sentence_opens(self, unit: Unit, opening: Opening, draft: DraftStep, place: int) -> bool:
        size = draft.end - draft.start
        if draft.has_role(Role.CALL, Role.USER) and not draft.has_role(Role.CELL):
            return self._reply_opens(unit, opening, draft)
        if size < PREAMBLE and self._is_preamble(draft):
            return False
        is_question = self._is_question(unit)
        if unit.opens_paragraph or (unit.opens_line and self._is_dense):
            return self._paragraph_opens(opening, draft, size, is_question=is_question)
        is_long = self._paragraph_ends[place] >= LONG_PARAGRAPH
        if not self._is_dense and not is_long:
            return size >= PLAIN_STEP and (opening.kind in _TURNS or is_question)
        floor = 0 if self._is_dense else PLAIN_STEP
        if draft.has_equation:
            return size >= floor
        if opening.kind in _TURNS or is_question:
            return size >= max(floor, MIN_STEP)
        return opening.kind in _STRONG and draft.has_result and size >= max(floor, 2 * MIN_STEP)

    def _paragraph_opens(self, opening: Opening, draft: DraftStep, size: int, *, is_question: bool) -> bool:
        if opening.kind in _STRONG or is_question:
            return size >= MIN_STEP
        if opening.kind is Opener.CONTINUING:
            return size >= CONTINUED_STEP or (self._is_dense and draft.has_equation)
        return size >= PLAIN_STEP or draft.has_result

    def _reply_opens(self, unit: Unit, opening: Opening, draft: DraftStep) -> bool:
        """Whether a sentence after a call or a turn of the user is more than the answer to it."""
        if not unit.opens_paragraph or draft.units[-1].role is Role.CALL:
            return False
        return opening.kind in (Opener.AIM, Opener.NEXT, Opener.PLAN, Opener.CHANGE, Opener.CHECK, Opener.RESULT)

    def _is_preamble(self, draft: DraftStep) -> bool:
        passing = (Opener.PLAN, Opener.TALK)
        return all(opening is not None and opening.kind in passing for opening in draft.openings)

    def _is_question(self, unit: Unit) -> bool:
        return self._text[max(unit.start, unit.end - 60) : unit.end].rstrip().endswith(("?", "\uff1f"))


def _paragraph_ends(units: Sequence[Unit]) -> list[int]:
    """Return the length of the paragraph that each unit stands in."""
    sizes: list[int] = []
    first = 0
    for place in range(1, len(units) + 1):
        if place == len(units) or units[place].opens_paragraph:
            sizes += [units[place - 1].end - units[first].start] * (place - first)
            first = place
    return sizes
