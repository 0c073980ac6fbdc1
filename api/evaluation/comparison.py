"""Accuracy of arms, and what an arm gains over another on the same questions."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from midthought.api.evaluation.attempt_row import AttemptRow
from midthought.ingest.harvest.attempts import Verdict
from midthought.ingest.intervals import Interval, mean_interval

_QUANTILE = 1.959964
"""Of the normal distribution at 97.5 %."""

Scores = Mapping[int, float]
"""By the number of a question, the share of its runs that were right."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What an arm gains over another.

    Attributes:
        baseline: the other arm.
        difference: of accuracy, with its paired bootstrap interval by question.
        questions: that both arms have a run of; the others are left out.
        better: questions of which the arm has the larger share right, and `worse` those of the smaller.
    """

    baseline: str
    difference: Interval
    questions: int
    better: int
    worse: int


def score_questions(rows: Sequence[AttemptRow]) -> Scores:
    """Return the scores of the rows of one arm; a question of which every run failed has none."""
    found: dict[int, list[bool]] = {}
    for row in rows:
        if not row.is_failed:
            found.setdefault(row.task, []).append(row.verdict is Verdict.RIGHT)
    return {task: fmean(right) for task, right in sorted(found.items())}


def accuracy_interval(scores: Scores) -> Interval | None:
    """Return the mean over questions with its Wilson interval (1927); None without a question.

    Unlike a bootstrap it has a width if all questions score the same. Several runs of a question count as one.
    """
    if not scores:
        return None
    number, share = len(scores), fmean(scores.values())
    square = _QUANTILE**2
    centre = (share + square / (2 * number)) / (1 + square / number)
    spread = share * (1 - share) / number + square / (4 * number**2)
    half = _QUANTILE * math.sqrt(spread) / (1 + square / number)
    return Interval(share, max(0.0, centre - half), min(1.0, centre + half))


def compare(arm: Scores, other: Scores, *, baseline: str) -> Comparison | None:
    """Return what an arm gains over another; None if they have no question in common."""
    shared = sorted(arm.keys() & other.keys())
    if not shared:
        return None
    gains = [arm[task] - other[task] for task in shared]
    better, worse = sum(one > 0 for one in gains), sum(one < 0 for one in gains)
    return Comparison(baseline, mean_interval(gains), len(shared), better, worse)
