"""The interval of a mean difference between two arms that answered the same questions."""

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 10_000
LEVEL = 0.95
_SEED = 0
_CELLS = 4_000_000
"""Drawn numbers that are in memory at once."""


def paired_interval(differences: NDArray[np.float64]) -> tuple[float, float] | None:
    """Return the percentile bootstrap interval of the mean of one difference per question; None for fewer than two.

    Questions are drawn, not runs: runs of one question are not independent. The seed is fixed, so that the same runs
    give the same interval. It holds for one look, not for many.
    """
    count = len(differences)
    if count < 2:
        return None
    drawing, means = np.random.default_rng(_SEED), []
    for begin in range(0, RESAMPLES, max(1, _CELLS // count)):
        rows = min(max(1, _CELLS // count), RESAMPLES - begin)
        means.append(differences[drawing.integers(0, count, (rows, count))].mean(axis=1))
    lower, upper = np.quantile(np.concatenate(means), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(lower), float(upper)
