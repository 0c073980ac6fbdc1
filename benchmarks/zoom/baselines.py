"""The baselines that zoom is compared with: everything visible, sink and window, heavy hitters.

They are here and not in the package because nobody would choose them: each costs more likelihood than the zoom
policies at the same number of visible tokens (`quality.md`), or hides nothing (`FullStore`).
"""

from typing import TYPE_CHECKING

from midthought.reasoner.zoom.kv.kv_buffer import KVBuffer
from midthought.reasoner.zoom.kv.zoom_store import VisibleKV, ZoomStore, causal_mask

if TYPE_CHECKING:
    from torch import Tensor


class FullStore(ZoomStore):
    """Shows everything: what a growing buffer and shared heads are worth by themselves."""

    def select(self, query: "Tensor", *, scaling: float) -> VisibleKV | None:
        """See `ZoomStore.select`."""
        return VisibleKV(*self.read_all(), None) if query.shape[-2] == 1 else None


class WindowStore(ZoomStore):
    """Shows the first and the last tokens ("sink and window", arXiv 2309.17453); opens nothing.

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

    def select(self, query: "Tensor", *, scaling: float) -> VisibleKV | None:
        """See `ZoomStore.select`."""
        import torch

        length, count = self.buffer.length, query.shape[-2]
        if self._start(length) <= self._first:
            return None
        if count == 1:
            kept = [slice(self._first), slice(self._start(length), None)]
            parts = [[states[..., part, :] for part in kept] for states in (self.buffer.keys, self.buffer.values)]
            return VisibleKV(torch.cat(parts[0], dim=-2), torch.cat(parts[1], dim=-2), None)
        starts = torch.tensor([self._start(one) for one in range(length - count + 1, length + 1)], device=query.device)
        places = torch.arange(length, device=query.device)
        mask = causal_mask(query, length) & ((places < self._first) | (places >= starts[:, None]))
        return VisibleKV(self.buffer.keys, self.buffer.values, mask.expand(1, self.heads, -1, -1))

    def _start(self, length: int) -> int:
        return length - max(1, int(self._share * length) - self._first)


class HeavyHitterStore(ZoomStore):
    """Keeps what got most attention and evicts the rest ("heavy hitters", H2O, arXiv 2306.14048).

    For every KV head: the tokens with the most attention so far and the last ones, half of the budget each.

    What is evicted is never seen again. Eviction is between calls: what comes in one piece is seen until it ends.

    Args:
        share: of all tokens so far, those kept.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        if not 0 < share <= 1:
            raise ValueError(f"share must be in (0, 1], got {share}")
        self._share = share
        self._kept = KVBuffer()
        self._seen = 0
        self._masses: Tensor | None = None
        """What every kept token got of attention so far, shape ``(kv heads, kept)``."""

    def select(self, query: "Tensor", *, scaling: float) -> VisibleKV | None:
        """See `ZoomStore.select`."""
        length, count = self.buffer.length, query.shape[-2]
        self._evict(int(self._share * (length - 1)))
        new = slice(self._seen, None)
        fresh = length - self._seen
        self._kept.append(self.buffer.keys[..., new, :], self.buffer.values[..., new, :])
        self._seen = length
        mask = causal_mask(query, self._kept.length)
        grouped = query[0].view(self.heads, -1, *query.shape[-2:])
        scores = (grouped @ self._kept.keys[0][:, None].mT) * scaling
        got = scores.masked_fill(~mask, float("-inf")).softmax(dim=-1).sum(dim=(1, 2))
        if self._masses is not None:
            got[:, :-fresh] += self._masses
        self._masses = got
        rows = None if count == 1 else mask.expand(1, self.heads, -1, -1)
        return VisibleKV(self._kept.keys, self._kept.values, rows)

    def _evict(self, budget: int) -> None:
        """Keep `budget` tokens, half of them the last ones."""
        import torch

        if self._masses is None or self._kept.length <= max(2, budget):
            return
        last = max(1, budget // 2)
        older = self._masses[:, :-last].topk(max(1, budget - last), dim=-1).indices.sort(dim=-1).values
        newer = torch.arange(self._kept.length - last, self._kept.length, device=older.device)
        places = torch.cat([older, newer.expand(len(older), -1)], dim=1)
        self._masses = self._masses.gather(1, places)
        self._kept = self._kept.take(places)
