"""A weighted sum of the normalised scores of both searches (Bruch, Gai and Ingber, TOIS 2023)."""

from dataclasses import dataclass

from midthought.retrieval.fusion.base import Scored, sort_scores

LEXICAL_WEIGHT = 0.4
"""Share of the search by words. Chosen by cross-validation on development queries, see ``benchmarks/quality/``."""


@dataclass(frozen=True, slots=True)
class ConvexFusion:
    """score = (1 - w) * normalised cosine + w * normalised BM25; both are scaled to 0..1 over what was found.

    Unlike ranks, scores keep how far the first is ahead: on mathematical questions, where words say little, a fusion of
    ranks is worse than its dense half alone.

    Attributes:
        lexical_weight: w, from 0 (meaning only) to 1 (words only).
    """

    lexical_weight: float = LEXICAL_WEIGHT

    def __post_init__(self) -> None:
        if not 0 <= self.lexical_weight <= 1:
            raise ValueError(f"lexical_weight must be from 0 to 1, got {self.lexical_weight}")

    def fuse(self, dense: Scored, lexical: Scored) -> list[tuple[int, float]]:
        """Return (item, score from 0 to 1), best first. An item that one search did not find gains nothing there."""
        scores: dict[int, float] = {}
        for found, weight in ((dense, 1 - self.lexical_weight), (lexical, self.lexical_weight)):
            for item, share in _normalise(found).items():
                scores[item] = scores.get(item, 0.0) + weight * share
        return sort_scores(scores)


def _normalise(found: Scored) -> dict[int, float]:
    """Scale the scores of one search to 0..1 by their smallest and largest; all alike become 1."""
    if not found:
        return {}
    values = [score for _, score in found]
    low, width = min(values), max(values) - min(values)
    return {item: (score - low) / width if width else 1.0 for item, score in found}
