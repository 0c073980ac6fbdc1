"""What the tests of spans share: vocabularies small enough to look through, and an oracle that scans everything."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import strategies as st

from midthought.reasoner.spans.rules import SpanRules
from midthought.reasoner.spans.runs import SymbolRun
from midthought.reasoner.spans.vocabulary import Vocabulary

PIECES = (b"a", b"b", b" ", b"ab", b" a", b"ba b", b".", "é".encode(), "é".encode()[:1], "é".encode()[1:], b"<", b"aa")
"""Words, spaces and marks, tokens that overlap, and a character cut in two."""


@pytest.fixture(scope="session")
def small() -> Vocabulary:
    """Twelve tokens over a, b, space, stop, less-than and é; the last but one is of no word."""
    return Vocabulary(PIECES)


def small_texts(*, longest: int = 12) -> st.SearchStrategy[str]:
    """Texts over the characters of the small vocabulary."""
    return st.text(alphabet="ab .é<", max_size=longest)


def token_run(tokens: Sequence[int], segment: str = "s") -> SymbolRun:
    """A run of tokens whose offsets count tokens."""
    return SymbolRun(segment, list(tokens), list(range(len(tokens) + 1)))


def byte_run(text: str, segment: str = "s") -> SymbolRun:
    """The run of a whole text in bytes."""
    data = text.encode()
    characters = [len(data[:end].decode(errors="ignore")) for end in range(len(data) + 1)]
    return SymbolRun(segment, data, characters)


@dataclass(frozen=True)
class Oracle:
    """The rule of `SpanRules`, by looking through every run at every step.

    `runs` are token lists (exact) or bytes (text); `spans` are lists of tokens.
    """

    vocabulary: Vocabulary
    rules: SpanRules
    runs: Sequence[Sequence[int]]
    exact: bool

    def allowed(self, span: Sequence[int]) -> set[int]:
        """The tokens that may come next."""
        if len(span) >= self.rules.max_tokens and not self._pending(span):
            return set()
        return {token for token in range(len(self.vocabulary)) if self._goes(span, token)}

    def may_end(self, span: Sequence[int]) -> bool:
        """Whether the span may end."""
        if not self.allowed(span):
            return True
        if len(span) < self.rules.min_tokens or self._pending(span):
            return False
        if self.rules.whole_words and self._text(span).isspace():
            return False
        if not (self.rules.whole_words and span and self._is_word(self._text(span), -1)):
            return True
        following = [run[end:] for run, end in self._ends(self._symbols(span))]
        rest = [bytes(some) if not self.exact else self._text(some) for some in following]
        return any(not some or not self._is_word(some, 0) for some in rest)

    def places(self, span: Sequence[int]) -> list[tuple[int, int, int]]:
        """Every (run, start, end) where the span stands."""
        symbols = self._symbols(span)
        numbered = [(number, run) for number, run in enumerate(self.runs)]
        return [
            (number, start, start + len(symbols))
            for number, run in numbered
            for start in range(len(run) - len(symbols) + 1)
            if list(run[start : start + len(symbols)]) == symbols
        ]

    def _goes(self, span: Sequence[int], token: int) -> bool:
        piece = self.vocabulary.pieces[token]
        if not piece or token in self.vocabulary.special:
            return False
        if not span and self.rules.whole_characters and piece[0] & 0xC0 == 0x80:
            return False
        need = max(0, self.rules.min_tokens - len(span) - 1)
        rests = [run[end:] for run, end in self._ends(self._symbols([*span, token]))]
        blank = self.rules.whole_words and self._text([*span, token]).isspace()
        long = [len(rest) >= need for rest in rests]
        filled = [not blank or (not (self._text(rest) if self.exact else bytes(rest)).isspace() and len(rest) > 0)
                  for rest in rests]  # fmt: skip
        if not span:  # at the beginning both are of one place
            return any(map(all, zip(long, filled, strict=True)))
        return any(long) and any(filled)

    def _may_begin(self, run: Sequence[int], start: int) -> bool:
        """Whether a span may begin at a place of a run: with whole words, not between two characters of one."""
        if not self.rules.whole_words or start in (0, len(run)):
            return True
        before = self._text(run[:start]) if self.exact else bytes(run[:start])
        after = self._text(run[start:]) if self.exact else bytes(run[start:])
        return not (self._is_word(before, -1) and self._is_word(after, 0))

    def _ends(self, symbols: list[int]) -> list[tuple[Sequence[int], int]]:
        """Every run and place at which `symbols` end, having begun where a span may."""
        size = len(symbols)
        ends = [(run, end) for run in self.runs for end in range(size, len(run) + 1)]
        return [
            (run, end)
            for run, end in ends
            if list(run[end - size : end]) == symbols and self._may_begin(run, end - size)
        ]

    def _symbols(self, span: Sequence[int]) -> list[int]:
        return list(span) if self.exact else list(self._text(span))

    def _text(self, tokens: Sequence[int]) -> bytes:
        return b"".join(self.vocabulary.pieces[token] for token in tokens)

    def _pending(self, span: Sequence[int]) -> bool:
        """Whether the last character is cut: nothing after its first byte decodes."""
        if not self.rules.whole_characters:
            return False
        text = self._text(span)
        lead = max((place for place, byte in enumerate(text) if byte & 0xC0 != 0x80), default=None)
        if lead is None:
            return False
        length = 1 if text[lead] < 0x80 else 2 if text[lead] < 0xE0 else 3 if text[lead] < 0xF0 else 4
        return len(text) - lead < length

    def _is_word(self, text: bytes, place: int) -> bool:
        """Whether the first or last character of `text` makes words; a cut one counts by its first byte."""
        if place == -1:
            leads = [byte for byte in text if byte & 0xC0 != 0x80]
            if not leads:
                return bool(text)
            byte = leads[-1]
        else:
            byte = text[0]
        letter = chr(byte)
        return letter.isalnum() or letter == "_" if byte < 0x80 else byte not in {0xC2, *range(0xE2, 0xEE)}


def any_rules() -> st.SearchStrategy[SpanRules]:
    """Rules with short spans."""
    return st.builds(
        lambda least, more, whole: SpanRules(least, max(1, least + more), *whole),
        st.integers(0, 4),
        st.integers(0, 4),
        st.sampled_from([(False, False), (True, False), (True, True)]),
    )


def walk(data: Any, allowed: set[int]) -> int:
    """A token out of a set, drawn."""
    return data.draw(st.sampled_from(sorted(allowed)))  # type: ignore[no-any-return]
