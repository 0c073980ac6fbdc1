"""Where a new step begins: each unit either goes on with the step before it or opens one."""

import re
from collections.abc import Sequence
from functools import cached_property

from midthought.ingest.steps.aims import has_aim
from midthought.ingest.steps.drafts import DraftStep, ends_with, is_question, opening_of
from midthought.ingest.steps.headings import BOLD_RANK, NUMBER_RANK, RUN_IN_RANK, kind_of_title
from midthought.ingest.steps.labels import Role
from midthought.ingest.steps.layout import is_item, item_sizes, paragraph_sizes, turn_ends
from midthought.ingest.steps.openers import Opener, Opening
from midthought.ingest.steps.phrases import load_words
from midthought.ingest.steps.results import has_equation, is_formula
from midthought.ingest.steps.units import FEW_PARAGRAPHS, PartText, Unit, UnitKind
from midthought.memory.records.step import StepKind

# A long text is split into longer steps than a short one: a step has at least a fortieth of it, within these limits.
SHARE = 40
SIZES = (40, 250)
SHORT_TEXT = 1_500  # characters; a text without paragraphs that is longer is not split at every result
# A character of Chinese, Japanese or Korean says as much as this many of other scripts.
HAN_DENSITY = 2.5
MIN_HAN = 0.1  # the share of such characters among the first ones by which a text is taken for one of these languages
LOOK = 400
PREAMBLE = 120  # characters of "Let's think step by step." and the like, which belong to what follows
LONG_PARAGRAPH = 800  # a paragraph that is divided between its sentences
MAX_STEP = 4_000  # characters of prose after which any sentence opens a step
MIN_ITEM = 80  # the mean length of the items of a list whose items are steps
MIN_BEFORE_CASE = 100  # characters before "For the input 3, ..."
MAX_DESCRIPTION = 900  # characters before a case that are one step
STATED_RESULT = 220  # characters of prose after which a result that is said in words ends a step
MIN_SPLIT_OFF = 50  # characters before a lead-in that are no step of their own
LEAD_IN = 500  # text that leads in a call or a fence
REPLY = 600  # text after a call or a turn that belongs to it
WHOLE_REPLY = 2_500  # characters of a reply to a user that is one step with all its lists and headings

_HAN = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")
_STRONG = frozenset({Opener.CHANGE, Opener.CHECK, Opener.RESULT, Opener.AIM, Opener.NEXT, Opener.CASE})
_TURNS = frozenset({Opener.CHANGE, Opener.CHECK, Opener.RESULT})
_LEADING = frozenset({Opener.AIM, Opener.PLAN, Opener.NEXT, Opener.CHECK, Opener.CHANGE, Opener.TALK})
_PASSING = frozenset({Opener.PLAN, Opener.TALK})
_LIST_RANKS = (BOLD_RANK, NUMBER_RANK, RUN_IN_RANK)
_OPEN_MARKS = (":", ",", "\uff1a")


def group_units(text: PartText, units: Sequence[Unit]) -> list[DraftStep]:
    """Return the steps that the units of a text make up, in order."""
    reader = _Reader(text, units)
    for place, unit in enumerate(units):
        reader.read(place, unit)
    return reader.drafts


class _Reader:
    def __init__(self, text: PartText, units: Sequence[Unit]) -> None:
        self._text, self._units = text, units
        self._paragraph_sizes = paragraph_sizes(units)
        self._item_sizes = item_sizes(units)
        self._is_monologue = all(unit.role is not Role.USER for unit in units)
        self._turn_ends = [] if self._is_monologue else turn_ends(units)
        self._is_dense = sum(unit.opens_paragraph for unit in units) <= FEW_PARAGRAPHS
        self._size = min(max(len(text.original) // SHARE, SIZES[0]), SIZES[1])
        if len(_HAN.findall(text.original, 0, LOOK)) > min(len(text.original), LOOK) * MIN_HAN:
            self._size = int(self._size / HAN_DENSITY)
        self.drafts: list[DraftStep] = []

    def read(self, place: int, unit: Unit) -> None:
        """Add the unit at a place to the last step, or to a new one."""
        if not self.drafts or self._opens(place, unit, self.drafts[-1]):
            self.drafts.append(DraftStep(self._text))
        self.drafts[-1].add(unit)

    def _opens(self, place: int, unit: Unit, draft: DraftStep) -> bool:
        match unit.kind:
            case UnitKind.HEADING:
                return self._heading_opens(place, unit, draft)
            case UnitKind.LABELLED:
                return self._label_opens(unit, draft)
            case UnitKind.FENCE:
                if draft.units[-1].role is Role.CALL:
                    return False
                return not self._is_output(draft) and not self._leads_in(draft)
            case UnitKind.ITEM:
                return self._item_opens(place, draft)
            case UnitKind.SENTENCE:
                return self._sentence_opens(place, unit, draft)
        return False

    def _states_result(self, unit: Unit) -> bool:
        return opening_of(self._text, unit).kind is Opener.RESULT

    def _is_output(self, draft: DraftStep) -> bool:
        """Whether a fence is what the fence before it printed."""
        last = draft.units[-1]
        if last.kind is UnitKind.FENCE:
            return len(draft.units) < 2 or draft.units[-2].kind is not UnitKind.FENCE
        return UnitKind.FENCE in draft.kinds and self._labels_output(last)

    def _labels_output(self, unit: Unit) -> bool:
        said = self._text.lower[unit.start : min(unit.end, unit.start + LOOK)].strip("*_ \n\r\t:")
        return said in load_words().labels[Role.RETURNED]

    def _heading_opens(self, place: int, unit: Unit, draft: DraftStep) -> bool:
        assert unit.heading is not None
        if self._is_in_reply(place, draft):
            return False
        if unit.heading.rank not in _LIST_RANKS:
            return True
        if unit.heading.rank == NUMBER_RANK and self._item_sizes.get(place, 0) < MIN_ITEM:
            return place + 1 < len(self._units) and self._units[place + 1].opens_paragraph
        if draft.is_exchange and Role.CELL not in draft.roles:
            return draft.size > 2 * REPLY + LEAD_IN and unit.heading.rank == BOLD_RANK
        return not (unit.heading.rank == BOLD_RANK and self._states_answer(draft))

    def _states_answer(self, draft: DraftStep) -> bool:
        """Whether the last sentence promises the answer: "The correct answer is:"."""
        last = draft.units[-1]
        return ends_with(self._text, last, _OPEN_MARKS) and opening_of(self._text, last).kind is Opener.RESULT

    def _label_opens(self, unit: Unit, draft: DraftStep) -> bool:
        if unit.role is Role.RETURNED:
            self._split_off_lead(draft)
            return False
        if unit.role is Role.REPLY and draft.is_exchange:
            return Role.REPLY in draft.roles
        if unit.role not in (Role.CALL, Role.CELL):
            return True
        last = draft.units[-1]
        if last.role is unit.role and not unit.opens_paragraph:  # lines typed one after the other, without an output
            return self._text.original.count("\n", last.start, last.end) > 1
        return not self._leads_in(draft)

    def _split_off_lead(self, draft: DraftStep) -> None:
        """Begin a step after an output if text stands between it and the next one: a call stands in that text."""
        last = next((p for p in range(len(draft.units) - 1, -1, -1) if draft.units[p].role), None)
        if last is None or draft.units[last].role is not Role.RETURNED:
            return
        later = range(last + 1, len(draft.units))
        place = next((p for p in later if draft.units[p].opens_paragraph), None)
        if place is not None:
            self.drafts.append(draft.split_off(place))

    def _leads_in(self, draft: DraftStep) -> bool:
        """Whether the last step leads in a call, a cell or a fence; what does not is split off before."""
        if draft.units[-1].role in (Role.CALL, Role.RETURNED, Role.USER, Role.CELL):
            return False
        has_other = draft.is_exchange or draft.has_output or UnitKind.FENCE in draft.kinds
        heading = draft.units[0].heading
        if heading and kind_of_title(heading.word or heading.title) == StepKind.RESTATEMENT:
            return False
        if not has_other and (Role.THOUGHT in draft.roles or (heading and not heading.runs_in)):
            return draft.size <= 2 * LEAD_IN or Role.THOUGHT in draft.roles
        place = self._lead_place(draft)
        if place is None:
            return not has_other and draft.size <= LEAD_IN
        if Role.USER in draft.roles and not draft.has_output:  # all of the reply belongs to the call
            replies = (p for p, unit in enumerate(draft.units[: place + 1]) if unit.start >= draft.replied_from)
            place = next((p for p in replies if draft.units[p].opens_paragraph), place)
        if draft.units[place].start - draft.start < MIN_SPLIT_OFF and not has_other:
            return True
        self.drafts.append(draft.split_off(place))
        return True

    def _lead_place(self, draft: DraftStep) -> int | None:
        """Return the unit from which on a step only leads in what follows, or None."""
        opened = next((p for p in range(len(draft.units) - 1, -1, -1) if draft.units[p].opens_paragraph), 0)
        if draft.units[opened].role is Role.USER:
            return None  # the user said it
        for place in range(len(draft.units) - 1, max(len(draft.units) - 6, 0), -1):
            unit = draft.units[place]
            if unit.kind is not UnitKind.SENTENCE or unit.role is not None or is_question(self._text, unit):
                return None
            leads = ends_with(self._text, unit, _OPEN_MARKS) or has_aim(self._text, unit)
            if leads or opening_of(self._text, unit).kind in _LEADING:
                return place
            if unit.opens_paragraph:
                return None
        return None

    def _item_opens(self, place: int, draft: DraftStep) -> bool:
        return not draft.is_exchange and Role.REPLY not in draft.roles and self._item_sizes.get(place, 0) >= MIN_ITEM

    def _sentence_opens(self, place: int, unit: Unit, draft: DraftStep) -> bool:
        last = draft.units[-1]
        if ends_with(self._text, last, _OPEN_MARKS) or (last.heading and not last.heading.runs_in):
            return False
        if last.kind is UnitKind.FENCE and self._labels_output(unit):
            return False
        if draft.has_output and self._is_monologue and unit.opens_paragraph and self._states_result(unit):
            return True
        if (
            self._is_in_reply(place, draft)
            or self._is_still_said(unit, draft)
            or (draft.size < PREAMBLE and self._is_preamble(draft))
        ):
            return False
        if draft.size >= MAX_STEP:
            return True
        if unit.opens_paragraph or (unit.opens_line and (self._is_dense or self._states_result(unit))):
            goes_on = not unit.opens_paragraph and is_formula(self._text.original, unit.start, unit.end)
            return not goes_on and self._paragraph_opens(unit, draft)
        if self._is_dense:
            return self._dense_opens(unit, draft)
        return self._inner_opens(unit, draft, is_long=self._paragraph_sizes[place] >= LONG_PARAGRAPH)

    def _is_in_reply(self, place: int, draft: DraftStep) -> bool:
        """Whether a unit belongs to a message to the user that is short enough to be one step."""
        if self._is_monologue or not draft.is_exchange:
            return False
        return self._turn_ends[place] - draft.replied_from <= WHOLE_REPLY

    def _is_still_said(self, unit: Unit, draft: DraftStep) -> bool:
        """Whether a sentence belongs to a turn, to a thought before its call, or to what is concluded of an output."""
        if Role.THOUGHT in draft.roles and not draft.has_output:
            return draft.size < REPLY or not unit.opens_paragraph
        if not draft.is_exchange and not draft.has_output:
            return False
        since = unit.start - draft.replied_from
        return since < REPLY or (since < MAX_STEP and not unit.opens_paragraph)

    def _paragraph_opens(self, unit: Unit, draft: DraftStep) -> bool:
        if self._text.original[unit.start].islower():
            return False
        opening = opening_of(self._text, unit)
        if opening_of(self._text, draft.units[-1]).kind is Opener.RESULT and len(draft.units) == 1:
            return opening.kind is not Opener.CONTINUING  # an answer that is stated before its reasons
        if opening.kind in _STRONG or is_question(self._text, unit):
            return draft.size >= self._floor(opening, draft)
        if opening.kind is Opener.CONTINUING:
            if is_item(draft.units[0]) and unit.start > self._last_item and not unit.indent:
                return True  # what follows of a list
            return draft.size >= 3 * self._size or (self._is_dense and draft.has_equation)
        return draft.size >= 1.5 * self._size or (draft.size >= self._size / 2 and draft.has_result)

    def _floor(self, opening: Opening, draft: DraftStep) -> float:
        """Return the size from which on a step is ended by an opening."""
        if opening.kind is Opener.RESULT:
            return SIZES[0]
        if opening.kind is Opener.CHANGE and opening_of(self._text, draft.units[0]).kind is Opener.CHANGE:
            return self._size  # one doubt after the other
        return 0.75 * self._size

    def _dense_opens(self, unit: Unit, draft: DraftStep) -> bool:
        """Whether a sentence of a text without paragraphs opens a step: it follows a result, or turns."""
        floor = 0 if len(self._text.original) <= SHORT_TEXT else self._size
        floor = SIZES[1] if is_item(draft.units[0]) else floor
        if draft.size < floor:
            return False
        if draft.has_equation:
            return True
        opening = opening_of(self._text, unit)
        turns = opening.kind in _TURNS and (opening.kind is not Opener.RESULT or unit.start > self._last_case)
        if turns or is_question(self._text, unit):
            return draft.size >= SIZES[0]
        if self._applies(unit):
            return draft.size >= MIN_BEFORE_CASE
        if unit.start < self._last_case and draft.size < MAX_DESCRIPTION:
            return False  # what holds in general is one step
        if draft.concludes and opening.kind is not Opener.CONTINUING and draft.size >= STATED_RESULT:
            return not self._text.lower.startswith(load_words().conditional, unit.start)
        return opening.kind in _STRONG and draft.size >= 2 * SIZES[0] and draft.concludes

    @cached_property
    def _last_item(self) -> int:
        """Where the last numbered item begins."""
        return max((unit.start for unit in self._units if is_item(unit)), default=-1)

    @cached_property
    def _last_case(self) -> int:
        """Where the last sentence begins that applies what was said before; results before it only describe."""
        return max((unit.start for unit in self._units if self._applies(unit)), default=-1)

    def _applies(self, unit: Unit) -> bool:
        """Whether a sentence applies what was said in general to a case: "For the input 3", "In this case"."""
        opening = opening_of(self._text, unit)
        return opening.kind is Opener.CASE or self._text.lower.startswith(load_words().applied, unit.start)

    def _inner_opens(self, unit: Unit, draft: DraftStep, *, is_long: bool) -> bool:
        """Whether a sentence inside a paragraph opens a step: it turns, or the paragraph is long."""
        if draft.size < SIZES[1]:
            return False
        opening = opening_of(self._text, unit)
        if opening.kind in _TURNS:
            return True
        if not is_long:
            return False
        if opening.kind in _STRONG or is_question(self._text, unit):
            return draft.has_result
        return draft.has_equation and has_equation(self._text.original, unit.start, unit.end)

    def _is_preamble(self, draft: DraftStep) -> bool:
        return all(unit.kind is UnitKind.SENTENCE and self._passes(unit) for unit in draft.units)

    def _passes(self, unit: Unit) -> bool:
        return opening_of(self._text, unit).kind in _PASSING and not is_question(self._text, unit)
