"""The steps of a trajectory: what it was split into, each a passage with a goal."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from midthought.memory.records.trajectory import Part, Span, Trajectory


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


def check_steps(trajectory: Trajectory, steps: Sequence[Step]) -> None:
    """Raise `ValueError` unless the steps of each part follow each other without a gap and cover it.

    A part without any step was not split, and is not checked.
    """
    ends: dict[Part, int] = {}
    for number, step in enumerate(steps):
        expected = ends.get(step.span.part, 0)
        if step.span.start != expected:
            raise ValueError(f"step {number} must begin at {expected} of the {step.span.part}, got {step.span.start}")
        ends[step.span.part] = step.span.end
    for part, end in ends.items():
        length = len(trajectory.thought if part is Part.THOUGHT else trajectory.answer)
        if end != length:
            raise ValueError(f"the steps end at {end} of the {part}, which has {length} characters")
