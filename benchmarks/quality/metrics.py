"""How good rankings are, per query, and how sure a mean over queries is."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DEPTH = 10
"""How much of a ranking is looked at."""
DRAWS = 2_000
SEED = 14

Scores = NDArray[np.float64]
"""One value per query."""


def score_ranking(found: Sequence[str], right: Collection[str]) -> dict[str, float]:
    """Return the metrics of one ranking, best first; `right` holds at least one id, all equally right.

    recall@k: the share of `right` among the first k. hit@k: 1 if any of them is. nDCG@10: the sum of
    1 / log2(rank + 1) over the right ones among the first ten, divided by the largest that is possible. MRR: 1 / rank
    of the first right one, 0 if it is not among the first ten.
    """
    gains = [one in right for one in found[:DEPTH]]
    ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(DEPTH, len(right)) + 1))
    return {
        "recall@5": sum(gains[:5]) / len(right),
        "recall@10": sum(gains) / len(right),
        "hit@1": float(any(gains[:1])),
        "hit@3": float(any(gains[:3])),
        "nDCG@10": sum(1 / math.log2(rank + 1) for rank, gain in enumerate(gains, start=1) if gain) / ideal,
        "MRR": next((1 / rank for rank, gain in enumerate(gains, start=1) if gain), 0.0),
    }


def score_rankings(found: Sequence[Sequence[str]], right: Sequence[Collection[str]]) -> dict[str, Scores]:
    """Return each metric of `score_ranking` for every query."""
    rows = [score_ranking(ranking, ids) for ranking, ids in zip(found, right, strict=True)]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean and its 95 % bootstrap interval."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"


def estimate(scores: Scores) -> Estimate:
    """Return the mean over queries and the interval of `DRAWS` bootstrap draws of as many queries, with a fixed seed.

    For the difference of two systems give the differences per query: the interval is then paired.
    """
    dice = np.random.default_rng(SEED)
    means = [scores[dice.integers(len(scores), size=len(scores))].mean() for _ in range(DRAWS)]
    low, high = np.percentile(means, [2.5, 97.5])
    return Estimate(float(scores.mean()), float(low), float(high))


def area_under_curve(positive: Sequence[float], negative: Sequence[float]) -> float:
    """Return how often a positive scores above a negative; equal scores count half (the area under the ROC curve)."""
    order = np.sort(np.asarray(negative, dtype=np.float64))
    below = np.searchsorted(order, positive, side="left")
    upto = np.searchsorted(order, positive, side="right")
    return float((below + upto).mean() / (2 * len(order)))
