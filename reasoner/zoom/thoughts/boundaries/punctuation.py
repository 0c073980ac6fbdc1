"""Boundaries at the end of a sentence, as published (arXiv 2604.10898)."""

from collections.abc import Callable
from typing import Self

from midthought.reasoner.zoom.thoughts.boundaries.boundary import Boundary, DecodingStep
from midthought.reasoner.zoom.thoughts.segmenters.paragraphs import ends_paragraph
from midthought.reasoner.zoom.zoom_policy import ZoomedText


class Punctuation(Boundary):
    """Due at a token that ends in ``.``, ``!``, ``?`` or ``:``, or completes an empty line.

    Args:
        decode: returns the text of tokens.
    """

    def __init__(self, decode: Callable[[list[int]], str]) -> None:
        self._decode = decode
        self._tail = ""

    @classmethod
    def watch(cls, text: ZoomedText) -> Self:
        """Return the boundary of one text, by the decoder of its tokens."""
        return cls(text.decode)

    def should_reselect(self, step: DecodingStep) -> bool:
        """See `Boundary.should_reselect`."""
        due = False
        for token in step.ids:
            text = self._decode([token])
            self._tail = (self._tail + text)[-64:]
            due = text.rstrip(" ").endswith((".", "!", "?", ":")) or ("\n" in text and ends_paragraph(self._tail))
        return due
