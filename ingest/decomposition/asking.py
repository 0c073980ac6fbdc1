"""Asking until an answer can be used: an answer that cannot is asked for again, with what was wrong with it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from midthought.ingest.decomposition.answers import AnswerFault
from midthought.ingest.decomposition.model_calls import ModelCall, ModelCalls
from midthought.ingest.language_model import Answer, Completion, CompletionRequest, PromptMessage
from midthought.memory.errors import MidthoughtError

MAX_ATTEMPTS = 3
"""At one answer: the first, and two more with what was wrong with the one before."""

Read_co = TypeVar("Read_co", covariant=True)
Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class Ask(Generic[Read_co]):
    """One thing that is asked about a trajectory.

    Attributes:
        read: returns what an answer says, or why it cannot be used.
        renews: if the last answer is kept from before and cannot be used, it is asked for anew.
    """

    trajectory_id: str
    request: CompletionRequest
    read: Callable[[Completion], Read_co | AnswerFault]
    renews: bool = False


@dataclass(frozen=True, slots=True)
class GaveUp:
    """What was wrong with the last answer, and the text of the model; that is empty if it gave none.

    Attributes:
        fault: None if there was no answer at all.
    """

    cause: str
    raw: str
    attempts: int
    fault: AnswerFault | None = None


@dataclass(frozen=True, slots=True)
class FailedAnswer:
    """A call that gave nothing usable, after all attempts at it.

    Attributes:
        stage: what it asked for.
        key: for what, as the subquestion of a subroutine; empty if the stage has none.
        cause: what was wrong last.
        raw: the last text of the model; empty if it gave none.
    """

    stage: str
    key: str
    cause: str
    raw: str
    attempts: int


AskAgain = Callable[[tuple[PromptMessage, ...], str, AnswerFault, int], tuple[PromptMessage, ...]]
"""Returns what asks again, given what was asked first, the last answer, what was wrong with it, and its attempt."""


def ask_until_usable(calls: ModelCalls, asks: Sequence[Ask[Read]], again: AskAgain) -> list[Read | GaveUp]:
    """Return what was answered to each in the end, in their order; see `ModelCalls.ask` for the errors."""
    found: dict[int, Read | GaveUp] = {}
    left = {place: ask.request for place, ask in enumerate(asks)}
    for attempt in range(1, MAX_ATTEMPTS + 1):
        asked = [ModelCall(asks[place].trajectory_id, request) for place, request in left.items()]
        answers = calls.ask(asked) if asked else []
        repeated: dict[int, CompletionRequest] = {}
        for place, answer in zip(left, answers, strict=True):
            result = found[place] = _read(asks[place], answer, attempt)
            if isinstance(result, GaveUp) and result.fault is not None and attempt < MAX_ATTEMPTS:
                first = asks[place].request
                messages = again(first.messages, result.raw, result.fault, attempt)
                repeated[place] = replace(first, messages=messages)
        if attempt == MAX_ATTEMPTS:
            found |= _renew(calls, asks, {place: left[place] for place in left if _is_unusable(found[place])})
        left = repeated
    return [found[place] for place in range(len(asks))]


def _read(ask: Ask[Read], answer: Answer, attempt: int) -> Read | GaveUp:
    if isinstance(answer, MidthoughtError):
        return GaveUp(str(answer), "", attempt)
    result = ask.read(answer)
    return GaveUp(result.kind.value, answer.text, attempt, result) if isinstance(result, AnswerFault) else result


def _is_unusable(found: object) -> bool:
    return isinstance(found, GaveUp) and found.fault is not None


def _renew(
    calls: ModelCalls, asks: Sequence[Ask[Read]], last: Mapping[int, CompletionRequest]
) -> dict[int, Read | GaveUp]:
    """Return what is answered now to the last requests whose unusable answers were kept from before."""
    kept = {place: one for place, one in last.items() if asks[place].renews and not calls.is_paid(one)}
    asked = [ModelCall(asks[place].trajectory_id, request) for place, request in kept.items()]
    answers = calls.ask(asked, anew=True) if asked else []
    return {place: _read(asks[place], answer, MAX_ATTEMPTS) for place, answer in zip(kept, answers, strict=True)}
