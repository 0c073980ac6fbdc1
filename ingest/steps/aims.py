"""The aim that a sentence says: "to find X", "let's compute X", "we need to show that X", "Simplify X"."""

import re
from collections.abc import Iterable
from functools import cache
from itertools import chain, dropwhile, islice

from midthought.ingest.steps.drafts import opening_of
from midthought.ingest.steps.openers import Opener
from midthought.ingest.steps.phrases import any_of, load_words
from midthought.ingest.steps.units import PartText, Unit

MAX_GOAL = 160  # characters
LOOK_BACK = 30  # characters before an aim in which "it seems" and "that allows us" stand
MAX_AIMS = 3  # of a sentence that are looked at
AIM_LOOK = 220  # characters of a sentence in which its aim begins

# Openers whose phrase may hold the verb of the aim: "let me check", "I will use".
_WITH_VERB = (Opener.PLAN, Opener.AIM, Opener.CHECK, Opener.CASE)
_WORD = re.compile(r"[^\W_](?:[\w'-]*\w)?")
_WORDS_BEFORE = re.compile(r"(?:(\w+)\s+)?(\w+)\s+$")
_STARTING = r"(?:start|starting|begin|beginning|proceed)\s+by\s+(?P<gerund>\w+ing)(?=\s)"
_NEEDING = r"\b(?:i|we)\s+(?:now\s+|also\s+|first\s+)?(?P<needing>need|want)(?=\s+(?:the|an?|its|their|his|her)\s)"
# The last one is the end of a value in JSON.
_BREAK = re.compile(r"\n|:\s|;\s|\s[\u2014\u2013]\s|\"\s*(?:,\s*\"|\})")
_COMMA = re.compile(r",\s")


def aim_of(text: PartText, unit: Unit, *, uses_tool: bool = False) -> str:
    """Return the aim that a sentence says: "to find X", "let's compute X", "we need to show that X", "Simplify X".

    With `uses_tool`, a call of a tool follows, or a user asks for one, and verbs such as "get" name what it is for.
    """
    end = min(unit.end, unit.start + AIM_LOOK)
    opening = opening_of(text, unit)
    first = None if opening.kind in _WITH_VERB else _verbs(uses_tool).match(text.lower, opening.clause, end)
    first = first or _ordered(uses_tool).match(text.lower, unit.start, end)
    found: Iterable[re.Match[str]] = chain(
        [first] if first else [], islice(_aims(uses_tool).finditer(text.lower, unit.start, end), MAX_AIMS)
    )
    found = dropwhile(lambda match: match[0].startswith(load_words().joining), found)  # no aim stands before it
    return next(filter(None, (_read_aim(text, unit, match) for match in found)), "")


def has_aim(text: PartText, unit: Unit) -> bool:
    """Whether a sentence says an aim, even if it names nothing: "I need to group them"."""
    return _aims(False).search(text.lower, unit.start, min(unit.end, unit.start + AIM_LOOK)) is not None


def _read_aim(text: PartText, unit: Unit, match: re.Match[str]) -> str:
    before = _WORDS_BEFORE.search(text.lower, max(match.start() - LOOK_BACK, 0), match.start())
    if before and not load_words().not_before_to.isdisjoint(before.groups()):
        return ""
    groups = match.groupdict()
    finds = bool(groups["finding"] or groups.get("needing"))
    is_purpose = text.lower.startswith(("to ", "in order to "), unit.start)
    finish = end_of_object(text.lower, match.end(), unit.end, is_purpose=is_purpose, finds=finds)
    said = text.original[match.end() : finish]
    if not names_something(said, 1) and text.lower.startswith(load_words().purposes, finish):
        finish = _end_of_clause(text.lower, match.end(), unit.end)  # "fix the function so that it pads the parts"
        said = text.original[match.end() : finish]
    hollow = said.lstrip().startswith("that ") and groups["acting"] in load_words().not_before_that
    is_attribute = said.lower().startswith(load_words().after_attributes)  # "the value to delete is 5"
    if hollow or is_attribute or not names_something(said, 1) or points(said):
        return ""
    verb = match.start("gerund" if groups.get("gerund") else "acting")
    is_series = groups["finding"] and _later_verb().search(said.lower()) is not None
    if is_series or (groups["finding"] and said.lower().startswith(load_words().keep_finding)):  # "find and take a mug"
        verb = match.start("finding")
        finds = False
    goal = said if finds else text.original[verb:finish]
    # "the prime for which ..."
    hangs = finish < unit.end and text.lower[finish].isspace() and text.lower[finish - 1] not in ".!?"
    return shortened(without_tail(goal.strip().rstrip(".!?:;* "), hangs=hangs))


def points(said: str) -> bool:
    """Whether an object is a pronoun: "this by two"."""
    words = said.lower().split(maxsplit=3)
    if words[0] in ("if", "whether") and words[1:2] and words[1] in load_words().pointing:
        return True  # "determine if it is a digit"
    return words[0] in load_words().pointing and (len(words) == 1 or words[1] in load_words().standing_alone)


def without_tail(goal: str, *, hangs: bool = False) -> str:
    """Return a goal without words such as "first" at its end, and without prepositions if `hangs`."""
    goal = goal.removesuffix(" and")
    tail = load_words().trailing | (load_words().hanging if hangs else frozenset())
    if goal.count('"') % 2:
        goal = goal.rstrip('"?!., ')
    if goal.count("(") > goal.count(")"):
        goal = goal.rpartition("(")[0].rstrip(" \\")
    while (found := goal.rpartition(" "))[0] and found[2].lower() in tail:
        goal = found[0].rstrip(" ,")
    return goal


@cache
def _verb_groups(uses_tool: bool) -> str:
    words = load_words()
    acting = any_of((*words.acting, *words.acting_with_tools) if uses_tool else words.acting)
    return rf"(?:(?P<finding>(?:{any_of(words.finding)})(?: out| for)?)|(?P<acting>{acting}))(?=\s)"


@cache
def _later_verb() -> re.Pattern[str]:
    """Return the pattern of a verb that goes on with a series: "find the name, remove it"."""
    return re.compile(rf",\s+(?:{any_of(load_words().acting)})\s")


@cache
def _verbs(uses_tool: bool) -> re.Pattern[str]:
    return re.compile(rf"(?:(?:to|first|then|now|also|just)\s+)?{_verb_groups(uses_tool)}|{_STARTING}")


@cache
def _ordered(uses_tool: bool) -> re.Pattern[str]:
    before = any_of(load_words().before_imperatives)
    return re.compile(rf"[\s*_]*(?:\d{{1,2}}[.)]\s+)?[*_]{{0,2}}(?:(?:{before}),?\s+)*{_verb_groups(uses_tool)}")


@cache
def _aims(uses_tool: bool) -> re.Pattern[str]:
    before, none = any_of(load_words().before_verbs), any_of(load_words().not_aims)
    order = r"(?:(?:first|then|now|also|next|just|quickly)\s+)?"
    aims = rf"\b(?!(?:{none})\b)(?:{before}),?\s+{order}{_verb_groups(uses_tool)}"
    return re.compile(rf"{aims}|{_STARTING}|{_NEEDING}")


@cache
def _object_ends(*, finds: bool) -> re.Pattern[str]:
    """Return the pattern of a word at which a goal ends; "by" ends "find X by ...", not "divide X by ..."."""
    words = load_words().ends if finds else load_words().ends - load_words().ends_of_finding
    return re.compile(rf"\s(?:{any_of(words)})\s|\sby\s+\w+ing\b|,\s+(?:{any_of(load_words().after_goals)})\b")


def end_of_object(lower: str, start: int, end: int, *, is_purpose: bool, finds: bool) -> int:
    """Return where the object of an aim ends."""
    first = _WORD.search(lower, start, end)
    after = first.end() if first else start
    ends = [end]
    for pattern in (_BREAK, _object_ends(finds=finds), *([_COMMA] if is_purpose else [])):
        if match := pattern.search(lower, after, ends[-1]):
            ends.append(match.start())
    return min(ends)


def _end_of_clause(lower: str, start: int, end: int) -> int:
    """Return where a clause ends: at a break, or at the end of its sentence."""
    match = _BREAK.search(lower, start, end)
    return match.start() if match else end


def names_something(said: str, least: int) -> bool:
    """Whether a text holds at least so many words that name something without their context, or a formula."""
    words = _WORD.findall(said.lower())
    return sum(word not in load_words().vague for word in words) >= least


def shortened(goal: str) -> str:
    """Return a goal on one line; one that is too long ends at a comma, or is dropped."""
    goal = " ".join(goal.split())
    return goal if len(goal) <= MAX_GOAL else goal[:MAX_GOAL].rpartition(", ")[0]
