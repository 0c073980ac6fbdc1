"""Coarse key of a thought: the mean of its keys, as the published rule has it for summaries (arXiv 2604.10898)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from midthought.reasoner.zoom.index.coarse_index import CoarseIndex

if TYPE_CHECKING:
    from torch import Tensor


class Means(CoarseIndex):
    """One mean per thought, or per `page` of its tokens. A mean hides one token that matters among many.

    Args:
        page: tokens per mean; None takes one mean per thought, however long it is.
    """

    def __init__(self, *, page: int | None = None) -> None:
        super().__init__()
        if page is not None and page < 1:
            raise ValueError(f"page must be >= 1, got {page}")
        self._page = page

    def encode(self, keys: "Tensor", sizes: Sequence[int]) -> tuple["Tensor", list[int]]:
        """See `CoarseIndex.encode`."""
        import torch

        parts = [self._parts(size) for size in sizes]
        flat = [size for some in parts for size in some]
        if min(flat) == max(flat):
            return keys.reshape(len(keys), len(flat), flat[0], -1).mean(dim=2), [len(some) for some in parts]
        means = [some.mean(dim=1) for some in torch.split(keys, flat, dim=1)]
        return torch.stack(means, dim=1), [len(some) for some in parts]

    def score(self, queries: "Tensor", rows: "Tensor") -> "Tensor":
        """See `CoarseIndex.score`."""
        return queries @ rows

    def _parts(self, size: int) -> list[int]:
        if self._page is None:
            return [size]
        whole, rest = divmod(size, self._page)
        return [self._page] * whole + ([rest] if rest else [])
