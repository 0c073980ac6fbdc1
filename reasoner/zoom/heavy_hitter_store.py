"""A layer that keeps what was looked at most, and evicts the rest: "heavy hitters" (H2O, arXiv 2306.14048)."""

from typing import TYPE_CHECKING

from midthought.reasoner.zoom.kv.kv_buffer import KVBuffer
from midthought.reasoner.zoom.kv.zoom_store import VisibleKV, ZoomStore, causal_mask

if TYPE_CHECKING:
    from torch import Tensor


class HeavyHitterStore(ZoomStore):
    """For every KV head, the tokens with the most attention so far and the last ones, half of the budget each.

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

    def show(self, query: "Tensor", *, scaling: float) -> VisibleKV | None:
        """See `ZoomStore.show`."""
        length, count = self.room.length, query.shape[-2]
        self._evict(int(self._share * (length - 1)))
        new = slice(self._seen, None)
        fresh = length - self._seen
        self._kept.append(self.room.keys[..., new, :], self.room.values[..., new, :])
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
