"""The last text of a user in a request: what is searched for, and where a hint before the thought stands."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from midthought.api.proxy.proxy_kind import ProxyKind
from midthought.memory.records.control_marks import CHAT_MARKS

_TEXT_TYPES = ("text", "input_text")
_LISTS = {ProxyKind.CHAT: "messages", ProxyKind.MESSAGES: "messages", ProxyKind.RESPONSES: "input"}
"""The field with the turns of a conversation."""
_ROLE = re.compile(r"(?:system|user|assistant|human|tool)\b:?", re.IGNORECASE)
"""Templates write the name of a role before its turn."""

Body = Mapping[str, Any]


def find_question(kind: ProxyKind, body: Body) -> str:
    """Return the last text of a user; empty if there is none. Of a prompt, it is the last turn that says something."""
    if kind is ProxyKind.COMPLETIONS:
        prompt = body.get("prompt")
        return _clean(_last_turn(prompt)) if isinstance(prompt, str) else ""
    turns = body.get(_LISTS.get(kind, ""))
    if kind is ProxyKind.RESPONSES and isinstance(turns, str):
        return _clean(turns)
    found = _find_turn(turns)
    return "" if found is None else _clean("\n".join(_texts(found.turns[found.place]["content"])))


def append_text(kind: ProxyKind, body: Body, text: str) -> Body:
    """Return a body with a text behind the last text of the user; the body itself if it has none.

    The text becomes a part of the user's own: a template may not expect one more turn, or one more part.
    """
    name = _LISTS.get(kind, "")
    turns = body.get(name)
    if kind is ProxyKind.RESPONSES and isinstance(turns, str):
        return {**body, name: f"{turns}\n\n{text}"}
    found = _find_turn(turns)
    if found is None:
        return body
    old, place = found.turns, found.place
    turn = {**old[place], "content": _append(old[place]["content"], text)}
    return {**body, name: [*old[:place], turn, *old[place + 1 :]]}


def last_role(kind: ProxyKind, body: Body) -> str:
    """Return the role of the last turn; empty if there is none."""
    turns = body.get(_LISTS.get(kind, ""))
    last = turns[-1] if isinstance(turns, list) and turns else None
    role = last.get("role") if isinstance(last, dict) else None
    return role if isinstance(role, str) else ""


@dataclass(frozen=True, slots=True)
class _UserTurn:
    """One turn of a conversation, by its place."""

    turns: list[Any]
    place: int


def _find_turn(turns: object) -> _UserTurn | None:
    """Return the last turn of a user that has a text."""
    if not isinstance(turns, list):
        return None
    for place in range(len(turns) - 1, -1, -1):
        turn = turns[place]
        if isinstance(turn, dict) and turn.get("role") == "user" and any(map(str.strip, _texts(turn.get("content")))):
            return _UserTurn(turns, place)
    return None


def _texts(content: object) -> Sequence[str]:
    if isinstance(content, str):
        return [content]
    return [part["text"] for part in content if _is_text(part)] if isinstance(content, list) else []


def _append(content: Any, text: str) -> Any:
    if isinstance(content, str):
        return f"{content}\n\n{text}"
    place = max(place for place, part in enumerate(content) if _is_text(part))
    part = {**content[place], "text": f"{content[place]['text']}\n\n{text}"}
    return [*content[:place], part, *content[place + 1 :]]


def _is_text(part: Any) -> bool:
    return isinstance(part, dict) and part.get("type") in _TEXT_TYPES and isinstance(part.get("text"), str)


def _last_turn(prompt: str) -> str:
    """Return what stands last between the control marks of a prompt, the name of its role left out."""
    for part in reversed(CHAT_MARKS.split(prompt)):
        if text := _ROLE.sub("", part.strip(), count=1).strip():
            return text
    return ""


def _clean(text: str) -> str:
    """Return text that can be searched for and stored: without NUL, and without halves of surrogate pairs."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
