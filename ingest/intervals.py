"""Means with bootstrap intervals, by a fixed seed: the same values give the same interval."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

DRAWS = 2000
"""Of the bootstrap, with a fixed seed."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean, and its 95 % interval."""

    mean: float
    low: float
    high: float


def mean_interval(values: Sequence[float], *, draws: int = DRAWS) -> Interval:
    """Return the mean of values and its percentile bootstrap interval (Efron 1979), drawn with replacement.

    Values that are all the same give an interval without width: that says nothing of values that were not seen.
    """
    if not values:
        raise ValueError("an interval needs at least one value")
    drawn = np.random.default_rng(0).integers(len(values), size=(draws, len(values)))
    means = np.asarray(values, np.float64)[drawn].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Interval(fmean(values), float(low), float(high))
