"""The steps of a trajectory: what it was split into, each a passage with a goal."""

from dataclasses import dataclass
from enum import StrEnum

from midthought.memory.records.trajectory import Span


class StepKind(StrEnum):
    """What a step does in its trajectory."""

    RESTATEMENT = "restatement"
    """The problem in other words, or what is given."""
    PLAN = "plan"
    """What will be done, without doing it."""
    WORK = "work"
    """Reaching a sub-goal: a derivation, a computation, an argument."""
    CHECK = "check"
    """Testing a result that was reached."""
    CHANGE = "change"
    """Taking back an approach, or turning to another one."""
    CODE = "code"
    """A block of code, with the text that belongs to it."""
    CALL = "call"
    """A call of a tool, with what it returned."""
    RESULT = "result"
    """Stating the final answer."""
    TALK = "talk"
    """Small talk, thanks, apologies."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a trajectory.

    The spans of the steps of a part follow each other without a gap and cover all of it. They are a tree by depth: the
    steps after one, up to the next that is not deeper, belong to it (a lemma and its proof, a case).

    Attributes:
        span: where it stands.
        kind: what it does.
        goal: what it is to reach, in the words of the trace where it has some: a heading, a self-question, "the mass of
            the lighter body". Empty if it says none.
        depth: 0 for a step of the trajectory itself.
    """

    span: Span
    kind: StepKind
    goal: str = ""
    depth: int = 0
