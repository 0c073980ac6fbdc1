"""Coarse keys of a thought: a few numbers for every key in it, those that distinguish keys for queries, in few bits."""

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from midthought.reasoner.zoom.index.coarse_index import CoarseIndex

if TYPE_CHECKING:
    import torch
    from torch import Tensor

_MARGIN = 0.1
"""Room for later keys on either side of the range of those that were learnt from; beyond it they are clipped."""


class TokenKeys(CoarseIndex):
    """Copies of all keys, projected on few directions and quantised; a single token that matters opens its thought.

    The directions are the main ones (of the largest eigenvalues) of ``R C R``, carried back by ``R`` for keys and its
    inverse for queries, where C is the covariance of the keys so far and R the power ``weight / 2`` of the queries'
    second moments. With weight 1 they minimise the mean square error of the products; but queries that look for one
    token are rare, and look elsewhere than most: on SmolLM2 weight 1/4 chose better than 0 and 1 (benchmarks/zoom).
    That keys lie near few directions also after rotary embedding is known ("Loki", arXiv 2406.02542). The mean of the
    keys adds the same to all scores of a query, and is left out.

    Args:
        rank: directions kept; None keeps the keys as they are.
        bits: of a number, 1 to 8; as many as fit are packed in a byte. None keeps numbers as they are.
        weight: how much queries weigh the directions, from 0, the keys alone, to 1.
        learns_from: number of tokens to learn from; until then all are visible.
    """

    def __init__(
        self, *, rank: int | None = 24, bits: int | None = 4, weight: float = 0.25, learns_from: int = 256
    ) -> None:
        super().__init__()
        if rank is not None and rank < 1:
            raise ValueError(f"rank must be >= 1, got {rank}")
        if bits is not None and not 1 <= bits <= 8:
            raise ValueError(f"bits must be from 1 to 8, got {bits}")
        if not 0 <= weight <= 1:
            raise ValueError(f"weight must be from 0 to 1, got {weight}")
        if learns_from < 1:
            raise ValueError(f"learns_from must be >= 1, got {learns_from}")
        self._rank = rank
        self._bits = bits
        self._weight = weight
        self._codes_a_byte = 1 if bits is None else 8 // bits
        self.learns_from = learns_from

    def learn(self, keys: "Tensor", moments: "Tensor") -> None:
        """Find directions and ranges; see `CoarseIndex.learn`."""
        super().learn(keys, moments)
        wide = keys.double()
        self._mean = wide.mean(dim=1, keepdim=True).to(keys.dtype)
        into, back = self._directions(wide - wide.mean(dim=1, keepdim=True), moments.double())
        self._into, self._back = into.to(keys.dtype), back.to(keys.dtype)
        if self._bits is not None:
            projected = (keys - self._mean) @ self._into
            low, high = projected.amin(dim=1, keepdim=True), projected.amax(dim=1, keepdim=True)
            spread = (high - low) * _MARGIN
            self._low = low - spread
            # A direction without any spread would divide by zero.
            self._step = ((high - low + 2 * spread) / (2**self._bits - 1)).clamp_min(1e-6)
            self._back = self._for_shifted(back * self._step)

    def encode(self, keys: "Tensor", sizes: Sequence[int]) -> tuple["Tensor", list[int]]:
        """See `CoarseIndex.encode`."""
        projected = (keys - self._mean) @ self._into
        return (projected if self._bits is None else self._pack(projected)), list(sizes)

    def score(self, queries: "Tensor", rows: "Tensor") -> "Tensor":
        """See `CoarseIndex.score`; up to a number that is the same for all rows of a query."""
        looking = queries.to(self._back.dtype) @ self._back
        scores: Tensor = looking @ (rows if self._bits is None else self._shift(rows))
        return scores

    def _directions(self, keys: "Tensor", moments: "Tensor") -> tuple["Tensor", "Tensor"]:
        """Return what projects keys, and what projects queries, each of shape ``(kv heads, head size, rank)``."""
        import torch

        heads, tokens, size = keys.shape
        whole = torch.eye(size, dtype=keys.dtype, device=keys.device).expand(heads, -1, -1)
        if self._rank is None or self._rank >= size:
            return whole, whole
        root, inverse = _roots(moments, self._weight)
        vectors = torch.linalg.eigh(root @ (keys.mT @ keys / tokens) @ root)[1][..., -self._rank :]
        return root @ vectors, inverse @ vectors

    def _pack(self, projected: "Tensor") -> "Tensor":
        """Return codes, `bits` apart in bytes: code i of a token lies in byte ``i mod bytes``."""
        import torch

        assert self._bits is not None
        # Later keys may lie outside of the range that was learnt from.
        codes = ((projected - self._low) / self._step).round_().clamp_(0, 2**self._bits - 1).to(torch.uint8)
        size = -(-codes.shape[-1] // self._codes_a_byte)
        packed: Tensor = codes[..., :size].clone()
        for place in range(1, self._codes_a_byte):
            some = codes[..., place * size : (place + 1) * size]
            packed[..., : some.shape[-1]] |= some << place * self._bits
        return packed

    def _for_shifted(self, back: "Tensor") -> "Tensor":
        """Return what makes queries score bytes that are shifted, not cut: with the codes above those wanted in them.

        A code is its byte shifted down, less 2^bits times the byte shifted once more; so what a query gives to a byte
        is what it gives to its lowest code, less 2^bits times what it gives to the one below. In float32, for it does
        cancel; that saves a pass over all codes.
        """
        from torch.nn.functional import pad

        assert self._bits is not None
        size = -(-back.shape[-1] // self._codes_a_byte)
        whole = pad(back, (0, size * self._codes_a_byte - back.shape[-1]))
        shifted = whole.clone()
        shifted[..., size:] -= 2**self._bits * whole[..., :-size]
        return shifted.float()

    def _shift(self, packed: "Tensor") -> "Tensor":
        """Return all bytes once for each code in them, shifted down to it, ``(kv heads, numbers, rows)`` in float32.

        They lie in memory that the next call in this thread takes.
        """
        import torch

        assert self._bits is not None
        heads, size, rows = packed.shape
        count = self._codes_a_byte
        numbers = _scratch(packed, heads * count * size * rows, torch.float32).view(heads, count, size, rows)
        for place in range(count):
            numbers[:, place].copy_(packed >> place * self._bits if place else packed)
        return numbers.flatten(1, 2)


def whole_keys() -> TokenKeys:
    """Return an index of all numbers of the keys, in 4 bits: the most exact, at five times the bytes of the default."""
    return TokenKeys(rank=None)


_kept = threading.local()


def _scratch(like: "Tensor", count: int, dtype: "torch.dtype") -> "Tensor":
    """Return memory for `count` numbers that all layers of a thread share: so it stays in the processor's cache."""
    key = f"{like.device} {dtype}"
    found: Tensor | None = getattr(_kept, key, None)
    if found is None or found.numel() < count:
        found = like.new_empty(count + count // 8, dtype=dtype)
        setattr(_kept, key, found)
    return found[:count]


def _roots(moments: "Tensor", power: float) -> tuple["Tensor", "Tensor"]:
    """Return the square root of each matrix, and its inverse; directions without any query count a little."""
    import torch

    values, vectors = torch.linalg.eigh(moments)
    least = 1e-3 * values.mean(dim=-1, keepdim=True).clamp_min(1e-12)
    roots = (values.clamp_min(0) + least) ** (power / 2)
    return (vectors * roots[:, None, :]) @ vectors.mT, (vectors / roots[:, None, :]) @ vectors.mT
