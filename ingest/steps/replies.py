"""What a message of an agent to a user does: it decides, refuses, offers or computes, or only asks."""

import re
from collections.abc import Sequence
from functools import cache

from midthought.ingest.steps.drafts import is_question, opening_of, said_from
from midthought.ingest.steps.headings import NUMBER_RANK
from midthought.ingest.steps.openers import Opener
from midthought.ingest.steps.phrases import any_of, load_words
from midthought.ingest.steps.units import PartText, Unit, UnitKind

SHORT_TALK = 25  # characters of a sentence that says nothing beside thanks

_LISTED = (UnitKind.ITEM, UnitKind.BULLET, UnitKind.TABLE)
_AFFIRMS = re.compile(r"(?:yes|no|yeah|correct)\b")
_GAP = r"[\s,.!:;*_\u2014-]*"


def settles(text: PartText, reply: Sequence[Unit]) -> bool:
    """Whether a message decides, refuses, offers or computes something: more than details that it asks for."""
    settled = is_listed = False  # a list does what the sentence does that leads it in
    for unit in reply:
        is_listed = _is_listed(unit) or (is_listed and not unit.opens_line)
        does = rules(text, unit) if is_listed else not is_talk(text, unit) and _does_something(text, unit)
        settled = does or (is_listed and settled)
        if settled:
            return True
    return False


def _is_listed(unit: Unit) -> bool:
    return unit.kind in _LISTED or (unit.heading is not None and unit.heading.rank >= NUMBER_RANK)


def rules(text: PartText, unit: Unit) -> bool:
    """Whether a sentence refuses, or says what a rule does not allow."""
    return _rulings().search(text.lower, unit.start, unit.end) is not None


def concludes_request(text: PartText, message: Sequence[Unit]) -> bool:
    """Whether the last message of an agent says what was done, found or refused, not what could be done next."""
    return refuses(text, message) or (settles(text, message) and not asks_user(text, message))


def refuses(text: PartText, message: Sequence[Unit]) -> bool:
    """Whether a message refuses something, or says what a rule does not allow."""
    return any(rules(text, unit) for unit in message if not is_talk(text, unit))


def is_talk(text: PartText, unit: Unit) -> bool:
    """Whether a sentence is small talk, or too short to say something else."""
    is_short = unit.end - unit.start <= SHORT_TALK and not is_question(text, unit)
    if is_short or opening_of(text, unit).kind is not Opener.TALK:
        return is_short
    said = text.lower[said_from(text, unit) : unit.end]  # "If you need more, I can transfer you" offers
    return not (said.startswith("if ") and any(_offers(clause) for clause in said.split(", ")[1:]))


def takes_leave(text: PartText, reply: Sequence[Unit]) -> bool:
    """Whether a reply opens as goodbyes do, and asks nothing: "You're welcome! Take your time."."""
    opens = text.lower.startswith(load_words().leaving, said_from(text, reply[0]))
    return opens and not any(is_question(text, unit) for unit in reply)


def asks_user(text: PartText, reply: Sequence[Unit]) -> bool:
    """Whether the last words of a reply ask the user for something; "let me know" and the like are courtesy."""
    said = [unit for unit in reply if not is_talk(text, unit)][-1:]
    return any(is_question(text, unit) or _requests_something(text, said_from(text, unit)) for unit in said)


def _requests_something(text: PartText, start: int) -> bool:
    return text.lower.startswith(load_words().requesting, start)


def _does_something(text: PartText, unit: Unit) -> bool:
    start, affirms = _start(text, unit)
    said = text.lower[start : unit.end]
    if said.startswith(load_words().awaiting) and not affirms and not said.startswith(load_words().before_clauses):
        return False
    is_condition = said.startswith((*load_words().awaiting, *load_words().before_clauses))
    clauses = (said.split(", ")[1:] if is_condition else []) or [said]
    if any(_rulings().search(clause) for clause in clauses):
        return True
    offers = any(_offers(clause) for clause in clauses)
    return offers or not (is_question(text, unit) or any(_serves(clause) for clause in clauses))


def _offers(clause: str) -> bool:
    return _opened(clause, load_words().offering) > _opened(clause, load_words().serving)


def _serves(clause: str) -> bool:
    """Whether a clause only asks the user for something, or promises help."""
    return clause.startswith((*load_words().requesting, *load_words().serving))


def _opened(said: str, phrases: Sequence[str]) -> int:
    """Return how long the longest of some phrases is that a text opens with."""
    return max((len(phrase) for phrase in phrases if said.startswith(phrase)), default=0)


def _start(text: PartText, unit: Unit) -> tuple[int, bool]:
    """Return where a sentence begins after "Great, " and the like, and whether "yes" or "no" stands there."""
    at, affirms = said_from(text, unit), False
    while match := _passed().match(text.lower, at, unit.end):
        affirms = affirms or _AFFIRMS.match(match["word"]) is not None
        at = match.end()
    return at, affirms


@cache
def _passed() -> re.Pattern[str]:
    words = any_of((*load_words().interjections, *load_words().before_replies))
    return re.compile(rf"{_GAP}(?P<word>{words})\b{_GAP}")


@cache
def _rulings() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{any_of(load_words().rulings)})\b")
