"""The default zoom policy: pages of one size, selected by the query that is about to attend."""

from dataclasses import fields

from midthought.reasoner.zoom.pages.visibility import Visibility
from midthought.reasoner.zoom.registry import INDEXES, SCHEDULES
from midthought.reasoner.zoom.zoom_cache import zoom_cache
from midthought.reasoner.zoom.zoom_policy import OpenedZoom, ZoomedText
from midthought.reasoner.zoom.zoom_settings import ZoomSettings


class PagePolicy:
    """Opens pages in every layer and KV head separately, up to the visible share; see `PageStore`."""

    takes_entries = False

    def __init__(self, settings: ZoomSettings, visible: float) -> None:
        settings.refuse_parts("segments", "boundary", "voting")
        self._visibility = Visibility(share=visible)
        self._index = INDEXES.load(settings.part("index", "token_keys"))
        self._schedule = SCHEDULES.load(settings.part("schedule", "every"))

    def open(self, text: ZoomedText) -> OpenedZoom:
        """See `ZoomPolicy.open`."""
        cache = zoom_cache(text.config, self._visibility, index=self._index, schedule=self._schedule, pins=text.pins)
        return OpenedZoom(cache)

    def named_values(self) -> tuple[tuple[str, int], ...]:
        """See `ZoomPolicy.named_values`."""
        names = [one.name for one in fields(self._visibility) if one.name != "share"]
        return tuple((name, getattr(self._visibility, name)) for name in names)
