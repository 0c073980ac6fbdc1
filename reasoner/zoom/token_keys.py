"""Coarse keys of a page: a small copy of every key in it, of full or lower rank, in few bits."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from midthought.reasoner.zoom.key_index import sum_masses

if TYPE_CHECKING:
    from torch import Tensor


class TokenKeys:
    """Copies of all keys, projected on the directions in which the first ones vary most, each quantised on its own.

    The directions are those of the largest eigenvalues of the keys that were given first (the prompt's, say), for each
    KV head: keys lie near few of them also after rotary embedding ("Loki", arXiv 2406.02542). A page's mass is the sum
    over its tokens, so a single token that matters opens it.

    Args:
        rank: directions kept; None keeps the keys as they are.
        bits: of a number, 1 to 8, with a least value and a step a token in bfloat16; None keeps numbers as they are.
    """

    def __init__(self, *, rank: int | None = None, bits: int | None = 4) -> None:
        if rank is not None and rank < 1:
            raise ValueError(f"rank must be >= 1, got {rank}")
        if bits is not None and not 1 <= bits <= 8:
            raise ValueError(f"bits must be from 1 to 8, got {bits}")
        self._rank = rank
        self._bits = bits
        self._directions: Tensor | None = None
        self._copies: Tensor | None = None

    def learn(self, keys: "Tensor") -> None:
        """Find the directions; see `KeyIndex.learn`."""
        import torch

        if self._rank is not None and self._rank < keys.shape[-1]:
            wide = keys.double()
            vectors = torch.linalg.eigh(torch.einsum("hnd,hne->hde", wide, wide))[1]
            self._directions = vectors[..., -self._rank :].to(keys.dtype)

    def add(self, pages: "Tensor") -> None:
        """See `KeyIndex.add`."""
        import torch

        copies = self._quantise(self._project(pages))
        self._copies = copies if self._copies is None else torch.cat([self._copies, copies], dim=1)

    def masses(self, queries: "Tensor", counts: Sequence[int], *, scaling: float) -> "Tensor":
        """See `KeyIndex.masses`."""
        import torch

        assert self._copies is not None, "masses before any page"
        copies = self._copies[:, : max(counts)]
        scores = torch.einsum("hgqd,hptd->hgqpt", self._project(queries), copies) * scaling
        return sum_masses(scores, counts)

    @property
    def bytes_per_token(self) -> float:
        """Of the codes, and of the least value and the step of each token."""
        if self._copies is None:
            return 0.0
        size = self._copies.shape[-1]
        return 2.0 * size if self._bits is None else size * self._bits / 8 + 4

    def _project(self, vectors: "Tensor") -> "Tensor":
        import torch

        if self._directions is None:
            return vectors
        projected: Tensor = torch.einsum("habd,hdr->habr", vectors, self._directions)
        return projected

    def _quantise(self, vectors: "Tensor") -> "Tensor":
        """Return what codes of `bits` bits stand for; the codes themselves are not packed yet."""
        if self._bits is None:
            return vectors
        low, high = vectors.amin(dim=-1, keepdim=True), vectors.amax(dim=-1, keepdim=True)
        step = ((high - low) / (2**self._bits - 1)).clamp_min(1e-6)
        restored: Tensor = ((vectors - low) / step).round() * step + low
        return restored
