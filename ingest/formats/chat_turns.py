"""The assistant turns of a conversation that show their thought, and what belongs to each."""

from collections.abc import Sequence
from dataclasses import dataclass

from midthought.ingest.formats.chat_messages import Message
from midthought.ingest.formats.markers import MarkedText


@dataclass(frozen=True, slots=True)
class ThinkingTurn:
    """One assistant turn with a thought.

    Attributes:
        question: what the user said last before it.
        marked: its thought and answer.
        context: what else belongs to it, for the metadata.
        is_last: whether nothing with a thought follows; true for every one of several choices.
        cut_off: whether the server says that it ran out of tokens.
    """

    question: str
    marked: MarkedText
    context: dict[str, object]
    is_last: bool
    cut_off: bool


@dataclass(frozen=True, slots=True)
class _Stretch:
    """The messages since the previous thought, what the user asked last, and the message that ends it."""

    passed: Sequence[Message]
    asked: Message | None
    message: Message


def find_turns(messages: Sequence[Message], choices: Sequence[Message]) -> list[ThinkingTurn]:
    """Return the turns in order, `choices` being alternatives that follow `messages`.

    Every message is kept: with the first turn that follows it (with each choice alike), or else with the last turn.
    """
    stretches, passed, asked = _cut_stretches(messages)
    shown = [_Stretch(passed, asked, choice) for choice in choices if choice.marked is not None]
    silent = [choice.raw for choice in choices if choice.marked is None]
    last = len(stretches) + 1 if shown else len(stretches)
    turns = [_make_turn(stretch, number, last=last) for number, stretch in enumerate(stretches, start=1)]
    turns += [_make_turn(stretch, last, last=last) for stretch in shown]
    after = [] if shown else [message.raw for message in passed]
    for turn in turns[-1:]:
        turn.context.update(_filled({"messages_after": after, "choices_without_thought": silent}))
    return turns


def _cut_stretches(messages: Sequence[Message]) -> tuple[list[_Stretch], list[Message], Message | None]:
    """Return the stretches, the messages after the last one, and what the user asked last."""
    stretches: list[_Stretch] = []
    passed: list[Message] = []
    asked: Message | None = None
    for message in messages:
        if message.marked is not None:
            stretches.append(_Stretch(passed, asked, message))
            passed = []
        else:
            passed.append(message)
            asked = message if message.role == "user" else asked
    return stretches, passed, asked


def _make_turn(stretch: _Stretch, number: int, *, last: int) -> ThinkingTurn:
    message, asked = stretch.message, stretch.asked
    # The last question is the trajectory's own question; its message is kept only if it has further fields.
    kept = [earlier.raw for earlier in stretch.passed if earlier is not asked or (earlier.others and earlier.raw)]
    context: dict[str, object] = {
        "messages": kept,
        "message": dict(message.others),
        "turn": number if last > 1 else None,
    }
    assert message.marked is not None
    return ThinkingTurn(
        question=asked.text if asked is not None else "",
        marked=message.marked,
        context=_filled(context),
        is_last=number == last,
        cut_off=message.cut_off,
    )


def _filled(context: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in context.items() if value}
