"""One message of a conversation: its role, text and thought."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from midthought.ingest.formats.json_line import name_kind
from midthought.ingest.formats.markers import MarkedText, split_thought
from midthought.memory.errors import BadInput

_REASONING_FIELDS = ("reasoning_content", "reasoning")
_TEXT_PARTS = ("text", "input_text", "output_text")
_THOUGHT_PARTS = {"thinking": "thinking", "reasoning": "reasoning"}
"""By the type of a content part, the field that has the thought: Anthropic's messages, and Inspect's."""
_KEPT_PARTS = ("tool_use", "redacted_thinking")


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    Attributes:
        role: who speaks: ``user``, ``assistant``, ``system``, ``tool`` and the like.
        text: what is said; parts of a multi-part message are joined as they are.
        marked: thought and answer, if an assistant shows its thought.
        others: its fields besides those.
        raw: the message as it came; None if the record has it in another form.
        cut_off: whether the server says that it ran out of tokens.
    """

    role: str
    text: str
    marked: MarkedText | None = None
    others: Mapping[str, object] = field(default_factory=dict)
    raw: object = None
    cut_off: bool = False


def read_message(item: object, *, number: int) -> Message:
    """Return the message `item` holds. Only what users and assistants say is looked into.

    Raises `BadInput`, naming the message by its number, for content other than text.
    """
    if not isinstance(item, dict):
        raise BadInput(f"message {number} is {name_kind(item)}, expected an object")
    left = dict(item)
    role = left.pop("role", None)
    if not isinstance(role, str):
        raise BadInput(f"message {number} has {name_kind(role)} as 'role', expected a string")
    # Tool and system messages may hold anything: they are kept as they came.
    if role not in ("user", "assistant") or (role == "user" and is_tool_result(item)):
        return Message("tool" if role == "user" else role, "", raw=item)
    content = left.pop("content", None)
    if role == "assistant" and isinstance(content, list):
        content = _take_parts(left, content)
    text = _read_content(content, number=number)
    marked = _take_thought(left, text, number=number) if role == "assistant" else None
    return Message(role, text, marked, left, item)


def is_tool_result(message: Mapping[str, object]) -> bool:
    """Return whether all parts of a message are results of tools: Anthropic's messages return them as the user."""
    content = message.get("content")
    parts = content if isinstance(content, list) else []
    return bool(parts) and all(isinstance(part, dict) and part.get("type") == "tool_result" for part in parts)


def _take_parts(left: dict[str, object], content: list[object]) -> list[object]:
    """Move thinking parts to a reasoning field, and calls of tools to a field of their own; return the others."""
    thoughts: list[str] = []
    kept: dict[str, list[object]] = {}
    others: list[object] = []
    for part in content:
        kind = str(part.get("type")) if isinstance(part, dict) else ""
        thought = _thought_of_part(part, kind) if isinstance(part, dict) else None
        if isinstance(thought, str):
            thoughts.append(thought)
        elif kind in _KEPT_PARTS:
            kept.setdefault(str(kind), []).append(part)
        else:
            others.append(part)
    if thoughts and not any(left.get(name) for name in _REASONING_FIELDS):
        left["reasoning"] = "\n\n".join(thoughts)
    left.update({name: parts for name, parts in kept.items() if name not in left})
    return others


def _thought_of_part(part: Mapping[str, object], kind: str) -> object:
    """Return the thought of a content part; where it is encrypted, its summary, which may be missing."""
    name = _THOUGHT_PARTS.get(kind)
    if name is None:
        return None
    return part.get("summary") or "" if part.get("redacted") is True else part.get(name)


def read_choice(item: object, *, number: int) -> Message:
    """Return the message of one of a server's ``choices``; what the choice says besides is kept under ``choice``."""
    if not isinstance(item, dict):
        raise BadInput(f"choice {number} is {name_kind(item)}, expected an object")
    message = read_message(item.get("message"), number=number)
    if message.role != "assistant":
        raise BadInput(f"choice {number} has the role {message.role[:40]!a}, expected 'assistant'")
    others = {name: value for name, value in item.items() if name != "message"}
    cut_off = item.get("finish_reason") == "length" or item.get("stop_reason") in ("max_tokens", "model_length")
    return replace(message, others={**message.others, "choice": others}, raw=item, cut_off=cut_off)


def _take_thought(left: dict[str, object], text: str, *, number: int) -> MarkedText | None:
    """Take the first reasoning field that is not blank; the other one is dropped if it says the same."""
    for name in _REASONING_FIELDS:
        value = left.get(name)
        if value is not None and not isinstance(value, str):
            raise BadInput(f"message {number} has {name_kind(value)} as {name!r}, expected a string")
    said = [name for name in _REASONING_FIELDS if str(left.get(name) or "").strip()]
    if not said:
        marked = split_thought(text)
        return marked if marked and marked.thought else None
    thought = str(left[said[0]])
    for name in _REASONING_FIELDS:
        # The other field is dropped only if it says the same, or nothing: no text may be lost.
        if left.get(name) in (thought, None, ""):
            left.pop(name, None)
    return MarkedText(thought.strip(), text.strip())


def _read_content(content: object, *, number: int) -> str:
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(_read_part(part, number=number) for part in content)
    raise BadInput(f"message {number} has {name_kind(content)} as 'content', expected a string or a list of text parts")


def _read_part(part: object, *, number: int) -> str:
    """Return the text of a content part; a question with an image in it cannot be kept as text."""
    if isinstance(part, str):
        return part
    if isinstance(part, dict) and part.get("type", "text") in _TEXT_PARTS and isinstance(part.get("text"), str):
        return str(part["text"])
    kind = part.get("type") if isinstance(part, dict) else None
    shown = f"a part of type {kind[:40]!a}" if isinstance(kind, str) else "a part without text"
    raise BadInput(f"message {number} has {shown}, expected only text parts")
