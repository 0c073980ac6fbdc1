"""Finding a quoted passage in its trace. Models quote nearly, and their offsets are wrong, so the text is searched."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from midthought.memory.records.trajectory import Part, Span, Trajectory

_TOKEN = re.compile(r"\w+|[^\w\s]")
_ELLIPSIS = re.compile(r"\s*(?:\.\.\.|…|\[\.\.\.\])\s*")
_MIN_TOKENS = 4
"""Shorter quotes stand in any trace."""
_MIN_SHARE = 0.8
"""Of the tokens of a quote that must stand in the passage, in this order."""


@dataclass(frozen=True, slots=True)
class _Tokens:
    """A text as words and signs in small letters, with their offsets."""

    words: tuple[str, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    @classmethod
    def of(cls, text: str) -> "_Tokens":
        found = list(_TOKEN.finditer(text))
        return cls(
            tuple(one[0].casefold() for one in found),
            tuple(one.start() for one in found),
            tuple(one.end() for one in found),
        )


class TraceSearch:
    """Searches quotes in one trajectory: in its thought first, then in its answer."""

    def __init__(self, trajectory: Trajectory) -> None:
        texts = ((Part.THOUGHT, trajectory.thought), (Part.ANSWER, trajectory.answer))
        self._parts = tuple((part, _Tokens.of(text)) for part, text in texts)

    def find(self, quotes: Sequence[str]) -> tuple[Span, ...]:
        """Return where the quotes stand, in reading order, each once; those that stand nowhere are left out.

        A quote with an ellipsis is several. A quote of under four words is not searched.
        """
        pieces = [piece for quote in quotes for piece in _ELLIPSIS.split(quote)]
        return tuple(sorted({span for piece in pieces if (span := self._find_one(piece)) is not None}))

    def _find_one(self, quote: str) -> Span | None:
        asked = _Tokens.of(quote).words
        if len(asked) < _MIN_TOKENS:
            return None
        for part, tokens in self._parts:
            if (start := _find_exactly(tokens.words, asked)) is not None:
                return Span(part, tokens.starts[start], tokens.ends[start + len(asked) - 1])
        found = [(part, tokens, _find_nearly(tokens.words, asked)) for part, tokens in self._parts]
        best = max(found, key=lambda one: one[2][0])
        part, tokens, (share, first, last) = best
        return Span(part, tokens.starts[first], tokens.ends[last]) if share >= _MIN_SHARE else None


def _find_exactly(words: Sequence[str], asked: Sequence[str]) -> int | None:
    length = len(asked)
    places = (place for place in range(len(words) - length + 1) if words[place] == asked[0])
    return next((place for place in places if tuple(words[place : place + length]) == tuple(asked)), None)


def _find_nearly(words: Sequence[str], asked: Sequence[str]) -> tuple[float, int, int]:
    """Return the share of `asked` that stands in the best window of twice its length, and the window's first and last.

    Only windows around a run of four tokens of the quote are looked at.
    """
    runs = {tuple(asked[place : place + _MIN_TOKENS]) for place in range(len(asked) - _MIN_TOKENS + 1)}
    best = (0.0, 0, 0)
    looked_at = -1
    for place in range(len(words) - _MIN_TOKENS + 1):
        if place < looked_at or tuple(words[place : place + _MIN_TOKENS]) not in runs:
            continue
        begin, end = max(0, place - len(asked)), min(len(words), place + 2 * len(asked))
        best = max(best, _compare(words, asked, begin, end))
        looked_at = place + len(asked)
    return best


def _compare(words: Sequence[str], asked: Sequence[str], begin: int, end: int) -> tuple[float, int, int]:
    blocks = SequenceMatcher(None, words[begin:end], asked, autojunk=False).get_matching_blocks()[:-1]
    # Single words that stand in any sentence would stretch the passage.
    blocks = [block for block in blocks if block.size > 1] or blocks
    if not blocks:
        return (0.0, begin, begin)
    share = sum(block.size for block in blocks) / len(asked)
    return (share, begin + blocks[0].a, begin + blocks[-1].a + blocks[-1].size - 1)
