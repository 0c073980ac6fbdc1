"""What of a thought was open to attention at one step, in place: its parts shaded by the share of heads that saw it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from markupsafe import Markup

from midthought.api.explorer.passages import PassageMark, TextPiece, TextWindow, cut_text, window_at
from midthought.api.pictures.zoom_picture import draw_zoom
from midthought.reasoner.thought.receipts import ZoomRecord
from midthought.reasoner.zoom.zoom_step import ZoomStep

SHADES = 4
MAX_PICTURE = 400_000
"""Characters of a picture on a page; a longer one is left out, and `midthought zoom` draws it."""
MAX_PARTS = 1_000
"""Parts that are shaded on a page."""


@dataclass(frozen=True, slots=True)
class ZoomView:
    """One step of a zoomed thought.

    Attributes:
        number: of the step, from 0; `count` steps were recorded.
        pieces: the shown part of the text.
        picture: all steps over the text, as SVG; empty if it is too large for a page.
    """

    number: int
    count: int
    step: ZoomStep
    window: TextWindow
    pieces: tuple[TextPiece, ...]
    picture: Markup


def view_zoom(record: ZoomRecord, *, number: int, place: int) -> ZoomView:
    """Return what was open at the step `number`, the last one if there is no such step, around a place of the text."""
    number = number if 0 <= number < len(record.steps) else len(record.steps) - 1
    step = record.steps[number]
    window = window_at(len(record.text), place)
    pieces = cut_text(record.text, _shades(step, window), start=window.start, end=window.end)
    drawn = draw_zoom(record)
    # It is made by us: all text in it is escaped.
    picture = Markup(drawn if len(drawn) <= MAX_PICTURE else "")  # noqa: S704
    return ZoomView(number, len(record.steps), step, window, tuple(pieces), picture)


def _shades(step: ZoomStep, window: TextWindow) -> Sequence[PassageMark]:
    shown = [one for one in step.opened if one.start < window.end and one.end > window.start][:MAX_PARTS]
    return [
        PassageMark(one.start, one.end, f"open open-{max(1, ceil(one.share * SHADES))}", f"open in {one.share:.0%}")
        for one in shown
    ]
