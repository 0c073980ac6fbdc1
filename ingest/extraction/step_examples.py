"""The steps of a solution that make examples: a goal that can be understood alone, and the passage that reaches it."""

import re
from collections.abc import Sequence
from dataclasses import replace

from midthought.ingest.extraction.asked import Asked
from midthought.ingest.extraction.compaction import compact, is_doubtful, join_units, words_of
from midthought.ingest.extraction.example_phrases import common_words, load_example_phrases
from midthought.ingest.extraction.extracted import RefusedDraft
from midthought.ingest.extraction.function_goals import is_function_goal
from midthought.ingest.extraction.goal_wording import count_named, end_at_operand, says_word
from midthought.ingest.extraction.goals import find_goal_fault, is_statement, strip_maths
from midthought.ingest.extraction.passage_ends import CONCLUDES, comes_to, end_at_arrival, end_at_object, trim
from midthought.ingest.extraction.reached_steps import (
    begin_with_solution,
    find_reached_steps,
    name_quantity,
    says_act,
    works_on_formula,
)
from midthought.ingest.extraction.refusal_reasons import Fault, RefusalReason
from midthought.ingest.extraction.sections import GoalForm, Section, find_sections
from midthought.ingest.extraction.step_context import introduce, is_unknown, name_goal
from midthought.ingest.extraction.step_passage import StepPassage
from midthought.ingest.extraction.step_worth import (
    COMPUTES,
    FAIR,
    GOOD,
    MATHS,
    end_at_sought,
    has_substance,
    is_chain,
    is_unsolved,
    keeps_promise,
    refers,
    weigh,
)
from midthought.ingest.extraction.trace_page import TracePage
from midthought.ingest.extraction.units import TextUnit, TextUnitKind
from midthought.memory.records.near_copies import NearCopyTest

MAX_STEPS = 3  # of one trace, the best
MAX_WORDS = 320  # of a passage; a longer one is left out, its parts may stand for themselves
NEAR = 2  # paragraphs in which a goal without a name is reached
MIN_AFTER_CONCLUSION = 4  # units of a passage that may open with "thus"
REPEATED = 0.9  # share of a passage's words that stand in the question if it only restates
MIN_MORE = 12  # characters that a passage says besides its key
MIN_WORDS = 14
WANDERING = 40  # units of a text in words from which a goal may be left behind
LONG = 10  # units of a page from which a passage must be a part of it ...
SAME = 0.75  # share of a goal's words that stand in the question if it is the question
WHOLE = 0.7  # ... and the share from which it is the whole
MAX_FOREIGN = 2  # symbols that a passage may use without saying what they stand for
_TOO_SHORT = (RefusalReason.NO_RESULT, RefusalReason.NO_SUBSTANCE, RefusalReason.ONLY_KEY)
_NAMELESS = (RefusalReason.KEY_GENERIC, RefusalReason.KEY_SIZE)
_SPACES = re.compile(r"\s+")


def find_step_passages(page: TracePage, asked: Asked) -> list[StepPassage | RefusedDraft]:
    """Return the best passages in reading order, and the refused drafts.

    Of a short text, sections are taken: all that are worth much, at most `MAX_STEPS`; if there are none, the best one
    that is worth something. Of a solution or a long thought, what rests on what came before: its passages end where
    a quantity is reached and begin with the solution.
    """
    is_short = not page.written and len(page.units) <= WANDERING
    sections = _choose([_refuse_symbols(draft) for draft in _draft_sections(page, asked)]) if is_short else []
    if any(isinstance(draft, StepPassage) for draft in sections):
        return sections
    copies = NearCopyTest(asked.text)
    reached = [draft for draft in find_reached_steps(page, asked) if not copies.is_copy(draft_key(draft))]
    if any(isinstance(draft, StepPassage) for draft in reached):
        return [*_choose(reached), *sections]
    return _choose([*_draft_fallbacks(page, asked), *(d for d in reached if isinstance(d, RefusedDraft))])


def _refuse_symbols(draft: StepPassage | RefusedDraft) -> StepPassage | RefusedDraft:
    """Refuse a passage whose key has no word for its object: its symbols belong to one problem."""
    if isinstance(draft, RefusedDraft) or is_function_goal(draft.goal) or ": " in draft.goal:
        return draft
    if count_named(strip_maths(draft.goal)):
        return draft
    return RefusedDraft(draft.goal, RefusalReason.KEY_GENERIC)


def _draft_fallbacks(page: TracePage, asked: Asked) -> list[StepPassage | RefusedDraft]:
    """Return the sections of a solution that states no quantity in words.

    What works on a formula that its key holds can be read alone; any other section begins with the solution.
    """
    drafts: list[StepPassage | RefusedDraft] = []
    for section in find_sections(page):
        draft = _draft_passage(section, page, asked)
        if isinstance(draft, RefusedDraft) and draft.reason in _TOO_SHORT:
            draft = _take_section(section, page) or draft
        drafts.append(_begin_with_all(draft, page, asked) if isinstance(draft, StepPassage) else draft)
    return drafts


def _take_section(section: Section, page: TracePage) -> StepPassage | None:
    """Return the units of a section up to its last result: with what stands before them they may be enough."""
    units = trim(page.units[section.first : section.stop])
    settled = page.written or len(page.units) <= WANDERING
    if not settled or not units or not (is_chain(units[-1].text) or COMPUTES.search(units[-1].text)):
        return None
    return StepPassage(section.goal, units, join_units(units, page.text), FAIR)


def _begin_with_all(passage: StepPassage, page: TracePage, asked: Asked) -> StepPassage | RefusedDraft:
    """Return a passage with all that it rests on, if its key says in words what is derived."""
    if works_on_formula(passage, page, asked):
        return passage
    goal = passage.goal if says_act(passage, page, asked) else name_quantity(passage)
    if not goal:
        return RefusedDraft(passage.goal, RefusalReason.KEY_GENERIC)
    # What made it worth little, such as symbols from before it, is in the passage now.
    return begin_with_solution(replace(passage, goal=goal, score=max(passage.score, FAIR)), page, asked)


def draft_key(draft: StepPassage | RefusedDraft) -> str:
    """Return the goal of a draft."""
    return draft.goal if isinstance(draft, StepPassage) else draft.key


def _draft_sections(page: TracePage, asked: Asked) -> list[StepPassage | RefusedDraft]:
    return [_draft_passage(section, page, asked) for section in find_sections(page)]


def _choose(drafts: Sequence[StepPassage | RefusedDraft]) -> list[StepPassage | RefusedDraft]:
    """Return the best of some drafts, and those that were refused."""
    passages = [draft for draft in drafts if isinstance(draft, StepPassage)]
    refused = [draft for draft in drafts if isinstance(draft, RefusedDraft)]
    good = [passage for passage in passages if passage.score >= GOOD]
    fair = [passage for passage in passages if passage.score >= FAIR]
    chosen = choose_best(good) or choose_best(fair, count=1)
    poor = [RefusedDraft(passage.goal, RefusalReason.LITTLE) for passage in passages if passage.score < FAIR]
    return [*chosen, *refused, *poor]


def choose_best(passages: Sequence[StepPassage], *, count: int = MAX_STEPS) -> list[StepPassage]:
    """Return the passages with the highest scores that do not overlap and have different goals, in reading order."""
    chosen: list[StepPassage] = []
    for passage in sorted(passages, key=lambda p: (-p.score, p.units[0].span.start)):
        if len(chosen) == count:
            break
        if all(not _overlap(passage, other) and passage.goal.lower() != other.goal.lower() for other in chosen):
            chosen.append(passage)
    return sorted(chosen, key=lambda passage: passage.units[0].span.start)


def _overlap(one: StepPassage, other: StepPassage) -> bool:
    shared = {u.span.start for u in one.units} & {u.span.start for u in other.units}
    return 2 * len(shared) > min(len(one.units), len(other.units))


def _draft_passage(section: Section, page: TracePage, asked: Asked) -> StepPassage | RefusedDraft:
    fault = find_goal_fault(section.goal)
    if fault and (section.form is GoalForm.STATED or fault not in _NAMELESS):
        return RefusedDraft(section.goal, fault)
    if refers(section.goal) or (section.form is not GoalForm.HEADING and is_statement(section.goal)):
        return RefusedDraft(section.goal, RefusalReason.KEY_OUTSIDE)
    first = section.first + (page.units[section.first].kind is TextUnitKind.HEADING)
    units = _find_units(section, page, first, asked=asked)
    if fault and section.form is GoalForm.INTENT and units:
        # Such a goal ("add both sides") is reached at once.
        units = trim([unit for unit in units if unit.paragraph <= units[0].paragraph + NEAR])
    goal, before = name_goal(section.goal, units, page, first)
    shorter = end_at_operand(goal, units) if goal != section.goal else units
    units = shorter if has_substance(shorter) and len(join_units(shorter, page.text).split()) >= MIN_WORDS else units
    fault, named = find_goal_fault(goal), count_named(goal) and says_word(goal)
    if not named or fault not in ("", RefusalReason.KEY_GENERIC):
        return RefusedDraft(goal, fault or RefusalReason.KEY_GENERIC)
    # What a formula of the passage names, the passage is about.
    named_section = section if goal == section.goal else replace(section, goal=goal, form=GoalForm.HEADING)
    if fault := _find_fault(named_section, units, asked=asked, page=page):
        return RefusedDraft(goal, fault)
    units, foreign = introduce(goal, (*before, *units), page, first, asked=asked)
    if len(foreign) > MAX_FOREIGN or (goal == section.goal and is_unknown(goal, foreign)):
        return RefusedDraft(goal, RefusalReason.USES_OUTSIDE)
    text = join_units(units, page.text)
    return StepPassage(goal, units, text, weigh(goal, units, text, foreign=len(foreign), sure=_is_sure(section, page)))


def _is_sure(section: Section, page: TracePage) -> bool:
    """Whether a passage is of a written-out solution, or of a thought that does not turn away after it."""
    after = page.units[section.stop : section.stop + NEAR]
    return page.written or not any(is_doubtful(unit) for unit in after)


def _find_units(section: Section, page: TracePage, first: int, *, asked: Asked) -> tuple[TextUnit, ...]:
    """Return the units that reach the goal of a section."""
    units = _compact_section(page, first, section.stop, asked=asked)
    for place in section.breaks:
        shorter = _compact_section(page, first, place, asked=asked)
        if has_substance(shorter) and comes_to(section.goal, shorter):
            units = shorter
            break
    units = trim(end_at_sought(section.goal, units))
    if section.form is GoalForm.STATED and units:
        return end_at_object(units, section)
    return end_at_arrival(section.goal, units) if section.form is GoalForm.INTENT and units else units


def _compact_section(page: TracePage, first: int, stop: int, *, asked: Asked) -> tuple[TextUnit, ...]:
    """Return what a passage keeps of some units, up to the last result."""
    kinds = {place - first: page.kind_at(place) for place in range(first, stop)}
    return trim(compact(page.units[first:stop], question=asked.text, opening=0, kinds=kinds, written=page.written))


def _is_question(goal: str, asked: Asked, page: TracePage) -> bool:
    """Whether a goal of a long solution only says what is asked: all that follows is for it."""
    words = words_of(goal) - common_words()
    return len(page.units) > LONG and len(words) > 2 and len(words & words_of(asked.text)) >= SAME * len(words)


def only_concludes(units: Sequence[TextUnit]) -> bool:
    """Whether units open with a conclusion from what stands outside, and derive nothing more."""
    return (
        len(units) < MIN_AFTER_CONCLUSION
        and CONCLUDES.match(units[0].text) is not None
        and not any(is_chain(unit.text) for unit in units)
    )


def _find_fault(section: Section, units: Sequence[TextUnit], *, asked: Asked, page: TracePage) -> Fault:
    """Return why a passage makes no example, or an empty text."""
    text = join_units(units, page.text)
    words = len(text.split())
    if not units or words < MIN_WORDS - 6 * bool(MATHS.search(text)):
        return RefusalReason.NO_RESULT
    if fault := _find_missed_goal(section, units, asked=asked, page=page):
        return fault
    if not has_substance(units) and not COMPUTES.search(units[-1].text):
        return RefusalReason.NO_SUBSTANCE
    if is_unsolved(section.goal, units):
        return RefusalReason.NOT_ENDED
    if not keeps_promise(section.goal, units):
        return RefusalReason.PART
    if words > MAX_WORDS:
        return RefusalReason.TOO_LONG
    if load_example_phrases().guesses.search(text):
        return RefusalReason.PICKED
    if load_example_phrases().retraction.search(text):
        return RefusalReason.TAKEN_BACK
    if len(_SPACES.sub("", text)) < len(_SPACES.sub("", section.goal)) + MIN_MORE:
        return RefusalReason.ONLY_KEY
    said = words_of(text)
    return RefusalReason.ONLY_RESTATES if len(said & words_of(asked.text)) > REPEATED * len(said) else ""


def _find_missed_goal(section: Section, units: Sequence[TextUnit], *, asked: Asked, page: TracePage) -> Fault:
    """Return why a passage is not what reaches the goal of its section, or an empty text."""
    wanders = len(page.units) > WANDERING or any(MATHS.search(unit.text) for unit in units)
    is_said = section.form in (GoalForm.INTENT, GoalForm.PARENT)
    # What is used shows in what follows, not at its end.
    if is_said and wanders and not section.goal.startswith(("Use ", "Apply ")) and not comes_to(section.goal, units):
        return RefusalReason.OBJECT_MISSED
    if wanders and section.goal.startswith("Consider "):
        return RefusalReason.OBJECT_MISSED
    goes_on = section.form is GoalForm.INTENT and section.stop < len(page.units) - 1
    if goes_on and _is_question(section.goal, asked, page):
        return RefusalReason.KEY_IS_QUESTION
    if only_concludes(units):
        return RefusalReason.ONLY_RESULT
    if section.form is not GoalForm.FUNCTION and len(units) > LONG and len(units) > WHOLE * len(page.units):
        return RefusalReason.WHOLE
    text = " ".join(unit.text for unit in units)
    is_about = section.form is GoalForm.HEADING or _is_about(section.goal, text)
    return "" if is_about else RefusalReason.OBJECT_UNNAMED


def _is_about(goal: str, text: str) -> bool:
    """Whether a passage says a word of the goal's object, or a formula of it."""
    lower = text.lower()
    stems = [word[:5] for word in words_of(goal) if word not in load_example_phrases().generic]
    formulas = re.findall(r"\\\((.{2,40}?)\\\)|\$([^$]{2,40})\$|`([^`]{2,40})`", goal)
    return any(stem in lower for stem in stems) or any(part in text for found in formulas for part in found if part)
