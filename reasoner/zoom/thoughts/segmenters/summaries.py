"""Cutting where the model writes summaries between marks."""

from collections.abc import Sequence

from midthought.reasoner.zoom.thoughts.segmenters.segmenter import Segmentation
from midthought.reasoner.zoom.thoughts.thought import Thought
from midthought.reasoner.zoom.zoom_policy import ZoomedText

MARKS = ("<summary>", "</summary>")
"""What stands around a summary in the text."""


class Summaries:
    """A thought is all since the last one up to the mark behind its summary; the summary stands for it.

    Whether the model was taught to write the marks or they are forced in (`forced_summaries.py`) is the same here.

    Args:
        begin, end: the tokens of the marks.
        first: tokens at the beginning that belong to no thought.
    """

    def __init__(self, begin: Sequence[int], end: Sequence[int], *, first: int = 0) -> None:
        for name, mark in (("begin", begin), ("end", end)):
            if not mark:
                raise ValueError(f"the mark {name!r} must have at least one token")
        self._begin = tuple(begin)
        self._end = tuple(end)
        self._start = first
        self._length = 0
        self._last: list[int] = []
        self._summary = 0

    def read(self, ids: Sequence[int]) -> list[Thought]:
        """See `Segmenter.read`."""
        found = []
        for token in ids:
            self._length += 1
            self._last = [*self._last, token][-max(len(self._begin), len(self._end)) :]
            if self._length <= self._start:
                continue
            if self._closes(self._begin):
                self._summary = self._length
            elif self._summary and self._closes(self._end):
                end = self._length - len(self._end)
                summary = (self._summary, end) if end > self._summary else None
                found.append(Thought(self._start, self._length, summary))
                self._start, self._summary = self._length, 0
        return found

    def _closes(self, mark: tuple[int, ...]) -> bool:
        return tuple(self._last[-len(mark) :]) == mark


def cut_at_summaries(text: ZoomedText) -> Segmentation:
    """Return `Summaries` behind the prompt, for a model that was trained to write them between `MARKS`."""
    begin, end = map(text.encode, MARKS)
    return Segmentation(Summaries(begin, end, first=text.length))
