"""What a step does, by its units and by what its sentences open with."""

import re
from collections.abc import Sequence
from itertools import takewhile

from midthought.ingest.steps.aims import aim_of
from midthought.ingest.steps.calls import called_name
from midthought.ingest.steps.drafts import DraftStep, ends_with, is_question, is_reply, opening_of, said_from
from midthought.ingest.steps.headings import kind_of_title
from midthought.ingest.steps.labels import Role, is_strong_output
from midthought.ingest.steps.openers import Opener
from midthought.ingest.steps.phrases import load_words
from midthought.ingest.steps.replies import is_talk, settles, takes_leave
from midthought.ingest.steps.results import has_equation
from midthought.ingest.steps.units import PartText, Unit, UnitKind
from midthought.memory.records.step import StepKind

PASSING = 400  # characters of a step of plan or talk
RESTATED = 900  # characters of a step that restates the problem
SENTENCES = 3  # by which prose is judged
LATE = 0.75  # the share of a text after which an answer that is stated is the final one
BEFORE_TURN = 60  # characters before the sentence by which a step is a change, a check or a result
MAX_STATED = 100  # characters of an answer that is looked for in the last step of its thought
BRIEF = 100  # characters of a last step that says nothing but the answer
MAX_BESIDE = 90  # characters of a turn of small talk that say something else
MAX_FAREWELL = 250  # the same of the last turn, which nobody answers
SHORT_ANSWER = 250  # characters of an answer that is nothing but the answer

_CONCLUDES = re.compile(r"\b(?:so|therefore|thus|hence)\b,? ")
_MATHEMATICS = re.compile(
    r"[`~]{3,}[ \t]*\n[^#\"';]*[\u00d7\u00f7\u00b7\u2248\u221a\u222b\u2211\u00b2\u00b3\u2070-\u209f\u0391-\u03c9]"
)
_FENCED = re.compile(r"[`~]{3,}\w*\s*\n\s*(\w+)")
_PLAIN_CHECK = re.compile(r"(?<!double )(?<!sanity )(?<![\w-])check[\s,:]*$")
_CHECKED = re.compile(r"(?:`[^`]*`|[^:;`])++")  # what follows a colon is found, not checked
_SIGN = re.compile(r"\s*[#<*\[]+[A-Z_ ]+[#>*\]]*\s*")  # ###STOP###
_UNSEEN = re.compile(r"[\s\"'`]+")
_NUMBER = re.compile(r"[-$\u20ac\u00a3]{0,2}\d[\d.,]*%?")
_TURNS = {Opener.CHANGE: StepKind.CHANGE, Opener.CHECK: StepKind.CHECK, Opener.RESULT: StepKind.RESULT}
_PLANNING = frozenset({Opener.PLAN, Opener.AIM})
_AFTER_RESULT = frozenset({StepKind.RESULT, StepKind.CHECK, StepKind.TALK})


def kinds_of_steps(drafts: Sequence[DraftStep], *, answer: str | None) -> list[StepKind]:
    """Return the kind of each step of a part: of a thought that leads to `answer`, or of the answer itself if None."""
    is_answer = answer is None
    runs_code = any(_is_observed(draft) for draft in drafts)
    kinds = [_kind_of_step(draft, runs_code=runs_code) for draft in drafts]
    if kinds and kinds[0] in (StepKind.PLAN, StepKind.WORK) and not is_answer and _asks(drafts[0]):
        kinds[0] = StepKind.RESTATEMENT
    if not is_answer and kinds == [StepKind.RESTATEMENT] and not drafts[0].is_exchange:
        kinds = [StepKind.WORK]  # all that is thought
    if is_answer and len(kinds) == 1 and kinds[0] is StepKind.WORK and drafts[0].size <= SHORT_ANSWER:
        return [StepKind.RESULT]
    if drafts and "\\boxed" in _text_of(drafts[-1]) and kinds[-1] is StepKind.WORK:
        kinds[-1] = StepKind.RESULT
    if answer and kinds and kinds[-1] is StepKind.WORK and _states(drafts[-1], answer.strip()):
        kinds[-1] = StepKind.RESULT
    for place, draft in enumerate(drafts[:-1]):
        if kinds[place] is StepKind.RESULT and answer and _misses(draft, answer.strip()):
            kinds[place] = StepKind.WORK
    return _keep_final_results(drafts, kinds)


def _misses(draft: DraftStep, answer: str) -> bool:
    """Whether a step of prose states something else than the short answer: "The function returns at once"."""
    said = draft.text.lower[draft.start : draft.end]
    return (
        _is_prose(draft)
        and len(answer) <= MAX_STATED
        and not _holds(draft.text, answer, draft.start, draft.end)
        and "answer" not in said
    )


def _states(draft: DraftStep, answer: str) -> bool:
    """Whether the last step of a thought only states its short answer: "4. So f('ab') returns 'B'".

    Its first sentence does; what comes before a statement is work.
    """
    is_short = len(answer) <= MAX_STATED and draft.size <= SHORT_ANSWER
    concludes = draft.size <= BRIEF or _CONCLUDES.match(draft.text.lower, draft.start) is not None
    return bool(answer) and is_short and concludes and _holds(draft.text, answer, draft.start, draft.units[0].end)


def _holds(text: PartText, answer: str, start: int, end: int) -> bool:
    """Whether a passage holds an answer, whatever blanks and quotes stand in it: "[(1, 2)]" and "[(1,2)]"."""
    return _UNSEEN.sub("", answer) in _UNSEEN.sub("", text.original[start:end])


def _asks(draft: DraftStep) -> bool:
    """Whether the first step of a thought says what is to be reached: "We need to return the length of ..."."""
    if draft.size > PASSING or draft.has_equation or not draft.kinds <= {UnitKind.SENTENCE}:
        return False
    first = draft.units[0]
    said = draft.text.lower[first.start : first.end]
    return opening_of(draft.text, first).kind is Opener.AIM and any(word in said for word in load_words().asking)


def _keep_final_results(drafts: Sequence[DraftStep], kinds: list[StepKind]) -> list[StepKind]:
    """Return the kinds, with an answer that is stated early and worked on as a step of work."""
    is_final = True
    last = max((place for place, kind in enumerate(kinds) if kind is StepKind.RESULT), default=0)
    for place in range(len(kinds) - 1, -1, -1):
        is_final = is_final and kinds[place] in _AFTER_RESULT
        if kinds[place] is StepKind.RESULT and not _is_stated_for_good(drafts, place, last=last, is_final=is_final):
            kinds[place] = StepKind.WORK
    return kinds


def _is_stated_for_good(drafts: Sequence[DraftStep], place: int, *, last: int, is_final: bool) -> bool:
    """Whether a step that states a result states the final one: a heading says so, or nothing but results follows."""
    draft = drafts[place]
    stated_first = place == 0 and opening_of(draft.text, draft.units[0]).kind is Opener.RESULT
    if stated_first or draft.units[0].heading is not None:
        return True
    if place != last and _is_prose(draft) and "answer" not in draft.text.lower[draft.start : draft.end]:
        return False  # of several, the last one
    return is_final or draft.start >= LATE * drafts[-1].end


def _is_prose(draft: DraftStep) -> bool:
    return draft.kinds <= {UnitKind.SENTENCE, UnitKind.ITEM}


def _text_of(draft: DraftStep) -> str:
    return draft.text.original[draft.start : draft.end]


def _kind_of_step(draft: DraftStep, *, runs_code: bool) -> StepKind:
    if Role.CALL in draft.roles:
        return _kind_of_call(called_name(draft).lower())
    if Role.RETURNED in draft.roles and UnitKind.FENCE not in draft.kinds and Role.CELL not in draft.roles:
        return StepKind.CALL  # called in a way of its own
    if Role.CELL in draft.roles or (UnitKind.FENCE in draft.kinds and not _is_formula(draft)):
        return _kind_of_code(draft, runs_code=runs_code)
    heading = draft.units[0].heading
    if heading and (kind := kind_of_title(heading.word or heading.title)):
        return StepKind(kind)
    if heading and _NUMBER.fullmatch(heading.title):
        return StepKind.RESULT  # "#### 15"
    if Role.ANSWER in draft.roles:
        return StepKind.RESULT
    if Role.USER in draft.roles:
        return _kind_of_turn(draft)
    return _kind_of_prose(draft)


def _kind_of_call(name: str) -> StepKind:
    """Return what a call of a tool does; one that only notes a thought does nothing outside."""
    if name in load_words().finishing:
        return StepKind.RESULT
    return StepKind.WORK if name in load_words().thinking else StepKind.CALL


def _is_formula(draft: DraftStep) -> bool:
    """Whether the fences of a step hold formulas: they name no language, and have signs that code has not."""
    fences = (draft.text.original[u.start : u.end] for u in draft.units if u.kind is UnitKind.FENCE)
    return all(_MATHEMATICS.match(fence) for fence in fences)


def _kind_of_code(draft: DraftStep, *, runs_code: bool) -> StepKind:
    """Return whether a block of code is an action: a thought leads to it, or observations follow such blocks."""
    if Role.CELL in draft.roles or not (Role.THOUGHT in draft.roles or runs_code):
        return StepKind.CODE
    fence = next(unit for unit in draft.units if unit.kind is UnitKind.FENCE)
    command = _FENCED.match(draft.text.lower, fence.start, fence.end)
    finishes = command is not None and command[1] in load_words().finishing
    return StepKind.RESULT if finishes else StepKind.CALL


def _is_observed(draft: DraftStep) -> bool:
    lower = draft.text.lower
    return UnitKind.FENCE in draft.kinds and any(
        unit.role is Role.RETURNED
        and (lower[unit.start] == "<" or is_strong_output(lower[unit.start : unit.start + 40]))
        for unit in draft.units
    )


def _kind_of_turn(draft: DraftStep) -> StepKind:
    """Return talk for thanks and greetings, work if a reply decides something, else restatement."""
    label = draft.units[0]
    if _SIGN.fullmatch(draft.text.original, said_from(draft.text, label), label.end):
        return StepKind.TALK
    turn = list(takewhile(lambda unit: unit is label or not is_reply(unit), draft.units))
    reply = draft.units[len(turn) :]
    is_polite = all(is_talk(draft.text, unit) for unit in reply) or takes_leave(draft.text, reply)
    if not is_polite and settles(draft.text, reply):
        return StepKind.WORK
    is_last = turn[-1].end >= len(draft.text.original)
    max_beside = MAX_FAREWELL if is_last else MAX_BESIDE if reply else 0
    thanks = is_polite and _is_small_talk(draft, turn, max_beside=max_beside)
    return StepKind.TALK if thanks else StepKind.RESTATEMENT


def _is_small_talk(draft: DraftStep, turn: Sequence[Unit], *, max_beside: int) -> bool:
    """Whether a user only thanks, greets or says goodbye; before a polite reply, something may stand beside it."""
    openings = [opening_of(draft.text, unit).kind is Opener.TALK for unit in turn]
    beside = sum(_said_size(draft, unit) for unit, talks in zip(turn, openings, strict=True) if not talks)
    asks = any(is_question(draft.text, unit) or aim_of(draft.text, unit) for unit in turn)
    return any(openings) and beside <= max_beside and not asks


def _said_size(draft: DraftStep, unit: Unit) -> int:
    """Return the length of what a unit says; a sign such as ###STOP### says nothing."""
    said = draft.text.original[said_from(draft.text, unit) : unit.end].strip()
    return 0 if _SIGN.fullmatch(said) else len(said)


def _kind_of_prose(draft: DraftStep) -> StepKind:
    units = draft.prose(SENTENCES) or draft.units[:1]
    kinds = [opening_of(draft.text, unit).kind for unit in units]
    says = [kind for kind in kinds if kind not in (Opener.TALK, Opener.PLAN, Opener.CONTINUING, None)]
    if says and says[0] is Opener.CHECK and _looks_up(draft, units[kinds.index(Opener.CHECK)]):
        return StepKind.WORK
    if says and says[0] in _TURNS and units[kinds.index(says[0])].start - draft.start <= BEFORE_TURN:
        return _TURNS[says[0]]
    if says and says[0] is Opener.RESTATEMENT and draft.size <= RESTATED and not _works(draft):
        return StepKind.RESTATEMENT
    if draft.size <= PASSING and not draft.has_result and draft.kinds <= {UnitKind.SENTENCE}:
        if kinds[0] is Opener.TALK and not says:
            return StepKind.TALK
        opens = kinds[0] in _PLANNING or (kinds[-1] in _PLANNING and _announces(draft))
        if opens and not any(is_question(draft.text, unit) for unit in units):
            return StepKind.PLAN
    return StepKind.WORK


def _announces(draft: DraftStep) -> bool:
    """Whether a step only leads in what follows: "The input is 'ab'. Let's trace the loop:"."""
    return draft.size <= BRIEF and ends_with(draft.text, draft.units[-1], (":", "\uff1a"))


def _looks_up(draft: DraftStep, unit: Unit) -> bool:
    """Whether "let me check" says that something is looked at, not that a result is tested: "check all cases"."""
    lower, clause = draft.text.lower, opening_of(draft.text, unit).clause
    if _PLAIN_CHECK.search(lower[unit.start : clause]) is None:
        return False
    checked = _CHECKED.match(lower, clause, min(unit.end, clause + PASSING))
    said = re.findall(r"[\w'-]+", checked[0] if checked else "")
    return load_words().checked.isdisjoint(said)


def _works(draft: DraftStep) -> bool:
    """Whether a step goes on from what is given: a later sentence computes."""
    return any(
        has_equation(draft.text.original, unit.start, unit.end)
        for unit in draft.units
        if unit.kind is UnitKind.FORMULA or opening_of(draft.text, unit).kind is not Opener.RESTATEMENT
    ) or (len(draft.units) > 1 and _CONCLUDES.search(draft.text.lower, draft.units[1].start, draft.end) is not None)
