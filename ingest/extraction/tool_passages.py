"""Passages of traces with tools: the call, what of its answer is used, and what is concluded from it."""

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from midthought.ingest.extraction.compaction import drop_orphans, is_remark, words_of
from midthought.ingest.extraction.example_phrases import common_words, load_example_phrases
from midthought.ingest.extraction.extracted import RefusedDraft
from midthought.ingest.extraction.goals import clean_goal, derive_goal, find_goal_fault
from midthought.ingest.extraction.step_examples import MAX_STEPS, StepPassage
from midthought.ingest.extraction.tool_quotes import INTENT, join_tool_units, keep_call, keep_of_turn
from midthought.ingest.extraction.trace_page import TracePage
from midthought.ingest.extraction.turns import Turn, has_failed, is_answer, name_of_call, only_reads, read_turns
from midthought.ingest.extraction.units import TextUnit, TextUnitKind, cut_units
from midthought.ingest.steps.labels import Role
from midthought.memory.records.trajectory import Part, Trajectory

MAX_CALL_WORDS = 200  # of the passage of one call
MAX_ROUND_WORDS = 320  # of the passage of all that is done for a request
MAX_SAID = 12  # units that conclude from what a call returned
_VALUES = re.compile(r"\b(?=\w*\d)\w{3,}\b|\b[A-Z]{3,}\b")
_NAME = re.compile(r"\b(?:[A-Z][A-Z0-9]{2,}|\d{2,})\b")
_LATER_ONLY = re.compile(r"\binstead\b", re.IGNORECASE)
_LATER = re.compile(r"(?: (?:instead|next|again|first|now|too|as well|also))+$", re.IGNORECASE)
_OBJECT = re.compile(r"\s+(?:(?:please|also|just|then)\s+)?([a-z][^.?!\n]{8,200})", re.IGNORECASE)


def compact_calls(page: TracePage, trajectory: Trajectory) -> tuple[TextUnit, ...]:
    """Return what carries the solution of a trace with tools, in order."""
    turns = _drop_failed(page.text, read_turns(page.text))
    units = [unit for place, turn in enumerate(turns) for unit in keep_of_turn(turns, place, page)]
    asked = {turn.start for turn in turns if turn.role is Role.USER}
    while units and (is_remark(units[-1]) or units[-1].leads or units[-1].paragraph in asked):
        units.pop()
    return tuple(units)


def find_call_passages(page: TracePage, trajectory: Trajectory) -> list[StepPassage | RefusedDraft]:
    """Return the rounds that reach what was asked for, then single calls outside of them, and the refused drafts."""
    turns = _drop_failed(page.text, read_turns(page.text))
    rounds = [_draft_round(found, turns, page) for found in _list_rounds(turns, page.text)]
    taken = {unit.span.start for draft in rounds if isinstance(draft, StepPassage) for unit in draft.units}
    singles = [
        _draft_call(turns, place, page)
        for place, turn in enumerate(turns)
        if turn.role is Role.CALL and turn.start not in taken
    ]
    passages = [draft for draft in (*rounds, *singles) if isinstance(draft, StepPassage)]
    chosen = sorted(passages, key=lambda passage: -passage.score)[:MAX_STEPS]
    refused = [draft for draft in (*rounds, *singles) if isinstance(draft, RefusedDraft)]
    return [*sorted(chosen, key=lambda passage: passage.units[0].span.start), *refused]


def _draft_call(turns: Sequence[Turn], place: int, page: TracePage) -> StepPassage | RefusedDraft:
    """Return the passage of one call; its key is what the user wants, and the call in words."""
    text, turn = page.text, turns[place]
    call = text[turn.body : turn.end]
    goal = word_call(call)
    fault = find_goal_fault(goal) if goal else "key names no goal"
    if fault:
        return RefusedDraft(goal, fault)
    end = _end_of_call(turns, place)
    after = [unit for at in range(place + 1, end) for unit in keep_of_turn(turns, at, page)]
    returned = [
        unit
        for unit in after
        if any(t.role is Role.RETURNED and t.start == unit.paragraph for t in turns[place + 1 : end])
    ]
    said = [unit for unit in after if unit not in returned and not INTENT.match(unit.text)]
    if any(_LATER_ONLY.search(unit.text) for unit in after if unit not in said):
        return RefusedDraft(goal, "nothing was found")
    if any(turns[at].role is Role.CALL for at in (place - 1, place + 1, place + 2, place - 2) if 0 <= at < len(turns)):
        # What is said after several calls is about all of them.
        own = {w for unit in returned for w in _VALUES.findall(unit.text)} | set(_VALUES.findall(call))
        said = [unit for unit in said if own & set(_VALUES.findall(unit.text))]
    units = drop_orphans([*keep_call(turn, page), *returned, *said[:MAX_SAID]])
    joined = join_tool_units(units, text)
    if (
        not said
        or units[-1] not in said
        or not keep_call(turn, page)
        or len(joined.split()) > MAX_CALL_WORDS
        or not _is_grounded(said, units, call)
    ):
        return RefusedDraft(goal, "no passage that reaches a result")
    wanted = _find_request(turns, place, text)
    if wanted and all(name.lower() in joined.lower() for name in _NAME.findall(wanted[1:])):
        goal = f"{wanted}: {goal[0].lower()}{goal[1:]}"
    return StepPassage(goal, units, joined, 0.5 + (not only_reads(name_of_call(call))))


def _find_request(turns: Sequence[Turn], place: int, text: str) -> str:
    """Return what the user asked for last before a call."""
    for turn in reversed(turns[:place]):
        if turn.role is Role.USER and (goals := _list_requests(text[turn.body : turn.end])):
            return max(goals, key=len)
    return ""


def word_call(call: str) -> str:
    """Return a call in words: its name and the values it is given."""
    name = name_of_call(call).replace("_", " ").replace(".", " ")
    values = [
        value.strip("\"'") for value in re.findall(r"[:=]\s*(\"[^\"\n]{1,60}\"|'[^'\n]{1,60}'|-?\d[\w.-]*)", call)
    ]
    if not values:
        inner = re.search(r"[(\[]\s*([^()\[\]{}\n]{2,80}?)\s*[)\]]", call)
        values = [inner[1]] if inner else []
    return clean_goal(f"{name} ({', '.join(dict.fromkeys(values))})") if values and len(values) <= 6 else ""


def _drop_failed(text: str, turns: Sequence[Turn]) -> list[Turn]:
    """Leave out the calls that failed, with what they returned."""
    kept: list[Turn] = []
    handed_in = False
    for turn in turns:
        said = text[turn.body : turn.end]
        if turn.role is Role.CALL:
            handed_in = is_answer(name_of_call(said))
        if handed_in and turn.role in (Role.CALL, Role.RETURNED):
            continue
        if turn.role is Role.RETURNED and kept and kept[-1].role is Role.CALL and said.strip() and has_failed(said):
            kept.pop()
            continue
        kept.append(turn)
    return kept


def _list_rounds(turns: Sequence[Turn], text: str) -> Iterator[tuple[Turn, ...]]:
    """Yield the rounds: from a user's request to the next one; without users, from a thought to the next thought."""
    if not any(turn.role is Role.USER for turn in turns):
        for place, turn in enumerate(turns):
            if turn.role is Role.CALL:
                first = place - 1 if place and turns[place - 1].role in (Role.THOUGHT, Role.REPLY) else place
                yield tuple(turns[first : _end_of_call(turns, place)])
        return
    begin: int | None = None
    for place, turn in enumerate(turns):
        if turn.role is Role.USER and _requests(text[turn.body : turn.end]):
            if begin is not None:
                yield tuple(turns[begin:place])
            begin = place
    if begin is not None:
        yield tuple(turns[begin:])


def _requests(said: str) -> bool:
    """Whether a user asks for something new; what only agrees or adds a detail belongs to the request before."""
    goals = _list_requests(said)
    if not goals:
        return False
    return (
        not load_example_phrases().consent.search(said.strip())
        or re.search(r"\balso\b|\banother\b", said, re.IGNORECASE) is not None
    )


def _list_requests(said: str) -> list[str]:
    """Return what a user asks for, in the user's words, if it can be understood alone."""
    asked = [_OBJECT.match(said, match.end()) for match in load_example_phrases().requests.finditer(said)]
    goals = [clean_goal(match[1]) for match in asked if match]
    goals += [
        unit.text.rstrip("?")
        for unit in cut_units(Part.THOUGHT, said)
        if re.match(r"(?:what|which|how|when|where|do|is|are)\b.*\?$", unit.text, re.IGNORECASE)
    ]
    return [goal for goal in goals if not find_goal_fault(goal)]


def _end_of_call(turns: Sequence[Turn], place: int) -> int:
    """Return the place after the thought that follows what a call returned."""
    end = place + 1
    while end < len(turns) and turns[end].role is Role.RETURNED:
        end += 1
    while end < len(turns) and turns[end].role in (Role.THOUGHT, Role.REPLY):
        end += 1
    return end


def _draft_round(turns: tuple[Turn, ...], every: Sequence[Turn], page: TracePage) -> StepPassage | RefusedDraft:
    text = page.text
    goal = _goal_of_round(turns, text)
    fault = find_goal_fault(goal) if goal else "key names no goal"
    if fault:
        return RefusedDraft(goal or text[turns[0].body : turns[0].end].strip()[:80], fault)
    calls = [t for t in turns if t.role is Role.CALL]
    names = [name_of_call(text[t.body : t.end]) for t in calls]
    if not calls or all(map(is_answer, names)):
        return RefusedDraft(goal, "no call was executed")
    if load_example_phrases().writes & set(re.findall(r"[a-z]+", goal.lower())) and all(map(only_reads, names)):
        return RefusedDraft(goal, "no call changed anything")
    body = turns[1:] if turns[0].role in (Role.THOUGHT, Role.REPLY) else turns
    body = tuple(turn for turn in body if turn.role is not Role.USER)
    where = {turn.start: place for place, turn in enumerate(every)}
    units = tuple(unit for turn in body for unit in keep_of_turn(every, where[turn.start], page))
    if turns[0].role is not Role.USER and any(
        _LATER_ONLY.search(unit.text) for unit in units if unit.span.start > calls[-1].end
    ):
        return RefusedDraft(goal, "nothing was found")
    while units and (units[-1].text.endswith("?") or units[-1].leads or INTENT.match(units[-1].text)):
        units = units[:-1]
    if load_example_phrases().writes & set(re.findall(r"[a-z]+", goal.lower())):
        units = _end_with_change(
            units,
            [call for call, name in zip(calls, names, strict=True) if not only_reads(name)][-1],
            goal=goal,
            page=page,
        )
    if not units:
        return RefusedDraft(goal, "no passage that reaches a result")
    closing = (
        [unit for unit in units if unit.span.start >= calls[-1].end] if turns[0].role is not Role.USER else units[-1:]
    )
    if (
        not closing
        or len(units) < 2
        or (turns[0].role is not Role.USER and not _is_grounded(closing, units, text[calls[-1].body : calls[-1].end]))
    ):
        return RefusedDraft(goal, "no passage that reaches a result")
    joined = join_tool_units(units, text)
    if len(joined.split()) > MAX_ROUND_WORDS:
        return RefusedDraft(goal, "passage too long")
    return StepPassage(goal, units, joined, 2.0 + min(len(units), 8) / 8)


def _end_with_change(units: Sequence[TextUnit], change: Turn, *, goal: str, page: TracePage) -> tuple[TextUnit, ...]:
    """Leave out what follows the last change but what it returned and the sentences that report it.

    Nothing is left if the names and numbers of the goal do not occur there: something else was changed.
    """
    call = page.text[change.body : change.end]
    done = words_of(call) | words_of(goal)
    before = [unit for unit in units if unit.span.start <= change.end]
    after = [unit for unit in units if unit.span.start > change.end]
    returned = (
        list(takewhile(lambda u: u.paragraph == after[0].paragraph and not u.text.rstrip().endswith("."), after))
        if after
        else []
    )
    report = list(
        takewhile(lambda u: u.kind is not TextUnitKind.CODE and words_of(u.text) & done, after[len(returned) :])
    )
    reported = f"{call} {' '.join(unit.text for unit in (*returned, *report))}".lower()
    return (*before, *returned, *report) if all(name.lower() in reported for name in _NAME.findall(goal[1:])) else ()


def _is_grounded(closing: Sequence[TextUnit], units: Sequence[TextUnit], call: str) -> bool:
    """Whether what is concluded stands in what the tool returned: two of its words, or a name or number."""
    said = " ".join(unit.text for unit in closing)
    returned = " ".join(unit.text for unit in units if unit.span.start < closing[0].span.start)
    shared = (words_of(said) & words_of(returned)) - words_of(call) - common_words()
    return len(shared) >= 2 or any(word[0].isdigit() or word.capitalize() in said for word in shared)


def _goal_of_round(turns: Sequence[Turn], text: str) -> str:
    """Return what a user requests or a thought intends, in its words."""
    first = turns[0]
    said = text[first.body : first.end].strip()
    if first.role is Role.USER:
        return max(_list_requests(said), key=len, default="")
    sentences = [unit.text for unit in cut_units(Part.THOUGHT, said)]
    goals = [goal for sentence in reversed(sentences) if (goal := derive_goal(sentence))]
    goals = [_LATER.sub("", re.split(r",? then ", goal)[0]).rstrip(", ") for goal in goals]
    return next((goal for goal in goals if not find_goal_fault(goal)), goals[0] if goals else "")
