"""Segmenters cut a text into thoughts: the interface, and the simplest one, pages of one size."""

from collections.abc import Sequence
from typing import Protocol

from midthought.reasoner.zoom.thoughts.thought import Thought


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
