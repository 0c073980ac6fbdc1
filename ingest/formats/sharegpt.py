"""ShareGPT conversations, as many data sets for training have them (OpenThoughts, Sky-T1, Bespoke-Stratos)."""

from midthought.ingest.formats.agent import assemble_run
from midthought.ingest.formats.chat_messages import read_message
from midthought.ingest.formats.conversation import assemble_turns
from midthought.ingest.formats.fields import Fields
from midthought.ingest.formats.format import Format
from midthought.ingest.formats.json_line import name_kind, parse_object
from midthought.ingest.formats.labels import VERDICT_FIELDS, take_public_labels
from midthought.memory.errors import BadInput
from midthought.memory.records.trajectory import Trajectory

_ROLES = {
    "human": "user",
    "user": "user",
    "gpt": "assistant",
    "assistant": "assistant",
    "chatgpt": "assistant",
    "model": "assistant",
    "bot": "assistant",
    "system": "system",
    "tool": "tool",
    "function": "tool",
    "observation": "tool",
    "function_response": "tool",
    "tool_response": "tool",
}
_CALLERS = ("function_call", "tool_call")


def parse_sharegpt(record: dict[str, object]) -> tuple[Trajectory, ...]:
    """Return a trajectory for each turn that shows its thought; if none does, the conversation is one trajectory.

    Raises `BadInput`.
    """
    fields = Fields(record, Format.SHAREGPT)
    name = fields.find(Format.SHAREGPT.telling_fields)
    if name is None:
        raise fields.bad("field 'conversations' is missing")
    try:
        messages = [_read_turn(item, number) for number, item in enumerate(fields.take(name, list) or [], start=1)]
        shows_thought = any(read_message(item, number=number).marked for number, item in enumerate(messages, start=1))
    except BadInput as error:
        raise error if "(read as format" in error.reason else fields.bad(error.reason) from None
    system = fields.take_if("system", str)
    if system:
        messages.insert(0, {"role": "system", "content": system})
    labels = take_public_labels(fields, verdict=VERDICT_FIELDS)
    if shows_thought:
        return assemble_turns(fields, messages, labels=labels)
    return (assemble_run(fields, messages, labels=labels),)


def _read_turn(item: object, number: int) -> dict[str, object]:
    """Return a turn as a chat message; ``from`` and ``value`` are the role and the content."""
    if not isinstance(item, dict):
        raise BadInput(f"message {number} is {name_kind(item)}, expected an object")
    if "from" not in item:
        return item
    left = dict(item)
    speaker, value = left.pop("from"), left.pop("value", None)
    if speaker in _CALLERS:
        return {**left, "role": "assistant", "content": "", "tool_calls": [_read_call(value)]}
    role = _ROLES.get(speaker.strip().lower()) if isinstance(speaker, str) else None
    if role is None:
        raise BadInput(f"message {number} is from {str(speaker)[:40]!a}, expected one of {', '.join(_ROLES)}")
    return {**left, "role": role, "content": value}


def _read_call(value: object) -> dict[str, object]:
    """Return a call from its JSON ``{"name": ..., "arguments": ...}``; other text stays a call as it is."""
    try:
        call = parse_object(value) if isinstance(value, str) else value
    except BadInput:
        call = None
    return call if isinstance(call, dict) and "name" in call else {"name": "", "arguments": value}
