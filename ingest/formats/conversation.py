"""Conversations with a reasoning model: a trajectory for every turn that shows its thought."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from midthought.ingest.formats.assembly import assemble
from midthought.ingest.formats.chat_messages import Message, read_choice, read_message
from midthought.ingest.formats.chat_turns import ThinkingTurn, find_turns
from midthought.ingest.formats.fields import Fields
from midthought.ingest.formats.labels import Labels, take_known_labels
from midthought.memory.errors import BadInput
from midthought.memory.records.trajectory import Outcome, Trajectory

MAX_REPEATED = 64 << 20
"""Characters of questions and metadata that the trajectories of one record may hold in all: twice the longest line."""


def assemble_turns(
    fields: Fields, messages: Sequence[object], choices: Sequence[object] = (), *, labels: Labels | None = None
) -> tuple[Trajectory, ...]:
    """Return one trajectory for every assistant turn that shows its thought, in order.

    `messages` is the conversation; `choices` are alternative last turns of it, as a server answers. The verdict
    (`labels`, by default the fields ``gold``, ``outcome`` or ``correct``, ``finished``) is on the last turn. Raises
    `BadInput`.
    """
    try:
        turns = _read_turns(fields, messages, choices)
    except BadInput as error:
        raise fields.bad(error.reason) from None
    labels, last = labels or take_known_labels(fields), [turn for turn in turns if turn.is_last]
    # One verdict cannot be right for several different answers.
    if len(last) > 1 and labels.outcome is not Outcome.UNKNOWN:
        raise fields.bad(f"one verdict for {len(last)} choices: expected a record for each")
    if not turns:
        raise fields.bad("no thought: no assistant message has 'reasoning_content', 'reasoning' or <think>")
    return tuple(_assemble_all(fields, turns, labels=labels))


def _read_turns(fields: Fields, items: Sequence[object], alternatives: Sequence[object]) -> list[ThinkingTurn]:
    messages = [read_message(item, number=number) for number, item in enumerate(items, start=1)]
    choices = [read_choice(item, number=number) for number, item in enumerate(alternatives, start=1)]
    # A bare response of a server does not repeat what was asked.
    if "question" in fields and not any(message.role == "user" for message in messages):
        messages.insert(0, Message("user", fields.take_text("question")))
    return find_turns(messages, choices)


def _assemble_all(fields: Fields, turns: Sequence[ThinkingTurn], *, labels: Labels) -> Iterator[Trajectory]:
    """Yield every trajectory; question and record fields are on each, which must not make much of little."""
    size = 0
    for turn in turns:
        trajectory = _assemble(fields, turn, labels=labels)
        size += len(trajectory.question) + len(trajectory.metadata)
        if size > MAX_REPEATED:
            raise fields.bad(f"its {len(turns)} turns repeat question and metadata to over {MAX_REPEATED:,} characters")
        yield trajectory


def _assemble(fields: Fields, turn: ThinkingTurn, *, labels: Labels) -> Trajectory:
    """Labels are about the last turn; an earlier one was followed by another, so it was finished."""
    if not turn.is_last:
        labels = Labels(finished=True, source=labels.source, model=labels.model)
    elif labels.finished is None and turn.cut_off:
        labels = replace(labels, finished=False)
    found = {"chat": turn.context} if turn.context else {}
    return assemble(fields, turn.question, marked=turn.marked, labels=labels, found=found)
