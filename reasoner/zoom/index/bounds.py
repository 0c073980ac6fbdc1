"""Coarse key of a thought: smallest and largest value per coordinate of its keys (Quest, arXiv 2406.10774)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from midthought.reasoner.zoom.index.coarse_index import CoarseIndex

if TYPE_CHECKING:
    from torch import Tensor


class Bounds(CoarseIndex):
    """An upper bound of the score of any key in a thought.

    It is loose, and looser the longer the thought is. Even for pages of four tokens it costs .021 nats, the mean .014
    (two traces, benchmarks/zoom/quality.md).
    """

    def encode(self, keys: "Tensor", sizes: Sequence[int]) -> tuple["Tensor", list[int]]:
        """See `CoarseIndex.encode`; a row is the largest value per coordinate and the negated smallest."""
        import torch

        ends = [
            torch.cat([part.amax(dim=1), -part.amin(dim=1)], dim=-1) for part in torch.split(keys, list(sizes), dim=1)
        ]
        return torch.stack(ends, dim=1), [1] * len(sizes)

    def score(self, queries: "Tensor", rows: "Tensor") -> "Tensor":
        """See `CoarseIndex.score`."""
        import torch

        return torch.cat([queries.clamp_min(0), (-queries).clamp_min(0)], dim=-1) @ rows
