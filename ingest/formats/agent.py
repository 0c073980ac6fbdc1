"""Messages with tool calls or without a thought: the whole conversation is one trajectory.

What the assistant says, the calls that it makes and what they return become the thought, in the notation of
``notation.py``; what it says last is the answer.
"""

from collections.abc import Sequence
from dataclasses import replace

from midthought.ingest.formats.assembly import assemble, assemble_solution, is_bare_result
from midthought.ingest.formats.chat_messages import read_message
from midthought.ingest.formats.fields import Fields
from midthought.ingest.formats.format import Format
from midthought.ingest.formats.labels import VERDICT_FIELDS, Labels, read_verdict, take_public_labels
from midthought.ingest.formats.markers import MarkedText
from midthought.ingest.formats.run_events import read_events, write_run
from midthought.memory.errors import BadInput
from midthought.memory.records.trajectory import Outcome, Trajectory

MESSAGE_FIELDS = Format.AGENT.telling_fields


def is_agent(record: dict[str, object]) -> bool:
    """Return whether a record has a conversation in which no assistant message shows a thought, and one could."""
    items = next((value for name in MESSAGE_FIELDS if isinstance(value := record.get(name), list)), [])
    if "choices" in record or not items:
        return False
    try:
        messages = [read_message(item, number=number) for number, item in enumerate(items, start=1)]
        run = write_run(read_events(items))
    except BadInput:
        return False
    return not any(message.marked for message in messages) and (run.has_calls or not is_bare_result(run.answer))


def parse_agent(record: dict[str, object]) -> tuple[Trajectory, ...]:
    """Return the trajectory of a conversation, thoughts included if it has some. Raises `BadInput`."""
    fields = Fields(record, Format.AGENT)
    name = fields.find(MESSAGE_FIELDS)
    items = fields.take(name, list) if name else None
    if items is None:
        raise fields.bad(f"the messages are missing: expected a field {' or '.join(MESSAGE_FIELDS)}")
    question = fields.take_if("question", str) or _find_instruction(record)
    labels = take_public_labels(fields, verdict=VERDICT_FIELDS, model=("model_name", "agent_model"))
    reward = record.get("reward_info")
    if labels.outcome is Outcome.UNKNOWN and isinstance(reward, dict):
        labels = replace(labels, outcome=read_verdict(reward.get("reward")))
    return (assemble_run(fields, items, question=question, labels=labels),)


def assemble_run(fields: Fields, items: Sequence[object], *, labels: Labels, question: str = "") -> Trajectory:
    """Return the trajectory of messages; without tools, and with one answer only, it is a solution.

    Raises `BadInput`.
    """
    try:
        run = write_run(read_events(items), question=question)
    except BadInput as error:
        raise fields.bad(error.reason) from None
    system = [item for item in items if isinstance(item, dict) and item.get("role") in ("system", "developer")]
    found = {"chat": {"messages": system}} if system else {}
    if not run.thought:
        return assemble_solution(fields, run.question, solution=run.answer, labels=labels, found=found)
    return assemble(fields, run.question, marked=MarkedText(run.thought, run.answer), labels=labels, found=found)


def _find_instruction(record: dict[str, object]) -> str:
    """Return what tau-bench tells its simulated user to want: the user's first message is often only a greeting."""
    info = record.get("info")
    task = info.get("task") if isinstance(info, dict) else None
    instruction = task.get("instruction") if isinstance(task, dict) else None
    return instruction if isinstance(instruction, str) else ""
