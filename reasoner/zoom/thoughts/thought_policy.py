"""Zoom policies of thoughts: a text is cut into segments, and attention heads vote for those that are opened."""

from typing import ClassVar

from midthought.reasoner.zoom.registry import BOUNDARIES, INDEXES, SEGMENTERS, VOTING
from midthought.reasoner.zoom.thoughts.zoom_control import ZoomControl
from midthought.reasoner.zoom.zoom_cache import thought_cache
from midthought.reasoner.zoom.zoom_policy import OpenedZoom, ZoomedText
from midthought.reasoner.zoom.zoom_settings import ZoomSettings


class ThoughtPolicy:
    """Puts the parts together; a subclass names those that it takes unless a setting replaces them.

    The prompt is in no thought, so it is always visible, as in the published method.
    """

    takes_entries = False
    segments: ClassVar[str]
    boundary: ClassVar[str]
    index: ClassVar[str]
    voting: ClassVar[str]

    def __init__(self, settings: ZoomSettings, visible: float) -> None:
        settings.refuse_parts("schedule")
        self._segment = SEGMENTERS.load(settings.part("segments", self.segments))
        self._boundary = BOUNDARIES.load(settings.part("boundary", self.boundary))
        self._index = INDEXES.load(settings.part("index", self.index))
        self._voting = VOTING.load(settings.part("voting", self.voting)).with_share(visible)

    def open(self, text: ZoomedText) -> OpenedZoom:
        """See `ZoomPolicy.open`."""
        segmentation, boundary = self._segment(text), self._boundary.watch(text)
        if text.prepared is not None:
            cache = text.prepared.open(
                lambda _: segmentation.segmenter, boundary, self._voting, index=self._index, pins=text.pins
            )
            return OpenedZoom(cache, segmentation.writer)
        control = ZoomControl(segmentation.segmenter, boundary, self._voting, pins=text.pins)
        return OpenedZoom(thought_cache(text.config, control, index=self._index), segmentation.writer)

    def named_values(self) -> tuple[tuple[str, int], ...]:
        """See `ZoomPolicy.named_values`."""
        return (("window", self._voting.window),)


class PublishedPolicy(ThoughtPolicy):
    """ZoomR (arXiv 2604.10898). Its models were trained to write summaries; here they are forced in for any model."""

    segments = "summaries"
    boundary = "punctuation"
    index = "means"
    voting = "published"


class ParagraphPolicy(ThoughtPolicy):
    """Whole paragraphs for each KV head at once: of all policies of thoughts the nearest to a full cache."""

    segments = "paragraphs"
    boundary = "every_step"
    index = "whole_keys"
    voting = "heads"


class EntryPolicy(ThoughtPolicy):
    """Recalled entries as keys and values, closed until heads vote for them; the text itself stays visible."""

    takes_entries = True
    segments = "uncut"
    boundary = "every_step"
    index = "means"
    voting = "published"
