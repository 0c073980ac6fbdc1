"""Coarse key of a page: the mean of its keys, as the published rule has it for summaries (arXiv 2604.10898)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from midthought.reasoner.zoom.key_index import sum_masses

if TYPE_CHECKING:
    from torch import Tensor


class PageMeans:
    """One mean a page. Cheap, and blind to a single token that matters among others.

    Args:
        page: tokens a page.
    """

    def __init__(self, *, page: int) -> None:
        self._page = page
        self._means: Tensor | None = None

    def learn(self, keys: "Tensor") -> None:
        """Nothing is learnt."""

    def add(self, pages: "Tensor") -> None:
        """See `KeyIndex.add`."""
        import torch

        means = pages.mean(dim=2)
        self._means = means if self._means is None else torch.cat([self._means, means], dim=1)

    def masses(self, queries: "Tensor", counts: Sequence[int], *, scaling: float) -> "Tensor":
        """See `KeyIndex.masses`."""
        import torch

        assert self._means is not None, "masses before any page"
        scores = torch.einsum("hgqd,hpd->hgqp", queries, self._means[:, : max(counts)]) * scaling
        return sum_masses(scores[..., None], counts)

    @property
    def bytes_per_token(self) -> float:
        """Of a mean in bfloat16."""
        return 0.0 if self._means is None else 2 * self._means.shape[-1] / self._page
