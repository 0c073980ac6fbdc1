"""What becomes of traces that nobody judged, and of wrong ones."""

from dataclasses import dataclass
from enum import StrEnum

from midthought.memory.records.no_yield import NoYield
from midthought.memory.records.trajectory import Outcome, Trajectory


class UnjudgedPolicy(StrEnum):
    """What to do with a trace without a verdict, and without a gold answer to compare with."""

    SKIP = "skip"
    """Learn nothing from it."""
    ACCEPT = "accept"
    """Take it for right."""
    AGREE = "agree"
    """Take it for right if more than half of at least three attempts at its question say the same."""


class WrongPolicy(StrEnum):
    """What to do with a trace whose answer is wrong."""

    SKIP = "skip"
    """Learn nothing from it."""
    KEEP = "keep"
    """Learn from it as from a right one; what is learnt carries the outcome."""


@dataclass(frozen=True, slots=True)
class VerdictPolicy:
    """Both choices."""

    unjudged: UnjudgedPolicy = UnjudgedPolicy.SKIP
    wrong: WrongPolicy = WrongPolicy.SKIP

    def find_unfit(self, trajectory: Trajectory) -> NoYield | None:
        """Return why a judged trajectory is not learnt from; None if it is."""
        if not trajectory.finished:
            return NoYield.UNFINISHED
        if trajectory.outcome is Outcome.UNKNOWN:
            return NoYield.UNJUDGED
        skipped = trajectory.outcome is Outcome.WRONG and self.wrong is WrongPolicy.SKIP
        return NoYield.WRONG if skipped else None
