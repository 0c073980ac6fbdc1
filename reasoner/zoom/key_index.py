"""The coarse index of a layer: what is read of every page to choose the few that are opened."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor


class KeyIndex(Protocol):
    """Scores pages for queries without reading the keys themselves. One for each layer of each sequence."""

    def learn(self, keys: "Tensor") -> None:
        """Prepare from the first tokens' keys, shape ``(kv heads, tokens, head size)``; once, before any page."""
        ...

    def add(self, pages: "Tensor") -> None:
        """Take in the keys of whole pages, shape ``(kv heads, pages, page, head size)``, behind those there are."""
        ...

    def masses(self, queries: "Tensor", counts: Sequence[int], *, scaling: float) -> "Tensor":
        """Return how much attention pages would get, shape ``(kv heads, queries, most of counts)``.

        `queries` have shape ``(kv heads, group, queries, head size)``; query i chooses among the first ``counts[i]``
        pages. A query head's masses over them sum to 1, and those of the heads that share a KV head are added.
        """
        ...

    @property
    def bytes_per_token(self) -> float:
        """What is read for every token of every KV head at each step; keys and values are ``4 * head size`` in bf16."""
        ...


def sum_masses(scores: "Tensor", counts: Sequence[int]) -> "Tensor":
    """Return masses from scores, shape ``(kv heads, group, queries, pages, scores a page)``; see `KeyIndex.masses`."""
    import torch

    if min(counts) < max(counts):
        beyond = torch.arange(scores.shape[3], device=scores.device) >= scores.new_tensor(counts)[:, None]
        scores = scores.masked_fill(beyond[..., None], float("-inf"))
    shares = scores.flatten(3).softmax(dim=-1).nan_to_num(0.0)
    return shares.view_as(scores).sum(dim=(1, 4))
