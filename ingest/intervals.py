"""Means with their 95 % intervals."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from midthought.memory.bootstrap import mean_bounds


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean, and its 95 % interval."""

    mean: float
    low: float
    high: float


def mean_interval(values: Sequence[float]) -> Interval:
    """Return the mean of values and its bootstrap interval; of one value, an interval without width."""
    if not values:
        raise ValueError("an interval needs at least one value")
    mean = fmean(values)
    low, high = mean_bounds(np.asarray(values, np.float64)) or (mean, mean)
    return Interval(mean, low, high)
