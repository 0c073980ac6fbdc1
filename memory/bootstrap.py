"""The interval of a mean by the bootstrap, with a fixed seed: the same values give the same interval."""

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95
_RESAMPLES = 10_000
"""With 2,000 the ends of an interval moved by up to .005 between two seeds, with these by .002."""
_SEED = 0
_CELLS = 4_000_000
"""Drawn numbers that are in memory at once."""


def mean_bounds(values: NDArray[np.float64]) -> tuple[float, float] | None:
    """Return the percentile bootstrap interval (Efron 1979) of the mean of `values`, shape (n,).

    None for fewer than two values. Values must be independent: one difference a question, not one a run. Values
    that are all the same give an interval without width, which says nothing of values that were not seen. It holds for
    one look, not for many.
    """
    count = len(values)
    if count < 2:
        return None
    drawing, means = np.random.default_rng(_SEED), []
    for begin in range(0, _RESAMPLES, max(1, _CELLS // count)):
        rows = min(max(1, _CELLS // count), _RESAMPLES - begin)
        means.append(values[drawing.integers(0, count, (rows, count))].mean(axis=1))
    lower, upper = np.quantile(np.concatenate(means), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(lower), float(upper)
