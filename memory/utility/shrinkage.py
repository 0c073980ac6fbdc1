"""Effects of entries, drawn towards their mean as far as chance explains how they differ."""

import numpy as np
from numpy.typing import NDArray

from midthought.memory.utility.evidence import Counts


def raw_effects(counts: Counts) -> NDArray[np.float64]:
    """Return the share of right answers with each entry minus that without it, of counts of shape ``(entries, 4)``.

    NaN where there is no run with it, or none without it.
    """
    with_it, without = counts[:, :2].sum(axis=1), counts[:, 2:].sum(axis=1)
    both = (with_it > 0) & (without > 0)
    shares = counts[:, [0, 2]] / np.where(both[:, None], np.stack([with_it, without], axis=1), 1.0)
    return np.where(both, shares[:, 0] - shares[:, 1], np.nan)


def shrunk_effects(counts: Counts) -> NDArray[np.float64]:
    """Return estimates of the effects with the smallest expected error over all entries (DerSimonian and Laird 1986).

    Each is drawn towards the mean, the more the fewer runs it has. They are for ranking and reading alone: what is
    decided on an entry depends on its own runs, because an entry for difficult questions has another share of right
    answers without it. NaN as in `raw_effects`.
    """
    raw = raw_effects(counts)
    known = ~np.isnan(raw)
    if not known.any():
        return raw
    variances = _variances(counts[known])
    spread = _spread(raw[known], variances)
    weights = 1 / (variances + spread)
    mean = (weights * raw[known]).sum() / weights.sum()
    shrunk = raw.copy()
    shrunk[known] = mean + spread / (spread + variances) * (raw[known] - mean)
    return shrunk


def _variances(counts: Counts) -> NDArray[np.float64]:
    """Return the variance of each raw effect; one right and one wrong run more on either side, so that none is 0."""
    right, wrong = counts[:, [0, 2]] + 1, counts[:, [1, 3]] + 1
    runs = right + wrong
    return np.asarray((right * wrong / runs**3).sum(axis=1))


def _spread(effects: NDArray[np.float64], variances: NDArray[np.float64]) -> float:
    """Return the variance of the true effects: what the variances of the raw ones do not explain."""
    weights = 1 / variances
    mean = (weights * effects).sum() / weights.sum()
    excess = (weights * (effects - mean) ** 2).sum() - (len(effects) - 1)
    scale = weights.sum() - (weights**2).sum() / weights.sum()
    return max(0.0, float(excess / scale)) if scale > 0 else 0.0
