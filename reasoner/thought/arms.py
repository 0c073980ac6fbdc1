"""The arms of a comparison: how a memory is used, if at all, for the same question, model and samples."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from midthought.memory.registry import Choice, ClassRow, Registry


class Arm(ClassRow):
    """How the memory is used. A new arm is one row here, what it writes before the thought, and one line of docs."""

    IN_THOUGHT = "in-thought", "hints in the thought, as the triggers say (the default)"
    NONE = "none", "one sample without a memory"
    LENGTH_SCALING = "length-scaling", "all samples without a memory, chosen alike: the same compute"
    HINT_FIRST = "hint-first", "hints before the thought, recalled for the question"
    TRACE_CHUNK = "trace-chunk", "parts of traces before the thought"
    REWRITTEN_TRACE = "rewritten-trace", "rewritten traces before the thought, as T3 does (arXiv 2605.03344)"

    @property
    def recalls(self) -> bool:
        """Whether it asks the memory."""
        return self in (Arm.IN_THOUGHT, Arm.HINT_FIRST)

    @property
    def reads_traces(self) -> bool:
        """Whether it puts parts of traces before the thought; the caller says what finds them."""
        return self in (Arm.TRACE_CHUNK, Arm.REWRITTEN_TRACE)


ARMS: "Registry[Arm]" = Registry("arm", *(Choice(one.value, one.summary, partial(Arm, one.value)) for one in Arm))


@dataclass(frozen=True, slots=True)
class TraceText:
    """A part of a trace, or a rewritten one, that stands before a thought.

    Attributes:
        id: names it in receipts.
        text: as the model reads it.
        score: how near it is to the question; larger is nearer.
        source: the trajectory it comes from.
    """

    id: str
    text: str
    score: float = 0.0
    source: str = ""


class FindsTraces(Protocol):
    """Finds parts of traces for a question."""

    def __call__(self, question: str, *, k: int) -> Sequence[TraceText]:
        """Return at most `k`, nearest first; none if nothing fits."""
        ...
