"""The assistant turns of a conversation that show their thought, and what belongs to each."""

from collections.abc import Sequence
from dataclasses import dataclass

from midthought.ingest.readers.chat_messages import Message
from midthought.ingest.readers.markers import MarkedText


@dataclass(frozen=True, slots=True)
class Turn:
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


def find_turns(messages: Sequence[Message], choices: Sequence[Message]) -> list[Turn]:
    """Return the turns in order, `choices` being alternatives that follow `messages`.

    Every message is kept: with the first turn that follows it (with each choice alike), or else with the last turn.
    """
    ends = [at for at, message in enumerate(messages) if message.marked is not None]
    begins = [0, *(end + 1 for end in ends)]
    shown = [choice for choice in choices if choice.marked is not None]
    silent = [choice.raw for choice in choices if choice.marked is None]
    turns = [
        _make_turn(messages[:end], messages[end], begin=begin, number=number, is_last=end == ends[-1] and not shown)
        for number, (begin, end) in enumerate(zip(begins, ends, strict=False), start=1)
    ]
    turns += [_make_turn(messages, choice, begin=begins[-1], number=len(begins), is_last=True) for choice in shown]
    after = [] if shown else [message.raw for message in messages[begins[-1] :]]
    for turn in turns[-1:]:
        turn.context.update(_filled({"messages_after": after, "choices_without_thought": silent}))
    return turns


def _make_turn(before: Sequence[Message], message: Message, *, begin: int, number: int, is_last: bool) -> Turn:
    asked = max((at for at, earlier in enumerate(before) if earlier.role == "user"), default=None)
    passed = [
        earlier.raw
        for at, earlier in enumerate(before)
        if at >= begin and earlier.raw is not None and (at != asked or earlier.others)
    ]
    context = _filled(
        {
            "messages": passed,
            "message": dict(message.others),
            "turn": None if is_last and number == 1 else number,
        }
    )
    question = before[asked].text if asked is not None else ""
    assert message.marked is not None
    return Turn(question, message.marked, context, is_last, message.cut_off)


def _filled(context: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in context.items() if value}
