"""Segmenters cut a text into thoughts: the interface, and the simplest one, pages of one size."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from midthought.reasoner.zoom.thoughts.thought import Thought
from midthought.reasoner.zoom.zoom_policy import ZoomedText

if TYPE_CHECKING:
    from midthought.reasoner.zoom.thoughts.forced_summaries import SummaryWriter

_PAGE = 16
"""Tokens per page of a policy of thoughts: a page of four tokens would be too small to vote for by its mean key."""


class Segmenter(Protocol):
    """Reads a text once, token by token; one for each sequence."""

    def read(self, ids: Sequence[int]) -> list[Thought]:
        """Read the next tokens and return the thoughts that they complete, in order, none overlapping another."""
        ...


class Pages:
    """Pages of `size` tokens behind the `first` ones."""

    def __init__(self, size: int, *, first: int = 0) -> None:
        if size < 1:
            raise ValueError(f"size must be >= 1, got {size}")
        self._size = size
        self._start = first
        self._length = 0

    def read(self, ids: Sequence[int]) -> list[Thought]:
        """See `Segmenter.read`."""
        self._length += len(ids)
        found = []
        while self._start + self._size <= self._length:
            found.append(Thought(self._start, self._start + self._size))
            self._start += self._size
        return found


class Uncut:
    """Cuts nothing: no part of the text is ever hidden."""

    def read(self, ids: Sequence[int]) -> list[Thought]:
        """See `Segmenter.read`."""
        return []


@dataclass(frozen=True, slots=True)
class Segmentation:
    """How one text is cut, and what forces summaries into it; None if nothing does."""

    segmenter: Segmenter
    writer: "SummaryWriter | None" = None


def cut_pages(text: ZoomedText) -> Segmentation:
    """Return `Pages` behind the prompt."""
    return Segmentation(Pages(_PAGE, first=text.length))


def leave_uncut(_: ZoomedText) -> Segmentation:
    """Return `Uncut`."""
    return Segmentation(Uncut())
