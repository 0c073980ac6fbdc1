"""What two arms made of their runs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ArmTotals:
    """The runs of one arm.

    Attributes:
        judged: runs of which it is known whether they were right.
        accuracy: the share of right runs among the judged ones; None if there are none.
        tokens, cached_tokens, seconds: means over all runs: generated tokens, tokens of prompts that came from a cache,
            and wall time; 0 without runs.
    """

    arm: str
    runs: int
    judged: int
    right: int
    accuracy: float | None
    tokens: float
    cached_tokens: float
    seconds: float


@dataclass(frozen=True, slots=True)
class RunComparison:
    """Two arms, and the difference between them over the questions that both have judged runs of.

    Attributes:
        questions: how many questions that are.
        difference: accuracy of the second arm minus that of the first, each question counted once; None without
            questions.
        lower, upper: the 95 % paired bootstrap interval of the difference, for one look; None for fewer than two
            questions.
    """

    first: ArmTotals
    second: ArmTotals
    questions: int
    difference: float | None
    lower: float | None
    upper: float | None
