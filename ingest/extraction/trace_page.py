"""The part of a trace that examples are taken from, as units, each with the step that it belongs to."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from midthought.ingest.extraction.outcomes import last_boxed
from midthought.ingest.extraction.units import TextUnit, cut_all_units
from midthought.ingest.normal_form import normalise
from midthought.memory.records.step import Step, StepKind
from midthought.memory.records.trajectory import Part, Trajectory

MIN_SOLUTION = 40  # words from which an answer is a written-out solution
MIN_SHARE = 8  # a solution has at least this share (one in eight) of the thought's words, or ...
ENOUGH = 120  # ... this many words
END = 1500  # characters at the end of an answer in which its result stands
_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class TracePage:
    """One part of a trace.

    Attributes:
        part: which part it is.
        text: all of it.
        units: its units, in order.
        steps: its steps, in order.
        owners: for each unit, the place of its step in `steps`.
        written: whether it is a written-out solution; if not, it is a thought.
        calls: whether tools are called in it.
    """

    part: Part
    text: str
    units: tuple[TextUnit, ...]
    steps: tuple[Step, ...]
    owners: tuple[int, ...]
    written: bool
    calls: bool

    def kind_at(self, place: int) -> StepKind:
        """Return the kind of the step of a unit, by the unit's place; without steps all is work."""
        return self.steps[self.owners[place]].kind if self.steps else StepKind.WORK


def read_trace_page(trajectory: Trajectory, steps: Sequence[Step]) -> TracePage:
    """Return the written-out solution if there is one, else the thought; of a trace with tools always the thought."""
    calls = any(step.kind is StepKind.CALL and step.span.part is Part.THOUGHT for step in steps)
    written = not calls and is_written_out(trajectory)
    part = Part.ANSWER if written or not trajectory.thought.strip() else Part.THOUGHT
    text = trajectory.answer if part is Part.ANSWER else trajectory.thought
    units = cut_all_units(part, text)
    own = tuple(step for step in steps if step.span.part is part)
    starts = [step.span.start for step in own]
    owners = tuple(max(0, bisect_right(starts, unit.span.start) - 1) for unit in units)
    return TracePage(part, text, units, own, owners, part is Part.ANSWER, calls)


def is_written_out(trajectory: Trajectory) -> bool:
    """Whether the answer is a solution that can be followed, not only its result."""
    words = sum(1 for _ in _WORD.finditer(trajectory.answer))
    if words < MIN_SOLUTION or not _says_result(trajectory):
        return False
    return words >= ENOUGH or words * MIN_SHARE >= sum(1 for _ in _WORD.finditer(trajectory.thought))


def _says_result(trajectory: Trajectory) -> bool:
    """Whether an answer comes to the result that the thought came to, or the thought marks none."""
    result = normalise(last_boxed(trajectory.thought))
    return not result or result in normalise(trajectory.answer[-END:])
