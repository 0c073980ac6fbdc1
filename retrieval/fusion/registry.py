"""The fusions by name: what the setting `fusion` may say."""

from typing import TYPE_CHECKING

from midthought.memory.registry import Choice, Registry

if TYPE_CHECKING:
    from midthought.retrieval.fusion.base import Fusion


def _load_convex() -> "Fusion":
    from midthought.retrieval.fusion.convex import ConvexFusion

    return ConvexFusion()


def _load_reciprocal_rank() -> "Fusion":
    from midthought.retrieval.fusion.reciprocal_rank import ReciprocalRankFusion

    return ReciprocalRankFusion()


def _load_dense() -> "Fusion":
    from midthought.retrieval.fusion.convex import ConvexFusion

    return ConvexFusion(lexical_weight=0.0)


def _load_words() -> "Fusion":
    from midthought.retrieval.fusion.convex import ConvexFusion

    return ConvexFusion(lexical_weight=1.0)


FUSIONS: "Registry[Fusion]" = Registry(
    "fusion",
    Choice("convex", "weighted sum of cosine and BM25, each scaled to 0..1 (the default)", _load_convex),
    Choice("rrf", "reciprocal ranks of both searches, whatever their scores were", _load_reciprocal_rank),
    Choice("dense", "by meaning only, cosine", _load_dense),
    Choice("words", "by words only, BM25", _load_words),
)
