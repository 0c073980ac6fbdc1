"""Summaries forced in at the end of paragraphs, while what they sum up is in sight."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from midthought.reasoner.zoom.thoughts.segmenters.paragraphs import Paragraphs
from midthought.reasoner.zoom.thoughts.segmenters.segmenter import Segmentation, Segmenter
from midthought.reasoner.zoom.thoughts.segmenters.summaries import MARKS, Summaries
from midthought.reasoner.zoom.zoom_policy import ZoomedText

if TYPE_CHECKING:
    from torch import Tensor


class SummaryWriter:
    """Says which token must come next for a summary to stand behind every paragraph.

    At the end of a paragraph it forces the opening mark, lets the model write, and forces the closing mark after
    `max_tokens` tokens, unless the model has written that mark itself. So the model writes each summary while it still
    sees the paragraph; summaries that were made without it in sight are known to cost much quality.

    Args:
        paragraphs: where paragraphs end; tokens of summaries are not read by it.
        begin, end: the tokens of the marks.
        max_tokens: of a summary; published ones have 10 to 12.
    """

    def __init__(
        self, paragraphs: Segmenter, begin: Sequence[int], end: Sequence[int], *, max_tokens: int = 12
    ) -> None:
        if not begin or not end:
            raise ValueError("both marks of a summary must have at least one token")
        if max_tokens < 1:
            raise ValueError(f"max_tokens must be >= 1, got {max_tokens}")
        self._paragraphs = paragraphs
        self._begin = tuple(begin)
        self._end = tuple(end)
        self._max_tokens = max_tokens
        self._forced: list[int] = []
        self._summary: list[int] | None = None

    def read(self, token: int) -> int | None:
        """Read the next token of the text; return the one that must follow it, None for any."""
        if self._forced:
            self._forced.pop(0)
        elif self._summary is not None:
            self._summary.append(token)
            if tuple(self._summary[-len(self._end) :]) == self._end:
                self._summary = None
            elif len(self._summary) >= self._max_tokens:
                self._summary, self._forced = None, list(self._end)
        elif self._paragraphs.read([token]):
            self._summary, self._forced = [], list(self._begin)
        return self._forced[0] if self._forced else None


def summary_processor(writer: Callable[[], SummaryWriter]) -> Any:
    """Return a transformers ``LogitsProcessor`` for the library's own ``generate``, of one sequence.

    The prompt is not read, so a paragraph begins where the model begins.
    """
    return _processor_class()(writer())


@cache
def _processor_class() -> type:
    from transformers import LogitsProcessor

    class SummaryProcessor(LogitsProcessor):
        """Forces what the writer says."""

        def __init__(self, writer: SummaryWriter) -> None:
            self._writer = writer
            self._read: int | None = None

        def __call__(self, input_ids: "Tensor", scores: "Tensor") -> "Tensor":
            if len(input_ids) != 1:
                raise ValueError(f"summaries are forced into one sequence, got a batch of {len(input_ids)}")
            length = input_ids.shape[1]
            must: int | None = None
            for place in range(length if self._read is None else self._read, length):
                must = self._writer.read(int(input_ids[0, place]))
            self._read = length
            if must is None:
                return scores
            forced = scores.new_full(scores.shape, float("-inf"))
            forced[:, must] = 0.0
            return forced

    return SummaryProcessor


def cut_and_summarise(text: ZoomedText) -> Segmentation:
    """Return `Summaries` behind the prompt, and a writer that forces one in behind every paragraph."""
    begin, end = map(text.encode, MARKS)
    # The writer reads only what the model writes, so for it the text begins behind the prompt.
    return Segmentation(Summaries(begin, end, first=text.length), SummaryWriter(Paragraphs(text.decode), begin, end))
