"""Keeps in sight, of a zoomed cache, what may be quoted and the quote that is being written."""

from collections.abc import Iterable

from midthought.reasoner.spans.decoding import Decoding
from midthought.reasoner.zoom.kv.pins import Pins


class SpanPins:
    """Pins of one sequence: its quotable segments all the time, an open span as long as it is open.

    A model that copies must see what it copies and how far it is; choosing pages by coarse keys may hide either.

    Args:
        prompt: tokens in the prompt.
        segments: where in it the quotable segments stand, as tokens.
    """

    def __init__(self, prompt: int, segments: Iterable[tuple[int, int]]) -> None:
        self.pins = Pins()
        for start, end in segments:
            self.pins.add(start, end)
        self._prompt = prompt
        self._open: tuple[int, int] | None = None

    def follow(self, state: Decoding | None) -> None:
        """Pin the open span, from its opening mark's last token to what is written; let go of a closed one."""
        if state is None:
            return
        is_open, end = state.is_open, self._prompt + state.written
        if self._open:
            self.pins.remove(*self._open)
        start = self._open[0] if self._open else end - 1
        self._open = (start, end) if is_open else None
        if self._open:
            self.pins.add(*self._open)
