"""A layer that shows its first and its last tokens: the baseline "sink and window" (arXiv 2309.17453)."""

from typing import TYPE_CHECKING

from midthought.reasoner.zoom.kv.zoom_store import VisibleKV, ZoomStore, causal_mask

if TYPE_CHECKING:
    from torch import Tensor


class WindowStore(ZoomStore):
    """Opens nothing.

    Args:
        first: tokens at the beginning that stay visible.
        share: of all tokens so far, visible ones; at least the newest beside the first.
    """

    def __init__(self, first: int, share: float) -> None:
        super().__init__()
        if first < 0:
            raise ValueError(f"first must be >= 0, got {first}")
        if not 0 < share <= 1:
            raise ValueError(f"share must be in (0, 1], got {share}")
        self._first = first
        self._share = share

    def show(self, query: "Tensor", *, scaling: float) -> VisibleKV | None:
        """See `ZoomStore.show`."""
        import torch

        length, count = self.room.length, query.shape[-2]
        if self._start(length) <= self._first:
            return None
        if count == 1:
            kept = [slice(self._first), slice(self._start(length), None)]
            parts = [[states[..., part, :] for part in kept] for states in (self.room.keys, self.room.values)]
            return VisibleKV(torch.cat(parts[0], dim=-2), torch.cat(parts[1], dim=-2), None)
        starts = torch.tensor([self._start(one) for one in range(length - count + 1, length + 1)], device=query.device)
        places = torch.arange(length, device=query.device)
        mask = causal_mask(query, length) & ((places < self._first) | (places >= starts[:, None]))
        return VisibleKV(self.room.keys, self.room.values, mask.expand(1, self.heads, -1, -1))

    def _start(self, length: int) -> int:
        return length - max(1, int(self._share * length) - self._first)
