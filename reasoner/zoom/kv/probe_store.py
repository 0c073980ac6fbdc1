"""A layer that shows everything and compares what zoomed attention makes of it with what the model's own does."""

from typing import TYPE_CHECKING

from midthought.reasoner.zoom.kv.zoom_store import VisibleKV, ZoomStore, causal_mask

if TYPE_CHECKING:
    from torch import Tensor


class ProbeStore(ZoomStore):
    """Of one layer of a model that is probed; see `probing.py`."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        """How often attention read what is visible."""
        self.gap = 0.0
        """The greatest difference between the two, of the greatest number that the model's own attention gave."""

    def select(self, query: "Tensor", *, scaling: float) -> VisibleKV | None:
        """See `ZoomStore.select`."""
        self.asked += 1
        mask = None
        if query.shape[-2] > 1:
            mask = causal_mask(query, self.buffer.length).expand(1, self.heads, -1, -1)
        return VisibleKV(*self.read_all(), mask)

    def was_given(self, values: "Tensor") -> bool:
        """Return whether attention was given the values that `update` returned."""
        return getattr(values, "zoom_store", None) is self

    def compare(self, zoomed: "Tensor", own: "Tensor") -> None:
        """Note the largest difference of two outputs for the same query, keys and values."""
        if zoomed.numel() != own.numel():
            self.gap = float("inf")
            return
        scale = float(own.abs().max()) or 1.0
        gap = float((zoomed.reshape(own.shape) - own).abs().max()) / scale
        # NaN compares false with everything, so it would look like no difference.
        self.gap = max(self.gap, gap if gap == gap else float("inf"))
