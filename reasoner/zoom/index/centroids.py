"""Coarse keys of a thought: the centres of a few clusters of its keys, each with the number of keys near it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from midthought.reasoner.zoom.index.coarse_index import CoarseIndex

if TYPE_CHECKING:
    from torch import Tensor

_ROUNDS = 5


class Centroids(CoarseIndex):
    """Clusters by Lloyd's rounds from evenly spaced keys; a centre counts as often as there are keys around it.

    Args:
        count: clusters per thought; a thought of fewer tokens has one per token.
    """

    def __init__(self, *, count: int = 4) -> None:
        super().__init__()
        if count < 1:
            raise ValueError(f"count must be >= 1, got {count}")
        self._count = count

    def encode(self, keys: "Tensor", sizes: Sequence[int]) -> tuple["Tensor", list[int]]:
        """See `CoarseIndex.encode`; a row is a centre and the logarithm of the number of its keys."""
        import torch

        rows = [
            _cluster(part, min(self._count, size))
            for part, size in zip(torch.split(keys, list(sizes), 1), sizes, strict=True)
        ]
        return torch.cat(rows, dim=1), [part.shape[1] for part in rows]

    def score(self, queries: "Tensor", rows: "Tensor") -> "Tensor":
        """See `CoarseIndex.score`."""
        return queries @ rows[:, :-1] + rows[:, -1:]


def _cluster(keys: "Tensor", count: int) -> "Tensor":
    import torch

    places = torch.linspace(0, keys.shape[1] - 1, count, device=keys.device).round().long()
    centres = keys[:, places].clone()
    for _ in range(_ROUNDS):
        members = torch.nn.functional.one_hot(torch.cdist(keys, centres).argmin(dim=-1), count).to(keys.dtype)
        counts = members.sum(dim=1)
        centres = torch.where(counts[..., None] > 0, members.mT @ keys / counts.clamp_min(1)[..., None], centres)
    return torch.cat([centres, counts.clamp_min(0.5).log()[..., None]], dim=-1)
