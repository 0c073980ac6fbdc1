"""Means of the scores of an entry's keys."""

import numpy as np
from numpy.typing import NDArray

from midthought.memory.records.index_changes import Seqs

KeyMeans = dict[int, tuple[float | None, float]]


def mean_scores(owners: Seqs, scores: NDArray[np.float32], chosen: NDArray[np.bool_], *, count: int) -> KeyMeans:
    """Return two means per entry: of its best `count` scores, None if it has fewer, and of those that are chosen.

    `owners` are the entries of the scores, in any order; each has at least one that is chosen.
    """
    if not len(owners):
        return {}
    order = np.lexsort((-scores, owners))
    owners, scores, chosen = owners[order], scores[order], chosen[order]
    held, first, counts = np.unique(owners, return_index=True, return_counts=True)
    places = np.arange(len(owners)) - np.repeat(first, counts)  # 0 for the best key of an entry
    best = np.add.reduceat(np.where(places < count, scores, 0.0), first) / count
    general = np.add.reduceat(np.where(chosen, scores, 0.0), first) / np.add.reduceat(chosen.astype(int), first)
    means = [mean if enough else None for mean, enough in zip(best.tolist(), counts >= count, strict=True)]
    return dict(zip(held.tolist(), zip(means, general.tolist(), strict=True), strict=True))
