"""The interface of ways to cut a text into thoughts."""

from collections.abc import Sequence
from typing import Protocol

from midthought.reasoner.zoom.thoughts.thought import Thought


class Segmenter(Protocol):
    """Reads a text once, token by token; one for each sequence."""

    def read(self, ids: Sequence[int]) -> list[Thought]:
        """Read the next tokens and return the thoughts that they complete, in order, none overlapping another."""
        ...
