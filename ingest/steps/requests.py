"""What a user asks for, as a short clause: "Could you please cancel my flight?" asks to cancel the flight."""

import re
from functools import cache

from midthought.ingest.steps.aims import MAX_GOAL, end_of_object, names_something, points, shortened, without_tail
from midthought.ingest.steps.drafts import opening_of, said_from
from midthought.ingest.steps.openers import Opener
from midthought.ingest.steps.phrases import any_of, load_words
from midthought.ingest.steps.units import PartText, Unit

_CLAUSE = re.compile(r"[,;:.!?\u2014\u2013]|\bbut\b")
_HINDRANCE = re.compile(
    r"\b(?:because|since|so|unless|until|when|once|not|never|without|whether|if|reason|plan)\b|n't\b"
)
_OTHER = frozenset(Opener) - {
    Opener.CONTINUING
}  # "I will cancel the flight" and "Once we book the flight" order nothing
_NAMED = re.compile(r"\s+(?:the|my|our|an?|all|both|his|her|their)\s")
_FINITE = re.compile(r"\b(?:is|are|was|were|has|have|had|will|does|do|did|should|would)\b|'s\b")
_WHAT = re.compile(r"\bwhat(?:'s|\s(?:is|are|was|were|would be|will be))\s(?P<said>(?:the|my|our)\s[^?,;:.\n]+)\?")
_GERUND = re.compile(r",?\s(?:and|or)\s\w+ing\b")
_ADVERBS = re.compile(r"\s+(?:back|forward|ahead|in|out|through|on|over|with|for|to)\s")


def request_of(text: PartText, unit: Unit) -> str:
    """Return what a user's sentence asks for, as a verb with its object, or the object alone of "tell me the price".

    A request that points at something ("cancel that"), is denied, or stands in a reason or condition is an empty text.
    """
    opening = opening_of(text, unit)
    order = None if opening.kind in _OTHER else _orders().match(text.lower, opening.clause, unit.end)
    said = said_from(text, unit)
    found = [order] if order and _is_order(text, unit, order) else []
    found += [
        match for match in _requests().finditer(text.lower, said, unit.end) if not _is_hindered(text, said, match)
    ]
    asked = _asked_for(text, said, unit)
    return next(filter(None, (_read_request(text, unit, match) for match in found)), asked)


def _is_order(text: PartText, unit: Unit, match: re.Match[str]) -> bool:
    """Whether a sentence that opens with a verb orders something: "Cancel flight A1."; "Order A1 is late." does not."""
    named = _NAMED.match(text.lower, match.end(), unit.end) is not None
    return named or _FINITE.search(text.lower, match.end(), unit.end) is None


def _asked_for(text: PartText, start: int, unit: Unit) -> str:
    """Return what a question asks for by its name: "What is the price of a seat?" asks for the price of a seat."""
    match = _WHAT.search(text.lower, start, unit.end)
    said = text.original[match.start("said") : match.end("said")] if match and " like " not in match["said"] else ""
    return shortened(said) if names_something(said, 2) and not points(said) else ""


def _is_hindered(text: PartText, start: int, match: re.Match[str]) -> bool:
    """Whether a denial, a reason or a condition stands before a request in its clause."""
    clause = max((found.end() for found in _CLAUSE.finditer(text.lower, start, match.start())), default=start)
    return _HINDRANCE.search(text.lower, clause, match.start()) is not None


def _read_request(text: PartText, unit: Unit, match: re.Match[str]) -> str:
    finish = end_of_object(text.lower, match.end(), unit.end, is_purpose=False, finds=False)
    if found := _tails().search(text.lower, match.end(), finish):
        finish = found.start()
    if match["verb"].split()[0].endswith("ing") and (found := _GERUND.search(text.lower, match.end(), finish)):
        finish = found.start()
    said = text.original[match.end() : finish].rstrip(".!?:;* \n")
    lower = said.lower()
    if not names_something(said, 1) or points(said) or lower.lstrip().startswith(load_words().no_objects):
        return ""
    verb = _base(match["verb"])
    if verb in load_words().telling_verbs:
        return shortened(without_tail(said.strip())) if _NAMED.match(lower) else ""
    if _ADVERBS.match(lower) and verb not in load_words().acting:
        return ""
    goal = shortened(without_tail(f"{verb}{said}".strip()))
    return goal if len(goal) <= MAX_GOAL else ""


@cache
def _bases() -> dict[str, str]:
    """Return the verbs of requests by each of their forms: "cancel", "canceling", "cancelling"."""
    words = load_words()
    verbs = {*words.acting, *words.acting_with_tools, *words.finding, *words.request_verbs} - {*words.not_requested}
    bases = {verb: verb for verb in verbs}
    for verb in verbs:
        head, blank, rest = verb.partition(" ")
        for form in (f"{head}ing", f"{head[:-1]}ing", f"{head}{head[-1]}ing"):
            bases.setdefault(f"{form}{blank}{rest}", verb)
    return bases | {verb: verb for verb in words.telling_verbs}


def _base(verb: str) -> str:
    return _bases()[" ".join(verb.split())]


@cache
def _requests() -> re.Pattern[str]:
    before, order = any_of(load_words().before_requests), any_of(load_words().before_imperatives)
    return re.compile(
        rf"\b(?:(?:{before}),?\s+(?:(?:{order}|still|possibly|perhaps),?\s+)*)+(?P<verb>{any_of(_bases())})(?=\s)"
    )


@cache
def _orders() -> re.Pattern[str]:
    return re.compile(rf"(?P<verb>{any_of(_bases())})(?=\s)")


@cache
def _tails() -> re.Pattern[str]:
    """Return the pattern of the words at which a request ends."""
    return re.compile(rf"(?:,?\s+|,\s*)(?:{any_of(load_words().ends_of_requests)})\b")
