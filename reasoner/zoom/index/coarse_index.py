"""The coarse index of a layer: what is read of every thought to choose the few that are opened."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

_MIN_FREE = 256


class CoarseIndex(ABC):
    """Scores thoughts for queries without reading their keys. One for each layer of each sequence.

    A thought, a page of some tokens or a paragraph, has one or more *rows* in the index. This class keeps the rows and
    adds up what they get; a subclass says what a row is and how a query scores it.
    """

    learns_from = 0
    """Tokens that `learn` must see before there can be rows; 0 for an index that learns nothing."""

    def __init__(self) -> None:
        self._rows: Tensor | None = None
        self._sizes: list[int] = []
        self._ends = [0]

    def learn(self, keys: "Tensor", moments: "Tensor") -> None:
        """Prepare from keys, ``(kv heads, tokens, head size)``, and the queries' second moments; forget all rows.

        Called again when the text has doubled. Moments have shape ``(kv heads, head size, head size)``.
        """
        self._rows = None
        self._sizes = []
        self._ends = [0]

    def add(self, keys: "Tensor", sizes: Sequence[int]) -> None:
        """Add thoughts of `sizes` tokens, whose keys, ``(kv heads, tokens, head size)``, lie one behind another."""
        rows, counts = self.encode(keys, sizes)
        self._append(rows)
        self._sizes += counts
        for count in counts:
            self._ends.append(self._ends[-1] + count)

    def masses(self, queries: "Tensor", counts: Sequence[int], *, scaling: float) -> "Tensor":
        """Return how much attention thoughts would get, shape ``(kv heads, queries, most of counts)``.

        `queries` have shape ``(kv heads, group, queries, head size)``; query i chooses among the first ``counts[i]``
        thoughts. A query head's masses over them sum to 1, and those of the heads that share a KV head are added.
        """
        scores = self.row_scores(queries * scaling, max(counts))
        if min(counts) < max(counts):
            scores = _hide_beyond(scores, [self._ends[count] for count in counts])
        shares = scores.float().softmax(dim=-1)
        if min(counts) == 0:
            shares = shares.nan_to_num(0.0)
        return self.sum_rows(shares.sum(dim=1), max(counts))

    def thought_scores(self, queries: "Tensor", count: int) -> "Tensor":
        """Return the best score of any row of each thought, shape ``(kv heads, group, queries, count)``."""
        scores, sizes = self.row_scores(queries, count), self._sizes[:count]
        if min(sizes) == max(sizes):
            return scores.view(*scores.shape[:-1], count, sizes[0]).amax(dim=-1)
        best = scores.new_full((*scores.shape[:-1], count), float("-inf"))
        return best.scatter_reduce_(-1, self._owners(count, scores).expand_as(scores), scores, "amax")

    def row_scores(self, queries: "Tensor", count: int) -> "Tensor":
        """Return the scores of the rows of the first `count` thoughts, ``(kv heads, group, queries, rows)``."""
        assert self._rows is not None, "scores before any thought"
        flat = queries.flatten(1, 2)
        scores = self.score(flat, self._rows[..., : self._ends[count]])
        return scores.view(*queries.shape[:3], -1)

    def sum_rows(self, shares: "Tensor", count: int) -> "Tensor":
        """Add up what the rows of each of the first `count` thoughts got, ``(..., rows) -> (..., count)``."""
        sizes = self._sizes[:count]
        if count and min(sizes) == max(sizes):
            return shares.view(*shares.shape[:-1], count, sizes[0]).sum(dim=-1)
        return shares.new_zeros(*shares.shape[:-1], count).index_add_(-1, self._owners(count, shares), shares)

    @abstractmethod
    def encode(self, keys: "Tensor", sizes: Sequence[int]) -> tuple["Tensor", list[int]]:
        """Return the rows of thoughts, shape ``(kv heads, rows, numbers)``, and how many each thought has."""

    @abstractmethod
    def score(self, queries: "Tensor", rows: "Tensor") -> "Tensor":
        """Return what estimates the products of queries and keys, shape ``(kv heads, queries, rows)``.

        `queries` have shape ``(kv heads, queries, head size)``, `rows` stand upright, ``(kv heads, numbers, rows)``: a
        product with few queries is twice as fast so.
        """

    @property
    def stored_bytes(self) -> int:
        """Bytes of the index that are read at each choice: all its rows."""
        return 0 if self._rows is None else self._rows[..., : self._ends[-1]].numel() * self._rows.element_size()

    @property
    def held_bytes(self) -> int:
        """Bytes of all rows, the free part of the buffer included."""
        return 0 if self._rows is None else self._rows.numel() * self._rows.element_size()

    def _owners(self, count: int, like: "Tensor") -> "Tensor":
        """Return the thought that each row of the first `count` belongs to."""
        import torch

        sizes = torch.tensor(self._sizes[:count], device=like.device)
        return torch.repeat_interleave(torch.arange(count, device=like.device), sizes)

    def _append(self, rows: "Tensor") -> None:
        """Store rows upright, in a buffer that grows by a little when it is full."""
        start, end = self._ends[-1], self._ends[-1] + rows.shape[1]
        if self._rows is None or end > self._rows.shape[-1]:
            grown = rows.new_empty((len(rows), rows.shape[-1], max(end, start + max(start // 32, _MIN_FREE))))
            if self._rows is not None:
                grown[..., :start] = self._rows[..., :start]
            self._rows = grown
        self._rows[..., start:end] = rows.mT


def _hide_beyond(scores: "Tensor", ends: Sequence[int]) -> "Tensor":
    import torch

    rows = torch.arange(scores.shape[-1], device=scores.device)
    return scores.masked_fill(rows >= torch.tensor(ends, device=scores.device)[:, None], float("-inf"))
