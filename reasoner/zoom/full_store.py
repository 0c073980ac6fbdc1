"""A layer that shows everything: the baseline for what room that doubles and shared heads are worth by themselves."""

from typing import TYPE_CHECKING

from midthought.reasoner.zoom.zoom_store import View, ZoomStore

if TYPE_CHECKING:
    from torch import Tensor


class FullStore(ZoomStore):
    """Hides nothing."""

    def show(self, query: "Tensor", *, scaling: float) -> View | None:
        """See `ZoomStore.show`."""
        return View(*self.read_all(), None) if query.shape[-2] == 1 else None
