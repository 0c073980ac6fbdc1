"""Samples of Inspect logs: conversations with scores."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from midthought.ingest.formats.agent import assemble_run
from midthought.ingest.formats.chat_messages import read_message
from midthought.ingest.formats.conversation import assemble_turns
from midthought.ingest.formats.fields import Fields
from midthought.ingest.formats.format import Format
from midthought.ingest.formats.labels import Labels, read_gold, read_verdict, take_public_labels
from midthought.memory.errors import BadInput
from midthought.memory.records.trajectory import Outcome, Trajectory

_REPEATED = ("events", "store", "attachments", "events_data", "timelines")
"""What a log says of a sample again or about the program."""


def is_inspect(record: dict[str, object]) -> bool:
    """Return whether a record has the input, target and messages of a sample."""
    return {"input", "target", "messages"} <= record.keys() and isinstance(record["messages"], list)


def parse_inspect(record: dict[str, object]) -> tuple[Trajectory, ...]:
    """Return a trajectory for each turn that shows its thought; if none does, the sample is one. Raises `BadInput`.

    The verdict is that of the scores, if those that say right or wrong agree.
    """
    fields = Fields(record, Format.INSPECT)
    messages = fields.take("messages", list) or []
    labels = _take_labels(fields)
    for name in _REPEATED:
        fields.take_any(name)
    asked = fields.take_any("input")
    if isinstance(asked, str) and not any(isinstance(one, dict) and one.get("role") == "user" for one in messages):
        messages.insert(0, {"role": "user", "content": asked})
    try:
        shows_thought = any(read_message(one, number=number).marked for number, one in enumerate(messages, start=1))
    except BadInput as error:
        raise fields.bad(error.reason) from None
    messages = [_leave_origin(one) for one in messages]
    if shows_thought and not any(isinstance(one, dict) and one.get("tool_calls") for one in messages):
        return assemble_turns(fields, messages, labels=labels)
    return (assemble_run(fields, messages, labels=labels),)


def _take_labels(fields: Fields) -> Labels:
    output = fields.take_if("output", dict) or {}
    target = fields.take_any("target")
    labels = take_public_labels(fields)
    if labels.gold is None:
        # Each of several targets is right; one is enough to compare with.
        labels = replace(labels, gold=read_gold(target[:1] if isinstance(target, list) else target))
    scores = fields.take_if("scores", dict) or {}
    verdicts = {read_verdict(score.get("value") if isinstance(score, dict) else score) for score in scores.values()}
    verdicts.discard(Outcome.UNKNOWN)
    model = output.get("model")
    return replace(
        labels,
        outcome=verdicts.pop() if len(verdicts) == 1 else labels.outcome,
        model=labels.model or (model if isinstance(model, str) else ""),
        finished=False if _is_cut_off(output, fields.take_any("limit")) else labels.finished,
    )


def _is_cut_off(output: Mapping[str, object], limit: object) -> bool:
    choices = output.get("choices")
    last = choices[0] if isinstance(choices, Sequence) and choices else {}
    return bool(limit) or (isinstance(last, Mapping) and last.get("stop_reason") in ("max_tokens", "model_length"))


def _leave_origin(message: object) -> object:
    """Return a message without what says where it comes from."""
    if not isinstance(message, dict):
        return message
    return {
        name: value for name, value in message.items() if name not in ("source", "model", "id") and value is not None
    }
