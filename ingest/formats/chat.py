"""Chat messages, and the responses of servers that speak OpenAI's or Anthropic's messages."""

from midthought.ingest.formats.conversation import assemble_turns
from midthought.ingest.formats.fields import Fields
from midthought.ingest.formats.format import Format
from midthought.memory.records.trajectory import Trajectory


def is_chat(record: dict[str, object]) -> bool:
    """Return whether a record has messages, choices, or the content of an assistant in parts."""
    return "messages" in record or "choices" in record or _is_answer(record)


def parse_chat(record: dict[str, object]) -> tuple[Trajectory, ...]:
    """Return one trajectory for every assistant turn that shows its thought, in order.

    ``messages`` is the conversation. ``choices``, as an OpenAI-compatible server answers, are alternative last turns
    of it; ``role`` and ``content``, as Anthropic's answers, are its last turn. Raises `BadInput`.
    """
    fields = Fields(record, Format.CHAT)
    messages = fields.take("messages", list) or []
    choices = fields.take("choices", list) or []
    if _is_answer(record):
        answer = {"role": fields.take("role", str), "content": fields.take("content", list)}
        reason = fields.take("stop_reason", str)
        choices = [*choices, {"message": answer, **({"stop_reason": reason} if reason else {})}]
    return assemble_turns(fields, messages, choices)


def _is_answer(record: dict[str, object]) -> bool:
    return record.get("role") == "assistant" and isinstance(record.get("content"), list)
