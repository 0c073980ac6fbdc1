"""The goal of a step, in the words of the trace: a heading, a self-question, an aim."""

import re
from functools import cache

from midthought.ingest.steps.joints import DraftStep
from midthought.ingest.steps.labels import Role
from midthought.ingest.steps.phrases import any_of, load_words
from midthought.ingest.steps.units import Unit, UnitKind

MAX_GOAL = 160  # characters
SENTENCES = 4  # in which an aim is looked for
_CALL_NAME = re.compile(
    r"(?:[\"'](?:name|tool|tool_name|action|function)[\"']\s*:\s*[\"'])?([A-Za-z_][\w.-]{2,60})(?=[\"'(\[{])"
    r"|(?:action|tool|function)\b[^:\n]{0,12}:\s*([A-Za-z_][\w.-]{2,60})",
    re.IGNORECASE,
)


def goal_of_step(text: str, draft: DraftStep) -> str:
    """Return the goal that a step says, or an empty text."""
    heading = draft.units[0].heading
    if heading and heading.title:
        return _shortened(heading.title)
    sentences = [unit for unit in draft.units if unit.kind in (UnitKind.SENTENCE, UnitKind.ITEM, UnitKind.LABELLED)]
    for unit in sentences[:SENTENCES]:
        if unit.role not in (Role.CALL, Role.RETURNED) and (goal := _goal_of_sentence(text[unit.start : unit.end])):
            return goal
    return _goal_of_call(text, draft)


def _goal_of_sentence(sentence: str) -> str:
    said = sentence.strip()
    if said.endswith(("?", "\uff1f")) and len(said) <= MAX_GOAL and len(said.split()) > 3:
        return said
    match = _aims().search(said[: 3 * MAX_GOAL])
    if match is None:
        return ""
    goal = match["object"] if match["finding"] else f"{match['acting']} {match['object']}"
    goal = _shortened(goal.strip(" *_`.:"))
    return "" if _is_vague(match["object"]) else goal


@cache
def _aims() -> re.Pattern[str]:
    """Return the pattern of "to find X", "let's compute X", "we need to show that X"."""
    words = load_words()
    before = any_of([*words.groups["i"], "to", "to first", "and", "please", "i want to", "then"])
    verbs = rf"(?:(?P<finding>(?:{any_of(words.finding)})(?: out| for)?)|(?P<acting>{any_of(words.acting)}))"
    return re.compile(
        rf"(?:\b(?:{before})(?: (?:first|then|now|also|next))?|^(?:\W*\d*[.)]?\W*))\s+{verbs}\s+"
        rf"(?P<object>[^\n]+?)(?=[.:;!?](?:\s|$)|,\s|\s(?:{any_of(words.ends)})\b|\n|$)",
        re.IGNORECASE,
    )


def _is_vague(said: str) -> bool:
    return all(word in load_words().vague for word in re.findall(r"[\w']+", said.lower()))


def _goal_of_call(text: str, draft: DraftStep) -> str:
    call: Unit | None = next((unit for unit in draft.units if unit.role is Role.CALL), None)
    match = _CALL_NAME.search(text, call.start, min(call.end, call.start + 400)) if call else None
    return (match[1] or match[2]).replace("_", " ") if match else ""


def _shortened(goal: str) -> str:
    goal = " ".join(goal.split())
    return goal if len(goal) <= MAX_GOAL else goal[:MAX_GOAL].rsplit(" ", 1)[0]
