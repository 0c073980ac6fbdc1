"""Finds the quotes of an answer, complete or while it is written, and reports which of them have no source."""

from collections.abc import Sequence
from dataclasses import dataclass

from midthought.reasoner.spans.delimiters import Delimiters
from midthought.reasoner.spans.quotes import QuotableTexts, Quote
from midthought.reasoner.spans.segments import Segment


@dataclass(frozen=True, slots=True)
class QuoteReport:
    """The quotes of an answer, in order."""

    answer: str
    quotes: tuple[Quote, ...]

    @property
    def unsupported(self) -> tuple[Quote, ...]:
        """Those without a source."""
        return tuple(quote for quote in self.quotes if not quote.supported)

    @property
    def marked(self) -> str:
        """The answer, with a note behind every quote that has no source."""
        parts, done = [], 0
        for quote in self.unsupported:
            parts += [self.answer[done : quote.end], describe_unsupported(quote)]
            done = quote.end
        return "".join([*parts, self.answer[done:]])


def describe_unsupported(quote: Quote) -> str:
    """Return a note on a quote without a source, in square brackets: the nearest passage, if there is one."""
    if quote.nearest is None:
        return f" [unsupported quote, {quote.verdict}: nothing is like it]"
    place = f"{quote.nearest.source.segment} {quote.nearest.source.start}-{quote.nearest.source.end}"
    return f" [unsupported quote, {quote.verdict}: nearest is {place}, {quote.nearest.text!r}]"


def verify_quotes(answer: str, segments: Sequence[Segment], *, delimiters: Delimiters | None = None) -> QuoteReport:
    """Return the quotes of an answer, each with its verdict and its sources or the nearest passage.

    A quote reaches from an opening mark to the next closing mark. Another opening mark before that leaves it unclosed;
    so does the end of the answer, if anything was written by then. An unclosed quote is looked up as well. A quote is
    in one segment, never across two.

    >>> report = verify_quotes("He said <quote>two cats</quote>.", [Segment("note", "I saw two cats and a dog.")])
    >>> report.quotes[0].verdict.value, report.quotes[0].sources[0].start
    ('exact', 6)
    """
    stream = QuoteStream(segments, delimiters=delimiters)
    return QuoteReport(answer, (*stream.push(answer), *stream.finish()))


class QuoteStream:
    """Finds quotes while an answer is written: the same as `verify_quotes` in the complete answer, for any pieces.

    Args:
        segments: what may be quoted.
        delimiters: the marks around a quote.
    """

    def __init__(self, segments: Sequence[Segment], *, delimiters: Delimiters | None = None) -> None:
        self._texts = QuotableTexts(segments)
        self._marks = delimiters or Delimiters()
        self._longest = max(len(self._marks.open), len(self._marks.close))
        self._text = ""
        self._place = 0  # of the first character of `_text` in the answer
        self._seen = 0  # no mark begins before this character of `_text`
        self._is_open = False

    @property
    def is_open(self) -> bool:
        """Whether a quote has begun and not ended."""
        return self._is_open

    def push(self, text: str) -> list[Quote]:
        """Return the quotes that `text` completes; offsets count from the first character that was pushed."""
        self._text += text
        quotes = []
        while (found := self._next_mark()) is not None:
            start, mark = found
            if self._is_open:
                quotes.append(self._look_up(start, closed=mark == self._marks.close))
            self._is_open = mark == self._marks.open
            self._drop(start + len(mark))
        # A mark may have begun at the very end.
        self._seen = max(self._seen, len(self._text) - self._longest + 1)
        if not self._is_open:
            self._drop(self._seen)
        return quotes

    def finish(self) -> list[Quote]:
        """Return the unclosed quote at the end of the answer, if there is one; nothing can be pushed after it."""
        begun = self._is_open and self._text.strip()
        return [self._look_up(len(self._text), closed=False)] if begun else []

    def _next_mark(self) -> tuple[int, str] | None:
        """Return the next mark and its place; outside quotes, closing marks are ignored."""
        marks = (self._marks.open, self._marks.close) if self._is_open else (self._marks.open,)
        found = [(place, mark) for mark in marks if (place := self._text.find(mark, self._seen)) >= 0]
        return min(found, default=None)

    def _look_up(self, end: int, *, closed: bool) -> Quote:
        return self._texts.look_up(self._text[:end], self._place, closed=closed)

    def _drop(self, count: int) -> None:
        self._text = self._text[count:]
        self._place += count
        self._seen = max(0, self._seen - count)
