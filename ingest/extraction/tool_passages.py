"""Passages of traces with tools: the call, what of its answer is used, and what is concluded from it."""

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from midthought.ingest.steps.labels import Role

from midthought.ingest.extraction.compaction import drop_orphans, is_doubtful, is_remark, words_of
from midthought.ingest.extraction.extracted import RefusedDraft
from midthought.ingest.extraction.goals import clean_goal, derive_goal, find_goal_fault
from midthought.ingest.extraction.phrases import load_phrases
from midthought.ingest.extraction.step_examples import MAX_STEPS, StepPassage
from midthought.ingest.extraction.trace_page import TracePage
from midthought.ingest.extraction.turns import Turn, has_failed, is_answer, name_of_call, only_reads, read_turns
from midthought.ingest.extraction.units import Unit, UnitKind, cut_units
from midthought.memory.records.trajectory import Part, Span, Trajectory

MAX_CALL = 700  # characters of a call that is kept whole; a longer one is left out
MAX_PAIRS = 12  # fields of a record that a passage quotes
MAX_QUOTES = 2  # sentences of a text that a passage quotes
MAX_CALL_WORDS = 200  # of the passage of one call
MAX_ROUND_WORDS = 320  # of the passage of all that is done for a request
MAX_SAID = 12  # units that conclude from what a call returned
MAX_CONSENT = 8  # words of a sentence that only agrees or greets
SHORT_ANSWER = 160  # characters of what a tool returned that are kept whole
AHEAD = 3  # turns after an answer in which it is used
_PAIR = re.compile(r"\"[\w -]{1,40}\":\s*(\"(?:[^\"\\]|\\.){1,160}\"|-?\d[\d.]*|true|false)")
_INTENT = re.compile(r"(?:so |now |next,? )?(?:i|we) (?:need|have|want) to\b|let me\b|i(?:'ll| will)\b", re.IGNORECASE)
_NAME = re.compile(r"\b(?:[A-Z][A-Z0-9]{2,}|\d{2,})\b")
_LATER_ONLY = re.compile(r"\binstead\b", re.IGNORECASE)
_LATER = re.compile(r"(?: (?:instead|next|again|first|now|too|as well|also))+$", re.IGNORECASE)
_COMMON = frozenset(
    "the and for with was were has have had been are not its his her their more most this that from which who".split()
)
_MARKER = re.compile(r"\W*[A-Z_]{3,}\W*$")
_STATUS = re.compile(r"\"(?:status|result|success|state|message)\":\s*\"?[\w ]{1,40}\"?")
_VALUE = re.compile(r"[\w.@#$%-]{2,}")
_OBJECT = re.compile(r"\s+(?:(?:please|also|just|then)\s+)?([a-z][^.?!\n]{8,200})", re.IGNORECASE)


def compact_calls(page: TracePage, trajectory: Trajectory) -> tuple[Unit, ...]:
    """Return what carries the solution of a trace with tools, in order."""
    turns = _drop_failed(page.text, read_turns(page.text))
    units = [unit for place, turn in enumerate(turns) for unit in _keep_of_turn(turns, place, page)]
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
    after = [unit for at in range(place + 1, end) for unit in _keep_of_turn(turns, at, page)]
    returned = [
        unit
        for unit in after
        if any(t.role is Role.RETURNED and t.start == unit.paragraph for t in turns[place + 1 : end])
    ]
    said = [unit for unit in after if unit not in returned and not _INTENT.match(unit.text)]
    if any(_LATER_ONLY.search(unit.text) for unit in after if unit not in said):
        return RefusedDraft(goal, "nothing was found")
    units = drop_orphans([*_keep_call(turn, page), *returned, *said[:MAX_SAID]])
    joined = join_tool_units(units, text)
    if (
        not said
        or not _keep_call(turn, page)
        or len(joined.split()) > MAX_CALL_WORDS
        or not _is_grounded(said, units, call)
    ):
        return RefusedDraft(goal, "no passage that reaches a result")
    wanted = _find_request(turns, place, text)
    wanted = f"{wanted}: {goal[0].lower()}{goal[1:]}" if wanted else goal
    return StepPassage(wanted, units, joined, 0.5 + (not only_reads(name_of_call(call))))


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
        not load_phrases().consent.search(said.strip())
        or re.search(r"\balso\b|\banother\b", said, re.IGNORECASE) is not None
    )


def _list_requests(said: str) -> list[str]:
    """Return what a user asks for, in the user's words, if it can be understood alone."""
    asked = [_OBJECT.match(said, match.end()) for match in load_phrases().requests.finditer(said)]
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


def _only_consents(text: str) -> bool:
    """Whether a user only agrees, thanks or greets."""
    phrases = load_phrases()
    sentences = [s for s in re.split(r"(?<=[.!?])\s+", text.strip()) if s]
    return (
        all(
            (phrases.consent.search(s) or phrases.greetings.search(s) or phrases.small_talk.search(s))
            and not phrases.requests.search(s)
            for s in sentences
        )
        and len(text.split()) < 30
    )


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
    if load_phrases().writes & set(re.findall(r"[a-z]+", goal.lower())) and all(map(only_reads, names)):
        return RefusedDraft(goal, "no call changed anything")
    body = turns[1:] if turns[0].role in (Role.THOUGHT, Role.REPLY) else turns
    body = tuple(turn for turn in body if turn.role is not Role.USER)
    where = {turn.start: place for place, turn in enumerate(every)}
    units = tuple(unit for turn in body for unit in _keep_of_turn(every, where[turn.start], page))
    if turns[0].role is not Role.USER and any(
        _LATER_ONLY.search(unit.text) for unit in units if unit.span.start > calls[-1].end
    ):
        return RefusedDraft(goal, "nothing was found")
    while units and (units[-1].text.endswith("?") or units[-1].leads or _INTENT.match(units[-1].text)):
        units = units[:-1]
    if load_phrases().writes & set(re.findall(r"[a-z]+", goal.lower())):
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


def _end_with_change(units: Sequence[Unit], change: Turn, *, goal: str, page: TracePage) -> tuple[Unit, ...]:
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
    report = list(takewhile(lambda u: u.kind is not UnitKind.CODE and words_of(u.text) & done, after[len(returned) :]))
    reported = f"{call} {' '.join(unit.text for unit in (*returned, *report))}".lower()
    return (*before, *returned, *report) if all(name.lower() in reported for name in _NAME.findall(goal[1:])) else ()


def _is_grounded(closing: Sequence[Unit], units: Sequence[Unit], call: str) -> bool:
    """Whether what is concluded stands in what the tool returned: two of its words, or a name or number."""
    said = " ".join(unit.text for unit in closing)
    returned = " ".join(unit.text for unit in units if unit.span.start < closing[0].span.start)
    shared = (words_of(said) & words_of(returned)) - words_of(call) - load_phrases().generic - _COMMON
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


def _keep_of_turn(turns: Sequence[Turn], place: int, page: TracePage) -> tuple[Unit, ...]:
    """Return what a passage keeps of a turn."""
    turn, text = turns[place], page.text
    if turn.role in (Role.CALL, Role.CELL):
        return _keep_call(turn, page)
    if turn.role is Role.RETURNED:
        return _quote_returned(turns, place, page)
    if turn.role is Role.SYSTEM or (turn.role is Role.USER and _only_consents(text[turn.body : turn.end])):
        return ()
    units = cut_units(page.part, text, start=turn.body, end=turn.end)
    load_phrases()
    if turn.role is Role.USER:
        said = [u for u in units if not _says_nothing(u)]
        return (
            tuple(Unit(u.span, u.text, u.kind, turn.start) for u in said)
            if len(text[turn.body : turn.end].split()) < 80
            else ()
        )
    return drop_orphans(
        [unit for unit in units if not (is_remark(unit) or is_doubtful(unit) or _MARKER.match(unit.text))]
    )


def _says_nothing(unit: Unit) -> bool:
    """Whether a sentence of a user only agrees, greets or thanks."""
    phrases, text = load_phrases(), unit.text
    talks = phrases.consent.search(text) or phrases.greetings.search(text) or phrases.small_talk.search(text)
    return _MARKER.match(text) is not None or (talks is not None and len(text.split()) < MAX_CONSENT)


def _keep_call(turn: Turn, page: TracePage) -> tuple[Unit, ...]:
    start, end = turn.start, turn.start + len(page.text[turn.start : turn.end].rstrip())
    if end - start > MAX_CALL or is_answer(name_of_call(page.text[turn.body : end])):
        return ()
    return (Unit(Span(page.part, start, end), page.text[start:end], UnitKind.CODE, turn.start),)


def _quote_returned(turns: Sequence[Turn], place: int, page: TracePage) -> tuple[Unit, ...]:
    """Return what the next turns use of what a tool returned: fields of a record, or sentences of a text."""
    turn, text = turns[place], page.text
    returned = text[turn.body : turn.end].rstrip()
    if not returned:
        return ()
    if len(returned) <= SHORT_ANSWER:
        return (_quote(page, turn.start, turn.body + len(returned), turn),)
    later = " ".join(text[t.body : t.end] for t in turns[place + 1 :][:AHEAD] if t.role is not Role.RETURNED)
    call = text[turns[place - 1].body : turns[place - 1].end] if place else ""
    if returned.lstrip()[:1] in "[{":
        return _quote_fields(page, turn, later=later, known=call)
    return _quote_sentences(page, turn, later=later, known=call)


def _quote_fields(page: TracePage, turn: Turn, *, later: str, known: str) -> tuple[Unit, ...]:
    """Return the fields whose values are used later and are not known from the call; else what says that it worked."""
    used = set(_VALUE.findall(later.lower()))
    known = known.lower()
    quoted: list[Unit] = []
    seen: set[str] = set()
    for pair in _PAIR.finditer(page.text, turn.body, turn.end):
        whole = pair[1].strip('"').lower()
        values = _VALUE.findall(whole.replace("_", " "))
        if (
            pair[0] in seen
            or not values
            or whole in known
            or not (whole in used or all(value in used for value in values))
        ):
            continue
        seen.add(pair[0])
        quoted.append(_quote(page, pair.start(), pair.end(), turn))
    if not quoted and (status := _STATUS.search(page.text, turn.body, turn.end)):
        quoted.append(_quote(page, status.start(), status.end(), turn))
    return (_label(page, turn), *quoted[:MAX_PAIRS]) if quoted else ()


def _quote_sentences(page: TracePage, turn: Turn, *, later: str, known: str) -> tuple[Unit, ...]:
    """Return the sentences that share most words with what is concluded."""
    wanted = words_of(later) - words_of(known)
    units = cut_units(page.part, page.text, start=turn.body, end=turn.end)
    scored = [(len(words_of(unit.text) & wanted), -place, unit) for place, unit in enumerate(units)]
    best = sorted((s for s in scored if s[0] >= 2), reverse=True, key=lambda s: s[:2])
    kept: list[Unit] = []
    for _, _, unit in best:
        new = (words_of(unit.text) & wanted) - {word for other in kept for word in words_of(other.text)} - _COMMON
        if len(kept) < MAX_QUOTES and len(new) > 1:
            kept.append(unit)
    quotes = [_quote(page, u.span.start, u.span.end, turn) for u in sorted(kept, key=lambda u: u.span.start)]
    return (_label(page, turn), *quotes) if quotes else ()


def _label(page: TracePage, turn: Turn) -> Unit:
    """Return the label of what a tool returned."""
    return _quote(page, turn.start, turn.start + len(page.text[turn.start : turn.body].rstrip()), turn)


def _quote(page: TracePage, start: int, end: int, turn: Turn) -> Unit:
    return Unit(Span(page.part, start, end), page.text[start:end], UnitKind.SENTENCE, turn.start)


def join_tool_units(units: Sequence[Unit], text: str) -> str:
    """Return the units as one text: fields of one answer on one line, everything else on lines of its own."""
    pieces: list[str] = []
    before: Unit | None = None
    for unit in units:
        if before is not None:
            gap, same = text[before.span.end : unit.span.start], before.paragraph == unit.paragraph
            if same and before.text.endswith(":") and before.text.count(" ") < 3:
                pieces.append(" ")
            elif same and unit.text.startswith('"') and before.text.startswith('"'):
                pieces.append(", ")
            else:
                pieces.append(gap if gap and not gap.strip() else "\n")
        pieces.append(unit.text)
        before = unit
    return "".join(pieces)
