"""Steps of a solution from what it reaches: a passage ends where a quantity is stated, and its key names that."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from midthought.ingest.extraction.asked import Asked
from midthought.ingest.extraction.compaction import compact, drop_orphans, is_doubtful, join_units, restates, words_of
from midthought.ingest.extraction.example_phrases import common_words, load_example_phrases
from midthought.ingest.extraction.extracted import RefusedDraft
from midthought.ingest.extraction.goal_wording import count_named, holds_formula, is_act
from midthought.ingest.extraction.goals import find_goal_fault, is_statement, strip_maths
from midthought.ingest.extraction.outcomes import announces, is_bare_letter
from midthought.ingest.extraction.passage_ends import trim
from midthought.ingest.extraction.passage_symbols import find_foreign, find_symbols
from midthought.ingest.extraction.refusal_reasons import RefusalReason
from midthought.ingest.extraction.result_goals import find_asked_goal, find_result_goal, is_object_said
from midthought.ingest.extraction.step_passage import StepPassage
from midthought.ingest.extraction.step_worth import COMPUTES, MATHS, has_substance, is_chain, is_unsolved
from midthought.ingest.extraction.trace_page import TracePage
from midthought.ingest.extraction.units import TextUnit, TextUnitKind
from midthought.memory.records.step import StepKind

_NAME = re.compile(r"\b(?!The\b)[A-Z][a-z]{2,}")
_SOLVED = re.compile(r"(?<![\w)^*/+-])(?<![-+*/] )\\?[A-Za-z]\w*\s*(?:=|<|>|\\leq?|\\geq?|\u2264|\u2265)\s*[-\d\\(]")
_GERUND = re.compile(r"\w+ing\b")
MAX_LABEL = 7  # words of a heading that names a quantity
_ENDS = re.compile(r"(?:=|\u2248|\\approx|\bis|\bare)[^=]{1,60}$")
MIN_NAMED = 2  # words and formulas of a key that names its object well
MAX_UNITS = 8  # of a passage that works on one formula
MIN_WORDS, MANY_WORDS, MAX_WORDS = 18, 45, 800
MAX_THOUGHT_WORDS = 700  # a longer thought still looks for its way  # of a passage
WHOLE = 0.9  # share of the words of a solution from which a passage is the whole
SHORT = 10  # units of a solution that is one step


def find_reached_steps(page: TracePage, asked: Asked) -> list[StepPassage | RefusedDraft]:
    """Return a passage for every quantity that a solution comes to, or why there is none."""
    units = _compact_page(page, asked)
    size = len(join_units(units, page.text).split())
    drafts = [_draft(goal, units, place, page=page, size=size) for place, goal in _list_results(units)]
    ended = trim([unit for unit in units if not is_bare_letter(unit)])
    if ended and (goal := find_asked_goal(asked.text)):
        drafts.append(_draft(goal, ended, len(ended) - 1, page=page, size=size))
    return drafts


def begin_with_solution(passage: StepPassage, page: TracePage, asked: Asked) -> StepPassage | RefusedDraft:
    """Return a passage with all of the solution that stands before it, unless that is too long."""
    units = _compact_page(page, asked)
    last = max(
        (place for place, unit in enumerate(units) if unit.span.start <= passage.units[-1].span.start), default=0
    )
    if restates(units[last], words_of(asked.text)):
        return RefusedDraft(passage.goal, RefusalReason.ONLY_RESTATES)
    drafted = _draft(passage.goal, units, last, page=page, size=len(join_units(units, page.text).split()))
    return replace(drafted, score=passage.score) if isinstance(drafted, StepPassage) else drafted


def says_act(passage: StepPassage, page: TracePage, asked: Asked) -> bool:
    """Whether a goal says what is derived: a quantity, a rule that is used, or a formula of the question's symbols."""
    words = strip_maths(passage.goal.partition(":")[0])
    verb, _, rest = words.partition(" ")
    if load_example_phrases().preparations.search(passage.goal) or rest.startswith("of "):
        return False
    if not _is_goal_verb(verb):
        return page.written and is_act(passage.goal) and count_named(words) >= MIN_NAMED
    if _begins(verb, "use", "apply"):
        return (page.written or is_chain(passage.units[-1].text)) and (
            _NAME.search(rest) is not None or count_named(words) > 0
        )
    return count_named(words) > 0 or _finds_formula(passage, asked)


def _finds_formula(passage: StepPassage, asked: Asked) -> bool:
    """Whether a goal seeks a formula that the question explains, and the passage ends with its value."""
    goal, last = passage.goal, passage.units[-1].text
    formulas = re.findall(r"\\\(\s*(.+?)\s*\\\)|\$\s*([^$]+?)\s*\$", goal)
    sought = "".join("".join(pair) for pair in formulas[:1]).replace(" ", "")
    known = find_symbols(goal).keys() <= find_symbols(asked.text).keys()
    at = last.replace(" ", "").rfind(sought) if len(sought) > 1 else -1
    value = last.replace(" ", "")[at + len(sought) :] if at >= 0 else ""
    return known and re.match(r"[^A-Za-z]{0,12}(?:=|is).{0,80}\d", value, re.DOTALL) is not None


def name_quantity(passage: StepPassage) -> str:
    """Return a heading that only names a quantity, as the goal of finding it, if the passage ends with its value."""
    label = passage.goal.removeprefix("The ").removeprefix("the ")
    last = passage.units[-1].text.lower()
    words = [word for word in words_of(strip_maths(label)) if word not in common_words() and not word.isdigit()]
    is_label = ":" not in label and label.count(" ") < MAX_LABEL and not is_act(label) and not _GERUND.match(label)
    if not words or not is_label or not any(word[:5] in last for word in words) or not COMPUTES.search(last):
        return ""
    goal = f"Find the {label.lower() if label.istitle() else label[0].lower() + label[1:]}"
    return "" if find_goal_fault(goal) or is_statement(goal) else goal


def _is_goal_verb(word: str) -> bool:
    return any(_begins(word, verb) for verb in load_example_phrases().goal_verbs)


def _begins(word: str, *verbs: str) -> bool:
    """Whether a word is one of some verbs, or its gerund."""
    lower = word.lower()
    return any(lower in (verb, f"{verb}ing", f"{verb.removesuffix('e')}ing", f"{verb}{verb[-1]}ing") for verb in verbs)


def works_on_formula(passage: StepPassage, page: TracePage, asked: Asked) -> bool:
    """Whether a passage is short, begins with the formula that its key works on, and needs nothing from before."""
    goal = passage.goal
    foreign = set(find_foreign(passage.units, page.units, asked.text, goal=goal))
    sought = {symbol for symbol in find_symbols(goal) if not re.search(rf"{symbol}\W{{0,8}}\(", goal)}
    few = page.written and len(passage.units) <= MAX_UNITS and foreign <= sought
    opening = " ".join(unit.text for unit in passage.units[:2])
    return (
        few
        and _is_goal_verb(goal.partition(" ")[0])
        and holds_formula(goal, opening)
        and is_object_said(goal)
        and _ENDS.search(passage.units[-1].text) is not None
    )


def _compact_page(page: TracePage, asked: Asked) -> tuple[TextUnit, ...]:
    """Return what carries a solution, without what only checks it."""
    kinds = {place: page.kind_at(place) for place in range(len(page.units))}
    checks = {unit.span.start for place, unit in enumerate(page.units) if kinds[place] is StepKind.CHECK}
    kept = compact(page.units, question=asked.text, opening=0, kinds=kinds, written=page.written)
    return drop_orphans([unit for unit in kept if unit.span.start not in checks or find_result_goal(unit.text)])


def _list_results(units: Sequence[TextUnit]) -> Iterator[tuple[int, str]]:
    """Yield the places of the units that state a quantity, and its key; of several with one key, the first."""
    seen: set[str] = set()
    for place, unit in enumerate(units):
        goal = "" if unit.leads or unit.kind is TextUnitKind.HEADING else find_result_goal(unit.text)
        if goal and goal.lower() not in seen:
            seen.add(goal.lower())
            yield place, goal


def _draft(
    goal: str, units: Sequence[TextUnit], last: int, *, page: TracePage, size: int
) -> StepPassage | RefusedDraft:
    # What a result rests on stands before it: a passage that begins with the solution leaves nothing out.
    passage = drop_orphans(_drop_opening(units[: last + 1]))
    text = join_units(passage, page.text)
    words = len(text.split())
    if not passage or words < MIN_WORDS or not _derives(passage):
        return RefusedDraft(goal, RefusalReason.NO_SUBSTANCE)
    if is_unsolved(goal, passage):
        return RefusedDraft(goal, RefusalReason.NOT_ENDED)
    if words > (MAX_WORDS if page.written else MAX_THOUGHT_WORDS):
        return RefusedDraft(goal, RefusalReason.TOO_LONG)
    if load_example_phrases().guesses.search(text) or load_example_phrases().retraction.search(text):
        return RefusedDraft(goal, RefusalReason.TAKEN_BACK)
    whole = words > WHOLE * size and len(units) > SHORT
    return StepPassage(goal, passage, text, _weigh(goal, passage, words, whole=whole))


def _drop_opening(units: Sequence[TextUnit]) -> list[TextUnit]:
    """Leave out what only announces at the beginning: "we follow these steps:"."""
    kept = list(units)
    while len(kept) > 1 and announces(kept[0]) and not MATHS.search(kept[0].text):
        kept.pop(0)
    return kept


def _derives(units: Sequence[TextUnit]) -> bool:
    """Whether units derive something, in more words than the result."""
    words = sum(len(unit.text.split()) for unit in units)
    computes = words >= MANY_WORDS or any(is_chain(unit.text) or COMPUTES.search(unit.text) for unit in units)
    return words >= MIN_WORDS and has_substance(units) and computes


def _weigh(goal: str, units: Sequence[TextUnit], words: int, *, whole: bool) -> float:
    unsure = any(load_example_phrases().hesitation.search(u.text) or is_doubtful(u) for u in units)
    return (
        3.0
        + 0.2 * min(3, count_named(goal))
        - min(1.0, words / 600)
        - 0.5 * unsure
        - 0.7 * whole
        - 0.5 * (count_named(goal) < MIN_NAMED)
    )
