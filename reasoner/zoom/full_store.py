"""A layer that shows everything: the baseline for what room that doubles and shared heads are worth by themselves."""

from typing import TYPE_CHECKING

from midthought.reasoner.zoom.kv.zoom_store import VisibleKV, ZoomStore

if TYPE_CHECKING:
    from torch import Tensor


class FullStore(ZoomStore):
    """Hides nothing."""

    def show(self, query: "Tensor", *, scaling: float) -> VisibleKV | None:
        """See `ZoomStore.show`."""
        return VisibleKV(*self.read_all(), None) if query.shape[-2] == 1 else None
