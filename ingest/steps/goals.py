"""The goal of a step, in the words of the trace: a heading, a self-question, an aim, the subject of a result."""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import chain, islice

from midthought.ingest.steps.drafts import DraftStep, is_question, opening_of
from midthought.ingest.steps.labels import PROMPT, Role
from midthought.ingest.steps.openers import Opener
from midthought.ingest.steps.phrases import any_of, load_words
from midthought.ingest.steps.units import PartText, Unit, UnitKind

MAX_GOAL = 160  # characters
MAX_SUBJECT = 10  # words
MAX_AIMS = 3  # of a sentence that are looked at
MAX_CASE = 100  # characters of a clause that names a case
MIN_WORDS = 3  # of a question
SENTENCES = 4  # in which a goal is looked for
AIM_LOOK = 220  # characters of a sentence in which its aim begins

_CALL_NAME = re.compile(
    r"(?:[\"'](?:name|tool|tool_name|action|function|recipient_name)[\"']\s*:\s*[\"'])?([A-Za-z_][\w.-]{2,60})"
    r"(?=[\"'(\[{])|(?:action|tool|function)\b[^:\n]{0,12}:\s*([A-Za-z_][\w.-]{2,60})|(?:name|function)=[\"']?([\w.-]+)",
    re.IGNORECASE,
)
# The first short value in a call, or what stands in its brackets.
_ARGUMENT = re.compile(r"[(\[{]\s*(?:[\w\"']+\s*[:=]\s*)?[\"']?([^\"'\n{}]{1,60}?)[\"']?\s*[)\]}]")
_WORD = re.compile(r"[^\W_](?:[\w'-]*\w)?")
# Openers whose phrase may hold the verb of the aim: "let me check", "I will use".
_WITH_VERB = (Opener.PLAN, Opener.AIM, Opener.CHECK, Opener.CASE)
_GOING_ON = (None, Opener.NEXT, Opener.CONTINUING)
# Up to the first comma or colon that stands in no bracket, no formula and no code.
_FIRST_CLAUSE = re.compile(
    r"(?:\d{1,2}[.)]\s)?((?:(?<!\w)'[^'\n]*'(?!\w)|\"[^\"\n]*\"|[^,:\n`$(\[{\"]|`[^`\n]*`|\$[^$\n]*\$|\([^()\n]*\)|\[[^\[\]\n]*\]|\{[^{}\n]*\})++)(?:,\s|:\s)"
)
_COMMA = re.compile(r",\s")
_WORD_BEFORE = re.compile(r"(\w+)\s+$")
_COMMAND = re.compile(rf"{PROMPT.pattern}|> +(\S.*)")
_STARTING = r"(?:start|starting|begin|beginning|proceed)\s+by\s+(?P<gerund>\w+ing)(?=\s)"
_BREAK = re.compile(r"\n|:\s|;\s|\s[\u2014\u2013]\s")


def goal_of_step(draft: DraftStep) -> str:
    """Return the goal that a step says, or an empty text."""
    heading = draft.units[0].heading
    if heading and heading.title:
        return _shortened(heading.title) if _names(heading.title, 1) else ""
    if Role.CALL in draft.roles:
        return _goal_of_call(draft)
    if UnitKind.FENCE in draft.kinds and (said := _last_aim(draft, _is_fence)):
        return said
    units = _spoken(draft)
    said = next(filter(None, (_goal_said(draft.text, unit) for unit in units)), "")
    return said or (_case_of(draft.text, units[0]) if units else "") or _subject_of(draft, units)


def called_name(draft: DraftStep) -> str:
    """Return the name of what a step calls, or an empty text."""
    call = next((unit for unit in draft.units if unit.role is Role.CALL), None)
    match = _CALL_NAME.search(draft.text.original, call.start, min(call.end, call.start + 400)) if call else None
    return next(filter(None, match.groups()), "") if match else ""


def _goal_of_call(draft: DraftStep) -> str:
    """Return the last aim that is said before the call, or the name of what is called."""
    said, name = _last_aim(draft, _is_call), called_name(draft)
    if said or name.lower() in load_words().finishing:
        return said
    call = next(unit for unit in draft.units if unit.role is Role.CALL)
    if match := _COMMAND.match(draft.text.original, call.start, call.end):
        command = (match[1] or match[2]).strip()
        return command if len(command) <= MAX_CASE else ""
    argument = _ARGUMENT.search(draft.text.original, call.start, call.end)
    words = name.replace("_", " ").strip()
    return f"{words} {argument[1]}" if argument and words and " " not in words else words


def _last_aim(draft: DraftStep, is_what: Callable[[Unit], bool]) -> str:
    """Return the last aim that is said before a call or a fence."""
    place = next((place for place, unit in enumerate(draft.units) if is_what(unit)), 0)
    before = [unit for unit in draft.units[:place] if unit.role is not Role.USER][-SENTENCES:]
    return next(filter(None, (aim_of(draft.text, unit) for unit in reversed(before))), "")


def _is_call(unit: Unit) -> bool:
    return unit.role is Role.CALL


def _is_fence(unit: Unit) -> bool:
    return unit.kind is UnitKind.FENCE


def _spoken(draft: DraftStep) -> Sequence[Unit]:
    """Return the sentences that may say the goal: the first ones; of a user's turn only what the user says."""
    if Role.USER in draft.roles:
        later = next((p for p, unit in enumerate(draft.units) if p and unit.opens_paragraph), len(draft.units))
        return draft.units[: min(later, SENTENCES)]
    kinds = (UnitKind.SENTENCE, UnitKind.ITEM, UnitKind.LABELLED)
    spoken: list[Unit] = []
    for unit in draft.units:
        if unit.kind in kinds and unit.role is not Role.RETURNED:
            spoken.append(unit)
        if len(spoken) == SENTENCES:
            break
    return spoken


def _goal_said(text: PartText, unit: Unit) -> str:
    if is_question(text, unit):
        return _question_of(text, unit)
    return aim_of(text, unit)


def _case_of(text: PartText, unit: Unit) -> str:
    """Return the clause by which a sentence names its case: "For the input f(3, 10)", "When n is even"."""
    if opening_of(text, unit).kind is not Opener.CASE:
        return ""
    match = _FIRST_CLAUSE.match(text.original, unit.start, min(unit.end, unit.start + MAX_CASE))
    said = match[1].strip("*_ ") if match else ""
    return said if _names(said, 1) else ""


def _question_of(text: PartText, unit: Unit) -> str:
    """Return a self-question without what it opens with; none if it names nothing."""
    label = text.original.find(":", unit.start, unit.end) + 1 if unit.role else unit.start
    said = " ".join(text.original[label : unit.end].split()).strip("*_ ")
    words = said.split(" ")
    while words and words[0].lower().strip(",.!:;") in load_words().before_questions:
        del words[0]
    said = " ".join(words)
    return said if len(said) <= MAX_GOAL and len(words) >= MIN_WORDS and _names(said, 1 + (len(words) > 4)) else ""


def aim_of(text: PartText, unit: Unit) -> str:
    """Return the aim that a sentence says: "to find X", "let's compute X", "we need to show that X", "Simplify X"."""
    end = min(unit.end, unit.start + AIM_LOOK)
    opening = opening_of(text, unit)
    first = None if opening.kind in _WITH_VERB else _verbs().match(text.lower, opening.clause, end)
    first = first or _ordered().match(text.lower, unit.start, end)
    found: Iterable[re.Match[str]] = chain(
        [first] if first else [], islice(_aims().finditer(text.lower, unit.start, end), MAX_AIMS)
    )
    return next(filter(None, (_read_aim(text, unit, match) for match in found)), "")


def has_aim(text: PartText, unit: Unit) -> bool:
    """Whether a sentence says an aim, even if it names nothing: "I need to group them"."""
    return _aims().search(text.lower, unit.start, min(unit.end, unit.start + AIM_LOOK)) is not None


def _read_aim(text: PartText, unit: Unit, match: re.Match[str]) -> str:
    before = _WORD_BEFORE.search(text.lower, max(match.start() - 20, 0), match.start())
    if before and before[1] in load_words().not_before_to:
        return ""
    is_purpose = text.lower.startswith(("to ", "in order to "), unit.start)
    finish = _end_of_object(text.lower, match.end(), unit.end, is_purpose=is_purpose, finds=bool(match["finding"]))
    said = text.original[match.end() : finish]
    hollow = said.lstrip().startswith("that ") and match["acting"] in load_words().not_before_that
    if hollow or not _names(said, 1) or _points(said):
        return ""
    goal = (
        said
        if match["finding"]
        else text.original[match.start("gerund" if match.groupdict().get("gerund") else "acting") : finish]
    )
    return _shortened(_without_tail(goal.strip().rstrip(".!?:;* ")))


def _points(said: str) -> bool:
    """Whether an object is a pronoun: "this by two"."""
    words = said.lower().split(maxsplit=2)
    return words[0] in load_words().pointing and (len(words) == 1 or words[1] in load_words().standing_alone)


def _without_tail(goal: str) -> str:
    """Return a goal without words such as "first" at its end."""
    if goal.count('"') % 2:
        goal = goal.rstrip('"?!., ')
    if goal.count("(") > goal.count(")"):
        goal = goal.rpartition("(")[0].rstrip(" \\")
    while (found := goal.rpartition(" "))[0] and found[2].lower() in load_words().trailing:
        goal = found[0].rstrip(" ,")
    return goal


@cache
def _verb_groups() -> str:
    words = load_words()
    return rf"(?:(?P<finding>(?:{any_of(words.finding)})(?: out| for)?)|(?P<acting>{any_of(words.acting)}))(?=\s)"


@cache
def _verbs() -> re.Pattern[str]:
    return re.compile(rf"(?:(?:to|first|then|now|also|just)\s+)?{_verb_groups()}|{_STARTING}")


@cache
def _ordered() -> re.Pattern[str]:
    before = any_of(load_words().before_imperatives)
    return re.compile(rf"[\s*_]*(?:\d{{1,2}}[.)]\s+)?[*_]{{0,2}}(?:(?:{before}),?\s+)*{_verb_groups()}")


@cache
def _aims() -> re.Pattern[str]:
    before = any_of(load_words().before_verbs)
    return re.compile(
        rf"(?:{before}),?\s+(?:(?:first|then|now|also|next|just|quickly)\s+)?{_verb_groups()}|{_STARTING}"
    )


@cache
def _object_ends(*, finds: bool) -> re.Pattern[str]:
    """Return the pattern of a word at which a goal ends; "by" ends "find X by ...", not "divide X by ..."."""
    words = load_words().ends if finds else load_words().ends - load_words().ends_of_finding
    return re.compile(rf"\s(?:{any_of(words)})\s|\sby\s+\w+ing\b|,\s+(?:{any_of(load_words().after_goals)})\b")


def _end_of_object(lower: str, start: int, end: int, *, is_purpose: bool, finds: bool) -> int:
    """Return where the object of an aim ends."""
    first = _WORD.search(lower, start, end)
    after = first.end() if first else start
    ends = [end]
    for pattern in (_BREAK, _object_ends(finds=finds), *([_COMMA] if is_purpose else [])):
        if match := pattern.search(lower, after, ends[-1]):
            ends.append(match.start())
    return min(ends)


def _names(said: str, least: int) -> bool:
    """Whether a text holds at least so many words that name something without their context, or a formula."""
    words = _WORD.findall(said.lower())
    return sum(word not in load_words().vague for word in words) >= least


def _subject_of(draft: DraftStep, units: Iterable[Unit]) -> str:
    """Return the subject of a sentence that reaches a result: "The change in resistance is ..."."""
    if draft.is_exchange or draft.has_output:
        return ""
    for unit in units:
        if opening_of(draft.text, unit).kind not in _GOING_ON:
            continue
        match = _subjects().match(draft.text.lower, opening_of(draft.text, unit).clause, unit.end)
        said = draft.text.original[match.start("subject") : match.end("subject")] if match else ""
        said = said.rpartition("$")[0].rstrip() if said.count("$") % 2 else said
        if len(said.split()) <= MAX_SUBJECT and " and the " not in said and _names(said, 1 if "`" in said else 2):
            return f"the {said}"
    return ""


@cache
def _subjects() -> re.Pattern[str]:
    verbs = any_of(load_words().subject_verbs)
    vague = any_of(load_words().vague_subjects)
    return re.compile(rf"the\s+(?!(?:{vague})\b)(?P<subject>[^,.;:=\n]{{4,80}}?)\s(?:{verbs})\s")


def _shortened(goal: str) -> str:
    """Return a goal on one line; one that is too long ends at a comma, or is dropped."""
    goal = " ".join(goal.split())
    return goal if len(goal) <= MAX_GOAL else goal[:MAX_GOAL].rpartition(", ")[0]
