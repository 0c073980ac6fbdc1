"""Lines of tools and conversations: who speaks, what is called, what came back."""

import re
from enum import StrEnum
from functools import cache

from midthought.ingest.steps.phrases import any_of, load_words, plain

LOOK = 120  # characters of a line that are looked into


class Role(StrEnum):
    """What a labelled line begins."""

    USER = "user"
    REPLY = "reply"
    SYSTEM = "system"
    THOUGHT = "thought"
    CALL = "call"
    RETURNED = "returned"
    ANSWER = "answer"
    CELL = "cell"


PROMPT = re.compile(
    r"(?:\$|>>>|\u276f|[\w.@~/:-]{1,40}[$#%>]|(?:sqlite|mysql|mariadb|irb|psql|SQL|\w{1,20}=[#>])>?) +(\S.*)"
)
OPENING_BRACKETS = ("<", "[", "{")
_CELL = re.compile(r"(?:In ?\[[ \d*]*\]|# In\[[ \d*]*\]|# ?%%) ?:?(?: |$)|\[\d+\] ?:(?: |$)")
_OUT = re.compile(r"Out ?\[[ \d]*\] ?:?")
_JSON_CALL = re.compile(
    r"[\[{\s]*\"(?:name|tool|tool_name|action|function|function_call|tool_calls?|command|recipient_name)\"\s*:\s*[\"{\[]"
)
# An object that holds a thought and what is done: {"thought": "...", "action": "click"}.
_JSON_THOUGHT = re.compile(r"\{\s*\"(?:thoughts?|thinking|reasoning|rationale)\"\s*:")
# [THOUGHT] or <answer> at the beginning of a line.
_BRACKETED = re.compile(r"[\[<]([A-Za-z_ ]{3,20})[\]>]")
_ARGUMENTS = re.compile(r"\"(?:arguments|parameters|args|input|action_input|kwargs)\"\s*:")
_SPEAKERS = (Role.USER, Role.REPLY, Role.SYSTEM, Role.RETURNED)
_CALLED = re.compile(r"(?:calling |call |called |invoke )?[a-z_][\w.]{2,60}\(\s*(?:\{|\w+\s*=|[\"'])", re.IGNORECASE)
_BRACKET = re.compile(r"[A-Z]\w{2,20}\[[^\]\n]{0,200}\]$")


def read_role(line: str, *, after_call: bool, lower: str | None = None) -> Role | None:
    """Return the role that a line without its blanks begins, or None.

    `lower` is its beginning in plain lower case, if the caller has it. Some words ("Result:", "Output:") open what a
    tool returned only if a call stands before.
    """
    head = line[:LOOK]
    if (match := _BRACKETED.match(head)) and (role := _role_by_word().get(match[1].lower())):
        return role
    if head[0] in OPENING_BRACKETS:
        role = _read_tag(head, after_call=after_call) or (Role.CELL if _CELL.match(head) else None)
        return role or (_role_in_brackets(plain(head[1:])) if head[0] == "[" else None)
    may_label = ":" in head or "\uff1a" in head or "(" in head
    if may_label and (match := _labels().match(plain(head) if lower is None else lower)):
        return _role_of_label(match, head, after_call=after_call)
    if head.isupper() and (word := head.lower()) in _role_by_word():
        return _role_by_word()[word]
    if head[0] in "IO#" and (match := _CELL.match(head) or _OUT.match(head)):
        return Role.RETURNED if head[0] == "O" else Role.CELL
    return Role.CALL if any(mark in head for mark in "$#%>\u276f") and PROMPT.match(head) else None


def _role_in_brackets(lower: str) -> Role | None:
    """Return the role of a line such as "[Tool call: list_files()]"."""
    match = _labels().match(lower)
    strong = load_words().strong
    return next((role for role in (Role.CALL, Role.RETURNED) if match and match["word"] in strong[role]), None)


@cache
def _labels() -> re.Pattern[str]:
    words = any_of({word for listed in load_words().labels.values() for word in listed})
    number, mark = r"(?:[ \t]*#?\d{1,3})?[*_]{0,2}", r"(?P<mark>:|\uff1a|[ \t](?=\w+\())"
    return re.compile(rf"[*#_>\s]{{0,5}}(?P<word>{words}){number}{mark}[*_]{{0,2}}")


@cache
def _role_by_word() -> dict[str, Role]:
    """Return the roles of labels that stand alone on a line, in capitals: DISCUSSION, ACTION, OBSERVATION."""
    labels, strong = load_words().labels, load_words().strong
    spoken = (Role.THOUGHT, Role.USER, Role.REPLY, Role.ANSWER)
    plain_roles = {word: role for role in spoken for word in labels[role]}
    return plain_roles | {word: role for role in (Role.CALL, Role.RETURNED) for word in strong[role]}


def has_label(lower: str) -> bool:
    """Whether a line in plain lower case opens with a word that says who speaks or what it is."""
    return _labels().match(lower) is not None


def is_strong_output(line: str) -> bool:
    """Whether a line in plain lower case is labelled as what a tool returned, not as the output of shown code."""
    return line.startswith(load_words().strong[Role.RETURNED])


def _role_of_label(match: re.Match[str], head: str, *, after_call: bool) -> Role | None:
    word, labels = re.sub(r"\s+", " ", match["word"]), load_words().labels
    rest = head[match.end() :].strip()
    is_bracket = rest.startswith(OPENING_BRACKETS)
    if is_bracket and word in labels[Role.REPLY] and _read_tag(rest, after_call=after_call) is Role.CALL:
        return Role.CALL
    if match["mark"].isspace():
        return Role.CALL if word in labels[Role.CALL] and _CALLED.match(rest) else None
    if after_call and word in labels[Role.RETURNED] and not _CALLED.match(rest):
        return Role.RETURNED
    roles = [role for role in Role if word in labels.get(role, ())]
    if Role.CALL in roles and not _looks_called(word, rest):
        return None
    spoken = next((role for role in roles if role is not Role.RETURNED), None)
    return spoken or (Role.RETURNED if word in load_words().strong[Role.RETURNED] else None)


def _looks_called(word: str, rest: str) -> bool:
    """Whether a label of a call stands before something that is called; a plain sentence is none."""
    if word in load_words().strong[Role.CALL]:
        return True
    return bool(rest) and bool(_CALLED.match(rest) or _BRACKET.match(rest) or rest[0] in "{[`<$")


_TAG = re.compile(r"</?\|?([a-zA-Z_][\w:.-]{1,40})(?:\|>|[\s=>:])?\s?([a-z]+)?")


def _read_tag(head: str, *, after_call: bool) -> Role | None:
    if head[0] != "<":
        calls = _JSON_CALL.match(head) and (not after_call or _ARGUMENTS.search(head))
        return Role.CALL if calls or _JSON_THOUGHT.match(head) else None
    match = _TAG.match(head)
    if match is None or head.startswith("</"):
        return None
    if match[1] in ("im_start", "start_header_id"):
        return next((role for role in _SPEAKERS if match[2] in load_words().labels.get(role, ())), None)
    words = re.split(r"[_:.-]", match[1].lower())
    returned = any(word in load_words().tags["returned"] for word in words)
    if returned:
        return Role.RETURNED
    return Role.CALL if any(word in load_words().tags["call"] for word in words) else None
