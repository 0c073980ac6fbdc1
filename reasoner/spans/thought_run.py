"""What a model has written itself, as a text it may quote from."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from midthought.reasoner.spans.matcher import SpanMatcher
from midthought.reasoner.spans.request import THOUGHT
from midthought.reasoner.spans.runs import SymbolRun, count_characters
from midthought.reasoner.spans.text_matcher import TextMatcher

_Written: TypeAlias = "tuple[int, _Written] | None"
"""Tokens, the last one outermost, so that states share their beginnings."""


@dataclass(frozen=True, slots=True)
class ThoughtRun:
    """The free text since the last mark, and the matcher that can quote what was before it. A value.

    Free text becomes quotable when a span is opened, so no matcher grows while a span is open. Quotes and marks do
    not: a quote of a quote would hide where it comes from.

    Attributes:
        prompt: the matcher of the prompt's segments.
        matcher: the one to open a span with: that of the prompt or, with `quotable`, a fork of it that grows.
        branching: make a new fork for every growth, for states that several continuations share. Costs about 1
            microsecond for every token of the thought, at every span.
        place: characters written before `free`.
        free: the tokens since the last mark.
        older: the runs before.
    """

    prompt: SpanMatcher
    matcher: SpanMatcher
    quotable: bool
    branching: bool
    place: int = 0
    free: _Written = None
    older: tuple[SymbolRun, ...] = ()

    def push(self, token: int) -> "ThoughtRun":
        """Return the thought with one more token of free text."""
        return replace(self, free=(token, self.free)) if self.quotable else self

    def skip(self, token: int) -> "ThoughtRun":
        """Return the thought behind one more token of a quote or mark."""
        return replace(self, place=self.place + self._characters(token)) if self.quotable else self

    def settle(self, mark: bytes) -> "ThoughtRun":
        """Return the thought with the free text quotable, the opening mark it ends in left out."""
        if not self.quotable:
            return self
        tokens = list(_unroll(self.free))[::-1]
        place = self.place + sum(map(self._characters, tokens))
        runs = tuple(self._runs(tokens, len(mark)))
        # States that several continuations share must not see each other's text in one matcher.
        if self.branching:
            runs = (*self.older, *runs)
            grown = self.prompt.fork()
            grown.add(runs)
            return replace(self, matcher=grown, place=place, free=None, older=runs)
        self.matcher.add(runs)
        return replace(self, place=place, free=None)

    def _characters(self, token: int) -> int:
        return sum(byte & 0xC0 != 0x80 for byte in self.matcher.vocabulary.pieces[token])

    def _runs(self, tokens: list[int], mark: int) -> Iterator[SymbolRun]:
        """Yield the runs of `tokens`, less those that hold the last `mark` bytes."""
        vocabulary = self.matcher.vocabulary
        left = len(vocabulary.join(tokens)) - mark
        run: list[int] = []
        place = self.place
        for token in tokens:
            left -= len(vocabulary.pieces[token])
            if token in vocabulary.special or left < 0:
                yield from self._run(run, place)
                place += sum(map(self._characters, [*run, token]))
                run = []
            else:
                run.append(token)
        yield from self._run(run, place)

    def _run(self, tokens: list[int], place: int) -> Iterator[SymbolRun]:
        text = self.matcher.vocabulary.join(tokens)
        try:
            text.decode()
        except UnicodeDecodeError:  # half a character: what the model wrote there is no text
            return
        in_bytes = isinstance(self.matcher, TextMatcher)
        symbols = list(text) if in_bytes else tokens
        if symbols:
            sizes = [1] * len(text) if in_bytes else [len(self.matcher.vocabulary.pieces[token]) for token in tokens]
            yield SymbolRun(THOUGHT, symbols, [place + count for count in count_characters(text, sizes)])


def _unroll(written: _Written) -> Iterator[int]:
    while written:
        token, written = written
        yield token
