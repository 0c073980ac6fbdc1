"""Responses of OpenAI's Responses API: items of reasoning, messages and calls."""

from collections.abc import Sequence
from dataclasses import replace

from midthought.ingest.formats.agent import assemble_run
from midthought.ingest.formats.chat_messages import read_message
from midthought.ingest.formats.conversation import assemble_turns
from midthought.ingest.formats.fields import Fields
from midthought.ingest.formats.format import Format
from midthought.ingest.formats.labels import VERDICT_FIELDS, take_public_labels
from midthought.memory.errors import BadInput
from midthought.memory.records.trajectory import Trajectory

_CALLS = {"function_call": "arguments", "custom_tool_call": "input", "mcp_call": "arguments"}
_RESULTS = ("function_call_output", "custom_tool_call_output")


def is_responses(record: dict[str, object]) -> bool:
    """Return whether ``output`` is a list of items with types."""
    output = record.get("output")
    return isinstance(output, list) and any(isinstance(item, dict) and "type" in item for item in output)


def parse_responses(record: dict[str, object]) -> tuple[Trajectory, ...]:
    """Return a trajectory for each message or call that follows a summary of its reasoning. Raises `BadInput`.

    Without any summary (reasoning may be encrypted), the response is read as the format ``agent`` does. What was asked
    is in ``input``, a text or a list of items, or in ``question``.
    """
    fields = Fields(record, Format.RESPONSES)
    output = fields.take("output", list) or []
    asked = fields.take_any("input") or fields.take_if("question", str) or ""
    items: list[object] = [{"role": "user", "content": asked}] if isinstance(asked, str) and asked else []
    items += asked if isinstance(asked, list) else []
    try:
        messages = _read_items([*items, *output])
        shows_thought = any(read_message(one, number=number).marked for number, one in enumerate(messages, start=1))
    except BadInput as error:
        raise fields.bad(error.reason) from None
    status = fields.take_any("status")
    labels = take_public_labels(fields, verdict=VERDICT_FIELDS)
    if labels.finished is None and status == "incomplete":
        labels = replace(labels, finished=False)
    if shows_thought:
        return assemble_turns(fields, messages, labels=labels)
    return (assemble_run(fields, messages, labels=labels),)


def _read_items(items: Sequence[object]) -> list[dict[str, object]]:
    """Return items as chat messages: reasoning joins the message or call that follows it."""
    messages: list[dict[str, object]] = []
    thoughts: list[str] = []
    for number, item in enumerate(items, start=1):
        if not isinstance(item, dict):
            raise BadInput(f"item {number} is not an object")
        kind = str(item.get("type", "message"))
        if kind == "reasoning":
            thoughts.append(_read_reasoning(item))
            continue
        message = _read_item(item, kind)
        if message["role"] == "assistant" and any(thoughts):
            message["reasoning_content"] = "\n\n".join(filter(None, thoughts))
        thoughts = [] if message["role"] == "assistant" else thoughts
        messages.append(message)
    if any(thoughts):
        messages.append({"role": "assistant", "reasoning_content": "\n\n".join(filter(None, thoughts)), "content": ""})
    return messages


def _read_item(item: dict[str, object], kind: str) -> dict[str, object]:
    if kind == "message":
        return {"role": item.get("role"), "content": _leave_refusals(item.get("content"))}
    if kind in _RESULTS:
        return {"role": "tool", "tool_call_id": item.get("call_id"), "content": item.get("output")}
    arguments = (
        item.get(_CALLS[kind])
        if kind in _CALLS
        else {name: value for name, value in item.items() if name not in ("id", "type", "status")}
    )
    call = {"id": item.get("call_id"), "name": item.get("name") or kind, "arguments": arguments}
    return {"role": "assistant", "content": "", "tool_calls": [call]}


def _leave_refusals(content: object) -> object:
    """Return the content with refusals as text, which is what they are."""
    if not isinstance(content, list):
        return content
    return [
        {"type": "text", "text": part.get("refusal")}
        if isinstance(part, dict) and part.get("type") == "refusal"
        else part
        for part in content
    ]


def _read_reasoning(item: dict[str, object]) -> str:
    """Return the text of the reasoning if there is one, else its summary."""
    for name in ("content", "summary"):
        parts = item.get(name)
        texts = [part.get("text") for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
        told = [text for text in texts if isinstance(text, str) and text.strip()]
        if told:
            return "\n\n".join(told)
    return ""
