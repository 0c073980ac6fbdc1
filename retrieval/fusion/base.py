"""The protocol of fusions: two rankings with scores become one."""

from collections.abc import Sequence
from operator import itemgetter
from typing import Protocol

Scored = Sequence[tuple[int, float]]
"""(item, score) of one search, best first, each item once."""


class Fusion(Protocol):
    """Makes one ranking of two. It sees scores and ranks, never texts."""

    def fuse(self, dense: Scored, lexical: Scored) -> list[tuple[int, float]]:
        """Return (item, score) of every item in either ranking, best first; equal scores are ordered by item."""
        ...


def sort_scores(scores: dict[int, float]) -> list[tuple[int, float]]:
    """Return (item, score), best first; equal scores are ordered by item, so that an answer can be repeated."""
    # Sorting twice, by the item and stably by the score, takes half the time of a key of both.
    return sorted(sorted(scores.items()), key=itemgetter(1), reverse=True)
