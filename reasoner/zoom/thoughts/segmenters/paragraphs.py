"""Paragraphs: a text is cut at empty lines."""

from collections.abc import Callable, Sequence

from midthought.reasoner.zoom.thoughts.segmenters.segmenter import Segmentation
from midthought.reasoner.zoom.thoughts.thought import Thought
from midthought.reasoner.zoom.zoom_policy import ZoomedText


class Paragraphs:
    """A thought ends with the token that completes an empty line, if it has at least `min_tokens` tokens by then.

    The two line breaks may be one token or several, so the text is looked at and not the tokens: of real traces under
    SmolLM2's tokeniser, hardly any has an empty line as one token.

    Args:
        decode: returns the text of tokens.
        first: tokens at the beginning that belong to no thought.
        min_tokens: of a thought; shorter paragraphs are joined with the next.
        max_tokens: of a thought; longer ones are cut there.
    """

    def __init__(
        self, decode: Callable[[list[int]], str], *, first: int = 0, min_tokens: int = 16, max_tokens: int = 512
    ) -> None:
        if not 1 <= min_tokens <= max_tokens:
            raise ValueError(f"sizes must be 1 <= min_tokens <= max_tokens, got {min_tokens} and {max_tokens}")
        self._decode = decode
        self._start = first
        self._min_tokens = min_tokens
        self._max_tokens = max_tokens
        self._length = 0
        self._line = ""

    def read(self, ids: Sequence[int]) -> list[Thought]:
        """See `Segmenter.read`."""
        found = []
        for token in ids:
            self._length += 1
            self._line = (self._line + self._decode([token]))[-64:]
            size = self._length - self._start
            if size >= self._max_tokens or (size >= self._min_tokens and ends_paragraph(self._line)):
                found.append(Thought(self._start, self._length))
                self._start, self._line = self._length, ""
        return found


def ends_paragraph(text: str) -> bool:
    """Return whether `text` ends in an empty line; blanks in it do not count."""
    stripped = text.rstrip(" \t")
    return stripped.endswith("\n") and stripped[:-1].rstrip(" \t").endswith("\n")


def cut_paragraphs(text: ZoomedText) -> Segmentation:
    """Return `Paragraphs` behind the prompt."""
    return Segmentation(Paragraphs(text.decode, first=text.length))
