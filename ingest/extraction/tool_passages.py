"""Passages of traces with tools: the call, what of its answer is used, and what is concluded from it."""

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from midthought.ingest.extraction.compaction import drop_orphans, is_remark, words_of
from midthought.ingest.extraction.example_phrases import common_words, load_example_phrases
from midthought.ingest.extraction.extracted import RefusedDraft
from midthought.ingest.extraction.goals import find_goal_fault
from midthought.ingest.extraction.refusal_reasons import Fault, RefusalReason
from midthought.ingest.extraction.step_examples import MAX_STEPS
from midthought.ingest.extraction.step_passage import StepPassage
from midthought.ingest.extraction.tool_goals import (
    asks_anew,
    find_intent,
    find_request,
    is_bare,
    list_requests,
    narrow_goal,
    strip_last_id,
    word_call,
)
from midthought.ingest.extraction.tool_quotes import INTENT, SHORT_ANSWER, join_tool_units, keep_call, keep_of_turn
from midthought.ingest.extraction.tool_refusals import (
    MAX_ROUND_WORDS,
    MIN_UNITS,
    draft_refusal,
    end_in_statement,
)
from midthought.ingest.extraction.trace_page import TracePage
from midthought.ingest.extraction.turns import (
    Turn,
    hands_over,
    has_failed,
    is_answer,
    name_of_call,
    only_reads,
    read_turns,
)
from midthought.ingest.extraction.units import TextUnit, TextUnitKind
from midthought.ingest.steps.labels import Role

SHORT_VERDICT = 200  # characters in which a tool judges the attempt
MAX_RETURNED = 4000  # characters of a failure that are looked into
MAX_CALL_WORDS = 200  # of the passage of one call
MAX_SAID = 12  # units that conclude from what a call returned
LOOK_BACK = 40  # turns before a call in which its request may stand
_SPEAKS = (Role.THOUGHT, Role.REPLY)
_VALUES = re.compile(r"\b(?=\w*\d)\w{3,}\b|\b[A-Z]{3,}\b")
_NAME = re.compile(r"\b(?:[A-Z][A-Z0-9]{2,}|\d{2,})\b")
_INSTEAD = re.compile(r"\binstead\b", re.IGNORECASE)
_QUESTION = re.compile(r"(?:what|which|how|when|where|who|why|do|does|is|are|can|could)\b", re.IGNORECASE)


def compact_calls(page: TracePage) -> tuple[TextUnit, ...]:
    """Return what carries the solution of a trace with tools, in order."""
    turns = _drop_failed(page.text, read_turns(page.text))
    units = [unit for place, turn in enumerate(turns) for unit in keep_of_turn(turns, place, page)]
    asked = {turn.start for turn in turns if turn.role is Role.USER}
    while units and (is_remark(units[-1]) or units[-1].leads or units[-1].paragraph in asked):
        units.pop()
    return tuple(units)


def find_call_passages(page: TracePage) -> list[StepPassage | RefusedDraft]:
    """Return the rounds that reach what was asked for, then single calls outside of them, and the refused drafts."""
    turns = _drop_failed(page.text, read_turns(page.text))
    drafts = [_draft_round(turns, first, stop, page=page) for first, stop in _list_rounds(turns, page.text)]
    taken = {unit.span.start for draft in drafts if isinstance(draft, StepPassage) for unit in draft.units}
    calls = [place for place, turn in enumerate(turns) if turn.role is Role.CALL and turn.start not in taken]
    drafts += [_draft_call(turns, place, page) for place in calls]
    passages = [draft for draft in drafts if isinstance(draft, StepPassage)]
    chosen = sorted(passages, key=lambda passage: -passage.score)[:MAX_STEPS]
    refused = [draft for draft in drafts if isinstance(draft, RefusedDraft)]
    return [*sorted(chosen, key=lambda passage: passage.units[0].span.start), *refused]


def _drop_failed(text: str, turns: Sequence[Turn]) -> list[Turn]:
    """Leave out what hands in the answer, verdicts on it, and calls that failed without telling anything of use."""
    kept: list[Turn] = []
    handed_in = False
    for place, turn in enumerate(turns):
        said = text[turn.body : turn.end]
        if turn.role is Role.CALL:
            handed_in = is_answer(name_of_call(said))
        returned = turn.role is Role.RETURNED
        if (handed_in and turn.role in (Role.CALL, Role.RETURNED)) or (returned and _judges(said)):
            continue
        answers = returned and bool(kept) and kept[-1].role is Role.CALL and bool(said.strip())
        made = text[kept[-1].body : kept[-1].end] if answers else ""
        if answers and has_failed(said) and not _is_used(said, turns, place, text=text, call=made):
            kept.pop()
            continue
        kept.append(turn)
    return kept


def _judges(returned: str) -> bool:
    """Whether a tool judges the whole attempt."""
    return load_example_phrases().verdicts.search(returned[:SHORT_VERDICT]) is not None


def _is_used(returned: str, turns: Sequence[Turn], place: int, *, text: str, call: str) -> bool:
    """Whether the next thought or reply concludes something from what a tool returned."""
    later = (turns[at] for at in range(place + 1, len(turns)))
    said = next((text[turn.body : turn.end] for turn in later if turn.role in _SPEAKS), "")
    shared = words_of(INTENT.sub(" ", said)) & words_of(returned[:MAX_RETURNED])
    return len(shared - words_of(call) - common_words()) > 1


def _list_rounds(turns: Sequence[Turn], text: str) -> Iterator[tuple[int, int]]:
    """Yield where rounds begin and end: from a user's request to the next; without users, a thought and its call."""
    if not any(turn.role is Role.USER for turn in turns):
        for place, turn in enumerate(turns):
            if turn.role is Role.CALL and place and turns[place - 1].role in _SPEAKS:
                yield place - 1, _end_of_call(turns, place)
        return
    begins = [p for p, turn in enumerate(turns) if turn.role is Role.USER and asks_anew(text[turn.body : turn.end])]
    yield from zip(begins, [*begins[1:], len(turns)], strict=False)


def _end_of_call(turns: Sequence[Turn], place: int) -> int:
    """Return the place after the thought that follows what a call returned."""
    end = place + 1
    while end < len(turns) and turns[end].role is Role.RETURNED:
        end += 1
    while end < len(turns) and turns[end].role in _SPEAKS:
        end += 1
    return end


def _draft_round(turns: Sequence[Turn], first: int, stop: int, *, page: TracePage) -> StepPassage | RefusedDraft:
    """Return the passage of all that is done for a request, or for what a thought announces."""
    text, opening = page.text, turns[first]
    said = text[opening.body : opening.end].strip()
    goal = max(list_requests(said), key=len, default="") if opening.role is Role.USER else find_intent(said)
    calls = [turn for turn in turns[first:stop] if turn.role is Role.CALL]
    if opening.role is not Role.USER:
        goal = narrow_goal(goal, text[calls[0].body : calls[0].end])
    fault = _find_call_fault(goal, calls, text)
    if opening.role is not Role.USER and not fault and is_bare(goal, text[calls[0].body : calls[0].end]):
        fault = RefusalReason.NO_PURPOSE
    if fault == RefusalReason.UNCHANGED and opening.role is Role.USER:
        return draft_refusal(goal, turns, (first, stop), page=page)
    if fault:
        return RefusedDraft(goal or said[:80], fault)
    places = [place for place in range(first + 1, stop) if turns[place].role is not Role.USER]
    if opening.role is Role.USER:
        units = end_in_statement([unit for place in places for unit in keep_of_turn(turns, place, page)])
        if _changes(goal) and units:
            units = _end_with_change(units, _last_change(calls, text), goal=goal, page=page)
    else:
        units = [unit for place in places for unit in keep_of_turn(turns, place, page)]
        if any(_INSTEAD.search(unit.text) for unit in units if unit.span.start > calls[-1].end):
            return RefusedDraft(goal, RefusalReason.NOT_FOUND)
        units = end_in_statement(units)
        units = units if _is_closed(units, calls[-1], page) else []
    joined = join_tool_units(units, text)
    if len(units) < MIN_UNITS or len(joined.split()) > MAX_ROUND_WORDS:
        return RefusedDraft(goal, RefusalReason.NO_RESULT if len(units) < MIN_UNITS else RefusalReason.TOO_LONG)
    return StepPassage(goal, tuple(units), joined, 2.0 + min(len(units), 8) / 8)


def _find_call_fault(goal: str, calls: Sequence[Turn], text: str) -> Fault:
    """Return why calls cannot reach a goal, or why that is no key."""
    if fault := find_goal_fault(goal) if goal else RefusalReason.KEY_WITHOUT_GOAL:
        return fault
    names = [name_of_call(text[call.body : call.end]) for call in calls]
    if all(map(is_answer, names)):
        return RefusalReason.NOT_EXECUTED
    if all(map(hands_over, names)):
        return RefusalReason.HANDED_OVER
    changed = [name for name in names if not only_reads(name) and (not hands_over(name) or hands_over(goal))]
    return RefusalReason.UNCHANGED if _changes(goal) and not changed else ""


def _changes(goal: str) -> bool:
    """Whether a goal is to change something, which only a call can do."""
    return bool(load_example_phrases().writes & set(re.findall(r"[a-z]+", goal.lower())))


def _last_change(calls: Sequence[Turn], text: str) -> Turn:
    return [call for call in calls if not only_reads(name_of_call(text[call.body : call.end]))][-1]


def _end_with_change(units: Sequence[TextUnit], change: Turn, *, goal: str, page: TracePage) -> list[TextUnit]:
    """Leave out what follows the last change but what it returned and the sentences that report it.

    Nothing is left if the names and numbers of the goal do not occur there: something else was changed.
    """
    call = page.text[change.body : change.end]
    done = words_of(call) | words_of(goal)
    before = [unit for unit in units if unit.span.start <= change.end]
    after = [unit for unit in units if unit.span.start > change.end]
    returned = list(takewhile(lambda u: u.paragraph == after[0].paragraph and not u.text.rstrip().endswith("."), after))
    rest = after[len(returned) :]
    report = list(takewhile(lambda u: u.kind is not TextUnitKind.CODE and bool(words_of(u.text) & done), rest))
    reported = f"{call} {' '.join(unit.text for unit in (*returned, *report))}".lower()
    is_it = all(name.lower() in reported for name in _NAME.findall(goal[1:]))
    return [*before, *returned, *report] if is_it else []


def _is_closed(units: Sequence[TextUnit], call: Turn, page: TracePage) -> bool:
    """Whether something is concluded from what a call returned, or the call changed something and says so."""
    after = [unit for unit in units if unit.span.start >= call.end]
    said = [unit for unit in after if unit.paragraph != after[0].paragraph]
    made = page.text[call.body : call.end]
    if not said:
        return bool(after) and not only_reads(name_of_call(made))
    return _is_grounded(said, units, made)


def _is_grounded(said: Sequence[TextUnit], units: Sequence[TextUnit], call: str) -> bool:
    """Whether what is concluded stands in what the tool returned: two of its words, or a name or number."""
    returned = [u for u in units if u.span.start < said[0].span.start and u.kind is not TextUnitKind.CODE]
    whole = returned and not any(unit.text.endswith(":") for unit in returned)
    if whole and sum(len(unit.text) for unit in returned) <= SHORT_ANSWER:
        return True  # all that was returned is quoted
    text = " ".join(unit.text for unit in said)
    shared = words_of(text) & words_of(" ".join(unit.text for unit in returned))
    shared = shared - words_of(call) - load_example_phrases().function_words
    return len(shared) > 1 or any(word[0].isdigit() or word.capitalize() in text for word in shared)


def _draft_call(turns: Sequence[Turn], place: int, page: TracePage) -> StepPassage | RefusedDraft:
    """Return the passage of one call; its key is what it was announced as, or the request and the call in words."""
    text, turn = page.text, turns[place]
    call = text[turn.body : turn.end]
    goal = word_call(call)
    if hands_over(name_of_call(call)):
        return RefusedDraft(goal, RefusalReason.HANDED_OVER)
    if fault := find_goal_fault(goal) if goal else RefusalReason.KEY_WITHOUT_GOAL:
        return RefusedDraft(goal, fault)
    stop = _end_of_call(turns, place)
    after = [unit for at in range(place + 1, stop) for unit in keep_of_turn(turns, at, page)]
    answers = {turns[at].start for at in range(place + 1, stop) if turns[at].role is Role.RETURNED}
    returned = [unit for unit in after if unit.paragraph in answers]
    said = [unit for unit in after if unit.paragraph not in answers and not INTENT.match(unit.text)]
    if any(_INSTEAD.search(unit.text) for unit in after if unit not in said):
        return RefusedDraft(goal, RefusalReason.NOT_FOUND)
    if any(turns[at].role is Role.CALL for at in range(max(0, place - 2), min(len(turns), place + 3)) if at != place):
        # What is said after several calls is about all of them.
        own = {value for unit in returned for value in _VALUES.findall(unit.text)} | set(_VALUES.findall(call))
        said = [unit for unit in said if own & set(_VALUES.findall(unit.text))]
    reads = only_reads(name_of_call(call))
    said = said[:MAX_SAID]
    while reads and said and not _is_grounded(said[-1:], [*returned, said[-1]], call):
        said.pop()  # "I found some flights" tells nothing of them
    units = drop_orphans([*keep_call(turn, page), *returned, *said])
    joined = join_tool_units(units, text)
    reached = _is_grounded(said, units, call) if said else not reads
    is_whole = keep_call(turn, page) and len(units) >= MIN_UNITS and units[-1] in (said or returned)
    if not reached or not is_whole or len(joined.split()) > MAX_CALL_WORDS:
        return RefusedDraft(goal, RefusalReason.NO_RESULT)
    announced = _find_announcement(turns, place, page.text)
    if not announced and not said:
        return RefusedDraft(goal, RefusalReason.NOT_CONCLUDED)
    key = announced or _name_request(turns, place, goal, page=page, passage=joined)
    if reads and is_bare(key, call):
        return RefusedDraft(key, RefusalReason.NO_PURPOSE)
    return StepPassage(key, units, joined, 0.5 + (not reads))


def _find_announcement(turns: Sequence[Turn], place: int, text: str) -> str:
    """Return what a thought or reply right before a call says is done, if that is a key."""
    before = turns[place - 1] if place else None
    if before is None or before.role not in _SPEAKS:
        return ""
    intent = narrow_goal(find_intent(text[before.body : before.end]), text[turns[place].body : turns[place].end])
    return intent if intent and not find_goal_fault(intent) else ""


def _name_request(turns: Sequence[Turn], place: int, call: str, *, page: TracePage, passage: str) -> str:
    """Return the key of a call: the call and the user's request, if the passage is about the request; else the call."""
    wanted = find_request(turns[max(0, place - LOOK_BACK) : place], page.text)
    named = all(name.lower() in passage.lower() for name in _NAME.findall(wanted[1:]))
    name = name_of_call(page.text[turns[place].body : turns[place].end])
    if only_reads(name) and _changes(wanted):
        return call  # what is looked up for a change does not make it
    is_for = only_reads(name) or bool(set(re.split(r"[_.\W]", name)) & words_of(wanted))
    wanted, asks = strip_last_id(wanted), bool(_QUESTION.match(wanted))
    return f"{call} to {wanted[0].lower()}{wanted[1:]}" if wanted and named and is_for and not asks else call
