"""The delimiters of a quote among the tokens of a vocabulary."""

from collections.abc import Sequence
from typing import Any

from midthought.reasoner.spans.vocabulary import Vocabulary


class OpeningMark:
    """The opening delimiter among tokens.

    A token may contain more than the end of the mark: ``>The``. It is banned if it would complete the mark, so that a
    span begins at the beginning of a token.
    """

    def __init__(self, mark: str, vocabulary: Vocabulary) -> None:
        self.bytes = mark.encode()
        self._vocabulary = vocabulary
        last = self.bytes[-1:]
        self._longer = [(token, piece) for token, piece in enumerate(vocabulary.pieces) if last in piece[:-1]]
        self._ending = [(token, piece) for token, piece in enumerate(vocabulary.pieces) if piece[-1:] == last]
        self._banned: dict[tuple[bytes, bool], tuple[int, ...]] = {}

    def keep(self, tail: bytes) -> bytes:
        """Return the longest end of `tail` that is a beginning of the mark."""
        for length in range(min(len(self.bytes) - 1, len(tail)), 0, -1):
            if self.bytes.startswith(tail[-length:]):
                return tail[-length:]
        return b""

    def banned(self, begun: bytes, *, opens: bool) -> tuple[int, ...]:
        """Return the tokens forbidden after `begun`: those that complete the mark and have more bytes after it.

        With `opens` False, because nothing can be quoted, also those that only complete it.
        """
        if (begun, opens) not in self._banned:
            found = [token for token, piece in self._longer if self.bytes in (begun + piece)[:-1]]
            if not opens:
                found += [token for token, piece in self._ending if (begun + piece).endswith(self.bytes)]
            self._banned[begun, opens] = tuple(dict.fromkeys(found))
        return self._banned[begun, opens]


def spell_mark(mark: str, tokenizer: Any, vocabulary: Vocabulary) -> tuple[int, ...]:
    """Return the tokens of `mark` as the tokeniser writes it in running text.

    Raises `ValueError` if the vocabulary cannot spell it.
    """
    wanted = mark.encode()
    tokens: Sequence[int] = tokenizer(mark, add_special_tokens=False).input_ids
    if vocabulary.join(tokens) == wanted:
        return tuple(tokens)
    return tuple(_longest_pieces(wanted, vocabulary))  # SentencePiece puts a space before what begins a text


def _longest_pieces(text: bytes, vocabulary: Vocabulary) -> list[int]:
    tokens, start = [], 0
    while start < len(text):
        ends = (end for end in range(len(text), start, -1) if text[start:end] in vocabulary.spellings)
        end = next(ends, None)
        if end is None:
            raise ValueError(f"the vocabulary has no token for {text[start:]!r}")
        tokens.append(vocabulary.spellings[text[start:end]][0])
        start = end
    return tokens
