"""Turns token ids into text one by one, never showing half a character."""

from collections.abc import Callable, Sequence

_CONTEXT = 6
_UNFINISHED = "\N{REPLACEMENT CHARACTER}"


class Detokeniser:
    """Decodes a growing list of ids; a character split over several tokens appears with its last one.

    The joined pieces are what `decode` makes of all ids at once, less an unfinished last character. A few ids before
    the first are decoded along, because tokenisers drop a space at the start of a text.

    Args:
        decode: ids to text, with every special token kept.
        before: the ids of the prompt.
    """

    def __init__(self, decode: Callable[[list[int]], str], before: Sequence[int]) -> None:
        self._decode = decode
        self._ids = list(before[-_CONTEXT:])
        self._shown = len(self._ids)
        self._shown_text = decode(self._ids)

    def push(self, token: int) -> str:
        """Return the characters `token` completes; empty while a character is unfinished."""
        self._ids.append(token)
        text = self._decode(self._ids)
        # A tokeniser decodes the first bytes of a character to the replacement character.
        if text.endswith(_UNFINISHED):
            return ""
        piece = text[len(self._shown_text) :]
        # Only the ids since the last piece are kept: decoding the whole text at every token would take quadratic time.
        self._ids = self._ids[self._shown :]
        self._shown, self._shown_text = len(self._ids), self._decode(self._ids)
        return piece
