"""Goals of a trace with tools: what a user requests, what a thought announces, and a call in words."""

import json
import re
from collections.abc import Sequence

from midthought.ingest.extraction.compaction import words_of
from midthought.ingest.extraction.example_phrases import load_example_phrases
from midthought.ingest.extraction.goal_text import clean_goal
from midthought.ingest.extraction.goals import derive_goal, find_goal_fault
from midthought.ingest.extraction.turns import Turn, name_of_call
from midthought.ingest.extraction.units import cut_units
from midthought.ingest.steps.labels import Role
from midthought.memory.records.trajectory import Part

MAX_VALUES, MAX_VALUE = 6, 80  # values of a call in its key, and characters of one
_ID = re.compile(r"(?!\d{4}-\d\d-\d\d)(?:(?=[A-Za-z_@.-]*\d)[\w@.-]*[A-Za-z_@][\w@.-]*|#\w+|\d{5,}|[A-Z\d]{5,})")
"""A name of one record ("DF89BM", "user_4821"), which says nothing to anybody else; dates are none."""
_LAST_ID = re.compile(rf"(?:,\s+|\s+\()#?{_ID.pattern}\)?$")
_OBJECT = re.compile(r"\s+(?:(?:please|also|just|then)\s+)?([a-z][^.?!\n]{8,200})", re.IGNORECASE)
_PLEASE = re.compile(r",? please$", re.IGNORECASE)
_ASKS = re.compile(r"(?:what|which|how|when|where|do|is|are)\b.*\?$", re.IGNORECASE)
_ADDS = re.compile(r"\balso\b|\banother\b", re.IGNORECASE)
_ANNOUNCES = re.compile(
    r"\b(?:i(?:'ll| will| should| need to| have to| am going to|'m going to)|we(?:'ll| will| should| need to)"
    r"|let me|let's)\s+(?:(?:now|first|then|next|also|just)\s+){0,3}+([a-z]{3,}\s[^.?!\n]{6,160})",
    re.IGNORECASE,
)
_NEEDS = re.compile(r"\b(?:i|we) (?:now |also |still |first ){0,3}need ((?:the|an?) [^.?!\n]{4,120})", re.IGNORECASE)
_ADVERBS = re.compile(r"(?: (?:instead|next|again|first|now|too|as well|also))++$", re.IGNORECASE)
_ARGUMENT = re.compile(r"[:=]\s*(\"[^\"\n]{1,60}\"|'[^'\n]{1,60}'|-?\d[\w.-]*)")
_BRACKET = re.compile(r"[(\[]\s*([^()\[\]{}\n]{2,80}?)\s*[)\]]")


def asks_anew(said: str) -> bool:
    """Whether a user asks for something new; what only agrees or adds a detail belongs to the request before."""
    if not list_requests(said):
        return False
    return not load_example_phrases().consent.search(said.strip()) or _ADDS.search(said) is not None


def list_requests(said: str) -> list[str]:
    """Return what a user asks for, in the user's words, if it can be understood alone."""
    asked = [_OBJECT.match(said, match.end()) for match in load_example_phrases().requests.finditer(said)]
    goals = [clean_goal(_PLEASE.sub("", match[1])) for match in asked if match]
    goals += [unit.text.rstrip("?") for unit in cut_units(Part.THOUGHT, said) if _ASKS.match(unit.text)]
    return [goal for goal in goals if not find_goal_fault(goal)]


def find_request(turns: Sequence[Turn], text: str) -> str:
    """Return what the user asked for last in some turns, or an empty text."""
    for turn in reversed(turns):
        if turn.role is Role.USER and (goals := list_requests(text[turn.body : turn.end])):
            return max(goals, key=len)
    return ""


def find_intent(said: str) -> str:
    """Return what a thought or reply says is done next, the last of several; may be no key."""
    sentences = [unit.text for unit in cut_units(Part.THOUGHT, said)]
    goals = [derive_goal(sentence) or _read_announcement(sentence) for sentence in reversed(sentences)]
    goals = [_ADVERBS.sub("", re.split(r",? then ", goal)[0]).rstrip(", ") for goal in goals if goal]
    return next((goal for goal in goals if not find_goal_fault(goal)), goals[0] if goals else "")


def _read_announcement(sentence: str) -> str:
    """Return what "I will ..." announces, whatever its verb."""
    if found := _ANNOUNCES.search(sentence):
        return clean_goal(found[1])
    found = _NEEDS.search(sentence)
    return clean_goal(f"find {found[1]}") if found else ""


def narrow_goal(goal: str, call: str) -> str:
    """Leave out of "search A and B, find ..." what a call for A does not search."""
    inner = _BRACKET.search(call)
    if inner is None or inner[1] not in goal:
        return goal
    return re.sub(
        rf"(?<={re.escape(inner[1])}) and [A-Z0-9\"'][^,]*?(?=,| and (?:find|see|check)\b)", "", goal, count=1
    )


def word_call(call: str) -> str:
    """Return a call in words: its name and the short values it is given, but for the names of single records."""
    name = name_of_call(call).replace("_", " ").replace(".", " ")
    values = _list_values(call)
    if values and not (values := [value for value in values if not _ID.fullmatch(value)]):
        return clean_goal(name)
    if not values and (inner := _BRACKET.search(call)):
        values = [inner[1]]
    return clean_goal(f"{name} ({', '.join(dict.fromkeys(values))})") if values and len(values) <= MAX_VALUES else ""


def is_bare(goal: str, call: str) -> bool:
    """Whether a goal only says what is called with which values, not what for."""
    return not words_of(goal) - words_of(call.replace("_", " ")) - load_example_phrases().generic


def strip_last_id(goal: str) -> str:
    """Leave out the name of a single record at the end of a request, if something is said without it."""
    return _LAST_ID.sub("", goal)


def _list_values(call: str) -> list[str]:
    """Return the short values of a call's arguments."""
    begin, end = call.find("{"), call.rfind("}")
    try:
        given = json.loads(call[begin : end + 1]) if begin >= 0 else None
    except ValueError:
        given = None
    if isinstance(given, dict):
        return [str(v) for v in given.values() if isinstance(v, str | int | float) and len(str(v)) <= MAX_VALUE]
    return [value.strip("\"'") for value in _ARGUMENT.findall(call)]
