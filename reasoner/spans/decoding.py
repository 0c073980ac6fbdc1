"""One sequence while it is decoded: outside a span, inside one, or writing its closing mark."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from midthought.reasoner.spans.delimiters import Delimiters
from midthought.reasoner.spans.marks import OpeningMark, spell_mark
from midthought.reasoner.spans.matcher import SpanMatcher
from midthought.reasoner.spans.request import Matching, SpanRequest
from midthought.reasoner.spans.runs import PromptRuns
from midthought.reasoner.spans.segments import Source
from midthought.reasoner.spans.span_state import SpanState
from midthought.reasoner.spans.text_matcher import TextMatcher
from midthought.reasoner.spans.thought_run import ThoughtRun
from midthought.reasoner.spans.token_matcher import TokenMatcher
from midthought.reasoner.spans.vocabulary import Vocabulary, read_vocabulary

_MAX_MARKS = 64
"""Maximum number of delimiters kept prepared, half a megabyte each: the clients of a server may send any."""


@dataclass(frozen=True, slots=True)
class CopiedSpan:
    """A closed span.

    Attributes:
        text: what was copied.
        start: the first of its tokens, counted from the end of the prompt.
        end: behind the last of them.
        sources: every place where the text occurs.
    """

    text: str
    start: int
    end: int
    sources: tuple[Source, ...]


class SpanCoder:
    """Creates the decoding states of one model, and keeps what they share.

    Args:
        tokenizer: of transformers; see `read_vocabulary` for which can be used.
    """

    def __init__(self, tokenizer: Any) -> None:
        self.vocabulary = read_vocabulary(tokenizer)
        self._tokenizer = tokenizer
        self._marks: dict[Delimiters, tuple[OpeningMark, tuple[int, ...]]] = {}

    def begin(self, prompt: Sequence[int], request: SpanRequest, *, branching: bool = False) -> "Decoding":
        """Return the state of a sequence that begins with the tokens of `prompt`.

        A span is open if the prompt ends in the opening mark. Set `branching` if a state may be continued in
        more than one way (beam search).

        Raises `ValueError` if a segment does not occur in the prompt.
        """
        opening, closing = self._find_marks(request.delimiters)
        matcher = self._make_matcher(prompt, request)
        # Only a thought that may be quoted grows; otherwise all branches share one matcher.
        own = matcher.fork() if request.quote_thought else matcher
        thought = ThoughtRun(matcher, own, quotable=request.quote_thought, branching=branching)
        # The tokens of a mark are never more than its bytes.
        tail = self.vocabulary.join(prompt[-len(opening.bytes) :])
        span = matcher.start() if tail.endswith(opening.bytes) else None
        return Decoding(self.vocabulary, opening, closing, thought, begun=opening.keep(tail), span=span)

    def find_segments(self, prompt: Sequence[int], request: SpanRequest) -> list[tuple[int, int]]:
        """Return the ranges of tokens of `prompt` that belong to quotable text: first token, and one past the last."""
        found = PromptRuns(prompt, self.vocabulary)
        return [place for segment in request.segments for place in found.find_tokens(segment)]

    def _find_marks(self, delimiters: Delimiters) -> tuple[OpeningMark, tuple[int, ...]]:
        if delimiters not in self._marks:
            if len(self._marks) == _MAX_MARKS:
                self._marks.clear()
            closing = spell_mark(delimiters.close, self._tokenizer, self.vocabulary)
            self._marks[delimiters] = OpeningMark(delimiters.open, self.vocabulary), closing
        return self._marks[delimiters]

    def _make_matcher(self, prompt: Sequence[int], request: SpanRequest) -> SpanMatcher:
        found = PromptRuns(prompt, self.vocabulary, marks=(request.delimiters.open, request.delimiters.close))
        exact = request.matching is Matching.EXACT
        rules, forbidden = request.rules, request.forbidden
        matcher = (TokenMatcher if exact else TextMatcher)(self.vocabulary, rules)
        for segment in request.segments:
            if exact:
                matcher.add(found.find(segment, forbidden, whole_words=rules.whole_words))
            else:
                matcher.add(found.find_bytes(segment, forbidden))
        return matcher


@dataclass(frozen=True, slots=True)
class Decoding:
    """The state of a sequence. A value: `push` returns another one.

    Attributes:
        opening: the opening mark.
        closing: the tokens of the closing mark.
        thought: what the model has written, and the matcher spans are opened with.
        begun: the part of an opening mark that the text ends with.
        span: the open span, with all that is written in it; None if there is none, or if what is written is
            the closing mark and nothing else.
        closed: how many tokens of the closing mark are written.
        ended: the span as it was before these tokens.
        written: tokens after the prompt.
        spans: the closed spans.
    """

    vocabulary: Vocabulary
    opening: OpeningMark
    closing: tuple[int, ...]
    thought: ThoughtRun
    begun: bytes = b""
    span: SpanState | None = None
    closed: int = 0
    ended: SpanState | None = None
    written: int = 0
    spans: tuple[CopiedSpan, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether a span is open, its closing mark not complete."""
        return self.span is not None or self.ended is not None

    def allowed(self) -> Collection[int] | None:
        """Return the only tokens allowed next; None if all are allowed except those of `banned`."""
        if not self.is_open:
            return None
        content = self.span.allowed if self.span else ()
        mark = self._next_of_mark()
        return content if not mark else {*content, *mark} if content else mark

    def banned(self) -> Collection[int]:
        """Return the tokens that are not allowed next, while no span is open."""
        return () if self.is_open else self.opening.banned(self.begun, opens=self._can_open())

    def push(self, token: int) -> "Decoding":
        """Return the state after one more token; in an open span raises `ValueError` if it is not allowed."""
        return self._push_inside(token) if self.is_open else self._push_outside(token)

    def push_all(self, tokens: Iterable[int]) -> "Decoding":
        """Return the state after several tokens."""
        state = self
        for token in tokens:
            state = state.push(token)
        return state

    def _can_open(self) -> bool:
        return bool(self.thought.matcher.start().allowed) or self.thought.free is not None

    def _next_of_mark(self) -> set[int]:
        """Return the token that continues the closing mark, and the one that begins it, if they are allowed."""
        found = {self.closing[self.closed]} if self.ended else set()
        # Where the copied text itself begins like the closing mark (`</`), both ways stay open until the tokens
        # decide.
        return found | {self.closing[0]} if self.span and self.span.may_end else found

    def _push_outside(self, token: int) -> "Decoding":
        opening, written = self.opening, self.written + 1
        text = self.begun + self.vocabulary.pieces[token]
        if not text.endswith(opening.bytes):
            return replace(self, begun=opening.keep(text), thought=self.thought.push(token), written=written)
        # What the model wrote before the mark becomes quotable only now, with the mark itself left out.
        thought = self.thought.push(token).settle(opening.bytes)
        return replace(self, begun=b"", thought=thought, written=written, span=thought.matcher.start())

    def _push_inside(self, token: int) -> "Decoding":
        closing, span, thought = self.closing, self.span, self.thought.skip(token)
        if self.ended and token == closing[self.closed]:
            count, ended = self.closed + 1, self.ended
        elif span and span.may_end and token == closing[0]:
            count, ended = 1, span
        else:
            count, ended = 0, None
        written = self.written + 1
        if ended and count == len(closing):
            done = self._copied(ended, written - count)
            spans = (*self.spans, done)
            return replace(self, thought=thought, span=None, closed=0, ended=None, written=written, spans=spans)
        after = span.advance(token) if span and (not ended or token in span.allowed) else None
        if not (after or ended):
            raise ValueError(f"token {token} neither goes on with the closing mark nor begins it")
        return replace(self, thought=thought, span=after, closed=count, ended=ended, written=written)

    def _copied(self, span: SpanState, end: int) -> CopiedSpan:
        text = self.vocabulary.join(span.tokens).decode(errors="replace")
        return CopiedSpan(text, end - span.length, end, span.sources())
