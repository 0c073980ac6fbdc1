"""What reading gives: a trajectory and where it stood, or the reason there is none."""

from dataclasses import dataclass

from midthought.memory.records.trajectory import Trajectory


@dataclass(frozen=True, slots=True)
class ReadRecord:
    """One trajectory. `line` is the 1-based line of the decompressed text its record begins on."""

    line: int
    trajectory: Trajectory

    @property
    def characters(self) -> int:
        """The length of its texts."""
        one = self.trajectory
        return sum(map(len, (one.question, one.thought, one.answer, one.metadata)))


@dataclass(frozen=True, slots=True)
class BadRecord:
    """One record that could not be used.

    Attributes:
        line: the 1-based line of the decompressed text.
        place: the same for people, ``traces.jsonl.gz:17``.
        reason: what is wrong, and what was expected.
    """

    line: int
    place: str
    reason: str
