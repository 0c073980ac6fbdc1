"""The goal of a step, in the words of the trace: a heading, a self-question, an aim, the subject of a result."""

import re
from collections.abc import Iterable, Sequence
from functools import cache

from midthought.ingest.steps.aims import MAX_GOAL, aim_of, names_something, shortened, without_tail
from midthought.ingest.steps.calls import aim_before_code, fenced_command, goal_of_call
from midthought.ingest.steps.drafts import DraftStep, is_question, is_reply, opening_of, said_from
from midthought.ingest.steps.headings import BOLD_RANK, NUMBER_RANK, Heading
from midthought.ingest.steps.labels import Role
from midthought.ingest.steps.openers import Opener
from midthought.ingest.steps.phrases import any_of, load_words
from midthought.ingest.steps.requests import request_of
from midthought.ingest.steps.results import has_equation
from midthought.ingest.steps.units import PartText, Unit, UnitKind

MAX_SUBJECT = 10  # words
MIN_WORDS = 3  # of a question
SENTENCES = 4  # in which a goal is looked for

_CODE = re.compile(r"`[^`]*`")
_CLAUSE = re.compile(
    r"\band the\b|\b(?:will|would|is|are|was|has|have|can|satisf(?:y|ies)|obeys?)\b"
)  # more than one thing, or a clause
_LITERAL = re.compile(r"(?<!\w)'[^'\n]*'(?!\w)|\"[^\"\n]*\"")
_GOING_ON = (None, Opener.NEXT, Opener.CONTINUING)


def goal_of_step(draft: DraftStep) -> str:
    """Return the goal that a step says, or an empty text."""
    heading = draft.units[0].heading
    if heading and heading.title and not _is_sentence(heading):
        return shortened(heading.title) if _names_part(heading) else ""
    if Role.CALL in draft.roles:
        return goal_of_call(draft)
    if UnitKind.FENCE in draft.kinds and (said := aim_before_code(draft)):
        return said
    if UnitKind.FENCE in draft.kinds and Role.RETURNED in draft.roles and Role.CELL not in draft.roles:
        return fenced_command(draft)
    units = _spoken(draft)
    if Role.USER in draft.roles:
        return next(filter(None, (request_of(draft.text, unit) for unit in units)), "")
    return _goal_of_prose(draft, units)


def _goal_of_prose(draft: DraftStep, units: Sequence[Unit]) -> str:
    """Return what the first sentence says to be reached, else the aim of a later one, else what one of them reaches."""
    if not units:
        return ""
    first = units[0]
    said = _goal_said(draft.text, first) or _subject_of(draft, units[:1])
    later = (_goal_said(draft.text, unit) for unit in units[1:])
    return said or next(filter(None, later), "") or _subject_of(draft, units[1:])


def _is_sentence(heading: Heading) -> bool:
    """Whether a numbered line that ends in a colon is a sentence: "2. The loop adds the following:"."""
    if heading.rank != NUMBER_RANK:
        return False
    said = heading.title.lower()
    if said.endswith(load_words().unfinished):
        return True
    return said.startswith(load_words().conditional) or _subjects().match(f"{said} ") is not None


def _names_part(heading: Heading) -> bool:
    """Whether a title says what its part is to reach; "For n = 2", "At i = 0" and "The loop starts" do not."""
    said = heading.title.lower()
    words = re.findall(r"[^\W_][\w'-]*", _LITERAL.sub("", _CODE.sub("", said)))
    if not any(len(word) > 1 and not word.isdigit() and word not in load_words().vague for word in words):
        return False
    if heading.rank < BOLD_RANK:
        return True
    return words[0] not in load_words().phrase_openers and load_words().phrase_verbs.isdisjoint(words)


def _spoken(draft: DraftStep) -> Sequence[Unit]:
    """Return the sentences that may say the goal: the first ones; of a user's turn only what the user says."""
    if Role.USER in draft.roles:
        later = next((p for p, unit in enumerate(draft.units) if p and is_reply(unit)), len(draft.units))
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
    return _question_of(text, unit) if is_question(text, unit) else aim_of(text, unit)


def _question_of(text: PartText, unit: Unit) -> str:
    """Return a self-question without what it opens with; none if it names nothing."""
    said = " ".join(text.original[said_from(text, unit) : unit.end].split()).strip("*_ ")
    words = said.split(" ")
    while words and words[0].lower().strip(",.!:;") in load_words().before_questions:
        del words[0]
    said = " ".join(words)
    asks = len(said) <= MAX_GOAL and len(words) >= MIN_WORDS and names_something(said, 1 + (len(words) > 4))
    return said if asks else ""


def _subject_of(draft: DraftStep, units: Iterable[Unit]) -> str:
    """Return the subject of a sentence that reaches a result: "The change in resistance is ..."."""
    if draft.is_exchange or draft.has_output:
        return ""
    for unit in units:
        if opening_of(draft.text, unit).kind not in _GOING_ON:
            continue
        match = _subjects().match(draft.text.lower, opening_of(draft.text, unit).clause, unit.end)
        said = draft.text.original[match.start("subject") : match.end("subject")] if match else ""
        said = without_tail(said.rpartition("$")[0].rstrip() if said.count("$") % 2 else said)
        reaches = match is not None and has_equation(draft.text.original, match.end("subject"), unit.end)
        if reaches and len(said.split()) <= MAX_SUBJECT and _names_quantity(said):
            return f"the {said}"
    return ""


def _names_quantity(subject: str) -> bool:
    """Whether a subject is one thing, and says which one in words, not only in code."""
    named = names_something(_LITERAL.sub("", subject), 2) and names_something(_CODE.sub("", subject), 1)
    return named and _CLAUSE.search(subject.lower()) is None


@cache
def _subjects() -> re.Pattern[str]:
    verbs = any_of(load_words().subject_verbs)
    vague = any_of(load_words().vague_subjects)
    return re.compile(rf"the\s+(?!(?:{vague})\b)(?P<subject>[^,.;:=\n]{{2,80}}?)\s(?:{verbs})\s")
