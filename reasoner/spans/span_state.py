"""The state of an open span."""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, NamedTuple

from midthought.reasoner.spans.segments import Source

if TYPE_CHECKING:
    from midthought.reasoner.spans.matcher import SpanMatcher


class SpanState(NamedTuple):
    """The state of an open span. A value: `advance` returns another one and changes nothing.

    A named tuple, because one is made per token, and making a frozen dataclass of this size takes three times as long.

    Attributes:
        nodes: the automaton's state in each layer.
        length: tokens so far.
        symbols: number of symbols followed so far: tokens or bytes.
        pending: number of bytes missing from the last character.
        before: the state before the last token; None at the start.
        token: the last token.
        in_word: with whole words, whether the last character belongs to a word.
        is_blank: with whole words, whether the whole span is white space; False for an empty one.
    """

    matcher: "SpanMatcher"
    nodes: tuple[int, ...]
    length: int = 0
    symbols: int = 0
    pending: int = 0
    before: "SpanState | None" = None
    token: int = -1
    in_word: bool = False
    is_blank: bool = False

    @property
    def allowed(self) -> Collection[int]:
        """The tokens allowed next, without the end of the span. May be a view: use it before anything is added."""
        return self.matcher.allowed(self)

    @property
    def may_end(self) -> bool:
        """Whether the span may end here; if no token is allowed, it must."""
        return self.matcher.may_end(self)

    def advance(self, token: int) -> "SpanState":
        """Return the state after one more token; raises `ValueError` if it is not allowed."""
        return self.matcher.advance(self, token)

    @property
    def tokens(self) -> list[int]:
        """The tokens of the span."""
        return list(self.backwards())[::-1]

    def backwards(self) -> Iterator[int]:
        """Yield the tokens of the span from the last to the first."""
        state = self
        while state.before is not None:
            yield state.token
            state = state.before

    def sources(self) -> tuple[Source, ...]:
        """Return every place where the span occurs; none for an empty span."""
        return self.matcher.sources(self.tokens) if self.length else ()
