"""What a call calls, and the goal of a step that holds a call or a block of code."""

import re
from collections.abc import Callable

from midthought.ingest.steps.aims import aim_of
from midthought.ingest.steps.drafts import DraftStep
from midthought.ingest.steps.labels import PROMPT, Role
from midthought.ingest.steps.phrases import load_words
from midthought.ingest.steps.sentences import later_sentences
from midthought.ingest.steps.units import Unit, UnitKind

SENTENCES = 4  # before a call, in which its aim is looked for
MAX_COMMAND = 100  # characters of a command that is a goal
MAX_CALL = 4_000  # characters of a call in which the key of its name stands
LOOK = 400  # characters of a call that its name stands in

_NAME = re.compile(
    r"(?:[\"'](?:name|tool|tool_name|action|function|recipient_name)[\"']\s*:\s*[\"'])?([A-Za-z_][\w.-]{2,60})"
    r"(?=[\"'(\[{])|(?:action|tool|function)\b[^:\n]{0,12}:\s*([A-Za-z_][\w.-]{2,60})|(?:name|function)=[\"']?([\w.-]+)",
    re.IGNORECASE,
)
_KEYED_NAME = re.compile(
    r"[\"'](?:name|tool|tool_name|action|function|recipient_name)[\"']\s*:\s*[\"']([A-Za-z_][\w.-]{1,60})[\"']"
)
_OPENS_TAG = re.compile(r"[\w *#]{0,40}:\s*<[^<>\n]{1,40}>\s*")
_BRACKET = re.compile(r"[(\[{]")
# The only value of a call, if it is short, or what stands in its brackets.
_ARGUMENT = re.compile(
    r"[(\[{]{1,2}\s*(?:[\"']?(?P<name>\w+)[\"']?\s*[:=]\s*)?"
    r"(?:\"(?P<quoted>[^\"\n]{1,60})\"|'(?P<single>[^'\n]{1,60})'|(?P<bare>[^\"'\n{}]{1,60}?))\s*[)\]}]"
)
_NOTE = re.compile(r"(?<=\"thought\":\")\w|(?<=\"thought\": \")\w|(?<=\"reasoning\": \")\w")
# A command after a prompt, or after a label without brackets: "$ ls", "> open drawer 1", "Action: edit 2:2".
_COMMAND = re.compile(
    rf"{PROMPT.pattern}|> +(\S.*)|(?:action|act|command|call)(?: \d+)?:\**[ \t]+([^\s(\[{{<`]+[ \t]+[^\s(\[{{<].*)",
    re.IGNORECASE,
)


def called_name(draft: DraftStep) -> str:
    """Return the name of what a step calls, or an empty text."""
    call = _call_of(draft)
    if call is None:
        return ""
    if command := _command(draft, call):
        return command.split()[0]
    original = draft.text.original
    is_object = original[call.start] == "{"
    keyed = is_object and _KEYED_NAME.search(original, call.start, min(call.end, call.start + MAX_CALL))
    match = keyed or _NAME.search(original, call.start, min(call.end, call.start + LOOK))
    return next(filter(None, match.groups()), "") if match else ""


def goal_of_call(draft: DraftStep) -> str:
    """Return the last aim that is said before the call, or what is called: a command, or a name and what it is told."""
    said, name = _last_aim(draft, _is_call), called_name(draft)
    if said or name.lower() in load_words().finishing:
        return said
    call = _call_of(draft)
    assert call is not None
    if (noted := _aim_of_note(draft, call)) or name.lower() in load_words().thinking:
        return noted
    if command := _command(draft, call):
        return command if len(command) <= MAX_COMMAND else ""
    opened = _BRACKET.search(draft.text.original, call.start, call.end)
    argument = _ARGUMENT.match(draft.text.original, opened.start(), call.end) if opened else None
    words = name.replace("_", " ").strip()
    if not words and UnitKind.FENCE in draft.kinds:
        return fenced_command(draft)
    if not argument or not words or (" " in words and argument["name"] not in load_words().telling):
        return words
    return f"{words} {argument['quoted'] or argument['single'] or argument['bare']}"


def _aim_of_note(draft: DraftStep, call: Unit) -> str:
    """Return the aim in the thought that a call holds: think({"thought": "I need to compare the fares."})."""
    note = _NOTE.search(draft.text.lower, call.start, call.end)
    if note is None:
        return ""
    end = next(later_sentences(draft.text.original, note.start(), call.end), call.end)
    return aim_of(draft.text, Unit(note.start(), end, UnitKind.SENTENCE))


def aim_before_code(draft: DraftStep) -> str:
    """Return the last aim that is said before a block of code."""
    return _last_aim(draft, _is_fence)


def fenced_command(draft: DraftStep) -> str:
    """Return the command in the first fence of a step: its only line, or its first one."""
    fence = next(filter(_is_fence, draft.units))
    lines = draft.text.original[fence.start : fence.end].split("\n")[1:]
    command = next((line.strip() for line in lines if line.strip()), "").strip("`~")
    return command if len(command) <= MAX_COMMAND else ""


def _command(draft: DraftStep, call: Unit) -> str:
    match = _COMMAND.match(draft.text.original, call.start, call.end)
    return next(filter(None, match.groups()), "").strip() if match else ""


def _last_aim(draft: DraftStep, is_what: Callable[[Unit], bool]) -> str:
    place = next((place for place, unit in enumerate(draft.units) if is_what(unit)), 0)
    before = [unit for unit in draft.units[:place] if unit.role is not Role.USER][-SENTENCES:]
    return next(filter(None, (aim_of(draft.text, unit, uses_tool=True) for unit in reversed(before))), "")


def _call_of(draft: DraftStep) -> Unit | None:
    """Return the first call of a step; a label that only opens a tag stands before it."""
    calls = list(filter(_is_call, draft.units))
    texts = (draft.text.original[unit.start : unit.end] for unit in calls[:-1])
    return next((unit for unit, text in zip(calls, texts, strict=False) if not _OPENS_TAG.fullmatch(text)), None) or (
        calls[-1] if calls else None
    )


def _is_call(unit: Unit) -> bool:
    return unit.role is Role.CALL


def _is_fence(unit: Unit) -> bool:
    return unit.kind is UnitKind.FENCE
