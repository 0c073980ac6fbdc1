"""Coarse key of a thought: least and greatest number of each coordinate of its keys (Quest, arXiv 2406.10774)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from midthought.reasoner.zoom.index.coarse_index import CoarseIndex

if TYPE_CHECKING:
    from torch import Tensor


class Bounds(CoarseIndex):
    """An upper bound of the score of any key in a thought; loose, and the looser the longer the thought."""

    def encode(self, keys: "Tensor", sizes: Sequence[int]) -> tuple["Tensor", list[int]]:
        """See `CoarseIndex.encode`; a row is the greatest and, with its sign turned, the least of each coordinate."""
        import torch

        ends = [
            torch.cat([part.amax(dim=1), -part.amin(dim=1)], dim=-1) for part in torch.split(keys, list(sizes), dim=1)
        ]
        return torch.stack(ends, dim=1), [1] * len(sizes)

    def score(self, queries: "Tensor", rows: "Tensor") -> "Tensor":
        """See `CoarseIndex.score`."""
        import torch

        return torch.cat([queries.clamp_min(0), (-queries).clamp_min(0)], dim=-1) @ rows
