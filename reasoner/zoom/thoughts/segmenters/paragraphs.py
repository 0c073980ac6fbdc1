"""Cutting at empty lines."""

from collections.abc import Callable, Sequence

from midthought.reasoner.zoom.thoughts.thought import Thought


class Paragraphs:
    """A thought ends with the token that completes an empty line, if it has at least `least` tokens by then.

    The two line breaks may be one token or several, so the text is looked at and not the tokens: of real traces under
    SmolLM2's tokeniser, hardly any has an empty line as one token.

    Args:
        decode: returns the text of tokens.
        first: tokens at the beginning that belong to no thought.
        least: tokens of a thought; shorter paragraphs are joined with the next.
        most: tokens of a thought; longer ones are cut there.
    """

    def __init__(self, decode: Callable[[list[int]], str], *, first: int = 0, least: int = 16, most: int = 512) -> None:
        if not 1 <= least <= most:
            raise ValueError(f"sizes must be 1 <= least <= most, got {least} and {most}")
        self._decode = decode
        self._start = first
        self._least = least
        self._most = most
        self._length = 0
        self._line = ""

    def read(self, ids: Sequence[int]) -> list[Thought]:
        """See `Cut.read`."""
        found = []
        for token in ids:
            self._length += 1
            self._line = (self._line + self._decode([token]))[-64:]
            size = self._length - self._start
            if size >= self._most or (size >= self._least and ends_paragraph(self._line)):
                found.append(Thought(self._start, self._length))
                self._start, self._line = self._length, ""
        return found


def ends_paragraph(text: str) -> bool:
    """Return whether `text` ends in an empty line; blanks in it do not count."""
    stripped = text.rstrip(" \t")
    return stripped.endswith("\n") and stripped[:-1].rstrip(" \t").endswith("\n")
