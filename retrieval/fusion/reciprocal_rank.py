"""Reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009)."""

from collections.abc import Sequence
from dataclasses import dataclass

from midthought.retrieval.fusion.base import Scored, sort_scores

RANK_CONSTANT = 60
"""The paper's constant: how slowly a rank's weight falls."""


@dataclass(frozen=True, slots=True)
class ReciprocalRankFusion:
    """Adds 1 / (constant + rank) over both searches; what the scores were does not matter."""

    constant: int = RANK_CONSTANT

    def fuse(self, dense: Scored, lexical: Scored) -> list[tuple[int, float]]:
        """Return (item, score), best first; see `fuse_ranks`."""
        return fuse_ranks([[item for item, _ in found] for found in (dense, lexical)], constant=self.constant)


def fuse_ranks(rankings: Sequence[Sequence[int]], *, constant: int = RANK_CONSTANT) -> list[tuple[int, float]]:
    """Return (item, score) best first, where score = sum over rankings of 1 / (constant + rank), rank from 1.

    An item missing from a ranking gains nothing there; equal scores are ordered by item.
    Raises `ValueError` for a negative constant.
    """
    if constant < 0:
        raise ValueError(f"constant must be >= 0, got {constant}")
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, item in enumerate(ranking, start=1):
            scores[item] = scores.get(item, 0.0) + 1.0 / (constant + rank)
    return sort_scores(scores)
