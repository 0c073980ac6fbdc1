"""Quotes in a thought: which texts may be quoted, and each quote looked up as soon as it is complete."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from midthought.memory.records.entry import StoredEntry
from midthought.reasoner.spans.quote_stream import QuoteStream, verify_quotes
from midthought.reasoner.spans.quotes import Quote
from midthought.reasoner.spans.request import THOUGHT, SpanRequest
from midthought.reasoner.spans.segments import Segment, SegmentKind, Source
from midthought.reasoner.spans.span_settings import SpanMode, SpanSettings
from midthought.reasoner.thought.receipts import QuoteRecord, QuoteSource

QUESTION = "question"


def pose_question(question: str, context: Sequence[Segment], settings: SpanSettings) -> str:
    """Return the request to the model: the question, the context texts, and how to quote."""
    return "\n\n".join(
        part for part in (question, *(segment.text for segment in context), settings.instruction_text) if part
    )


def asked_segments(question: str, context: Sequence[Segment]) -> tuple[Segment, ...]:
    """Return the question and the context texts as segments."""
    return (Segment(QUESTION, question, SegmentKind.QUESTION), *context)


def entry_segments(stored: StoredEntry, *, body: str | None = None) -> tuple[Segment, ...]:
    """Return the key and the body of a recalled entry as segments, which know the entry and what taught it.

    `body` is the part of the body that the model is shown; None for all of it.
    """
    taught = next((one.trajectory_id for one in stored.provenance if one.trajectory_id), "") or ""
    parts = {"key": stored.entry.key, "body": stored.entry.body if body is None else body}
    return tuple(
        Segment(f"{stored.id}/{part}", text, SegmentKind.ENTRY, stored.id, stored.version, taught)
        for part, text in parts.items()
    )


def span_request(
    segments: Sequence[Segment], settings: SpanSettings, *, forbidden: Sequence[Source] = ()
) -> SpanRequest:
    """Return the request to an engine with which a thought quotes these segments as the settings say."""
    return SpanRequest(
        segments=tuple(segments),
        delimiters=settings.delimiters,
        rules=settings.rules,
        matching=settings.matching,
        forbidden=tuple(forbidden),
        quote_thought=settings.quote_thought,
    )


class QuoteWatch:
    """Looks up the quotes of one continuation while it is written.

    Args:
        segments: what may be quoted; each with a unique id.
        settings: the marks, and whether the continuation's own earlier text counts as a source too.
        branch, sample: which continuation, for the records.
    """

    def __init__(self, segments: Iterable[Segment], settings: SpanSettings, *, branch: int, sample: int) -> None:
        self._segments = {segment.id: segment for segment in segments}
        self._settings = settings
        self._place = branch, sample
        self._listed = tuple(self._segments.values())
        self._stream = QuoteStream(self._listed, delimiters=settings.delimiters)
        self._text = ""
        self._begun = 0  # characters of `_text` before those that `_stream` has read

    @property
    def is_open(self) -> bool:
        """Whether a quote has begun and not ended: nothing may be put into the text there."""
        return self._settings.mode is not SpanMode.OFF and self._stream.is_open

    def pass_over(self, text: str, segments: Iterable[Segment]) -> None:
        """Read a text that was put in and is not looked through; `segments` may be quoted from there on."""
        self._segments |= {segment.id: segment for segment in segments}
        self._listed = tuple(self._segments.values())
        self._text += text
        self._begun = len(self._text)
        self._stream = QuoteStream(self._listed, delimiters=self._settings.delimiters)

    def push(self, text: str) -> list[QuoteRecord]:
        """Return the quotes that `text` completes."""
        if self._settings.mode is SpanMode.OFF:
            return []
        self._text += text
        return [self._record(self._place_in_text(quote)) for quote in self._stream.push(text)]

    def finish(self) -> list[QuoteRecord]:
        """Return the quote that the continuation ended in, if it did."""
        return [self._record(self._place_in_text(quote)) for quote in self._stream.finish()]

    def look_up(self, text: str) -> QuoteRecord:
        """Return the record of a quote that stands alone."""
        marks = self._settings.delimiters
        (quote,) = verify_quotes(marks.open + text + marks.close, self._listed, delimiters=marks).quotes
        return replace(self._record(quote), start=0, end=len(text))

    def _place_in_text(self, quote: Quote) -> Quote:
        return replace(quote, start=quote.start + self._begun, end=quote.end + self._begun)

    def _record(self, quote: Quote) -> QuoteRecord:
        found, segments = quote, self._segments
        # The texts of the request come first: a quote that stands in one of them needs no source in the thought.
        if not quote.supported and self._settings.quote_thought:
            found, segments = self._in_thought(quote)
        nearest = found.nearest
        return QuoteRecord(
            branch=self._place[0],
            sample=self._place[1],
            text=quote.text,
            start=quote.start,
            end=quote.end,
            closed=quote.closed,
            verdict=found.verdict,
            sources=tuple(_quote_source(source, segments) for source in found.sources),
            nearest=_quote_source(nearest.source, segments) if nearest else None,
            nearest_text=nearest.text if nearest else "",
            similarity=nearest.similarity if nearest else 0.0,
        )

    def _in_thought(self, quote: Quote) -> tuple[Quote, dict[str, Segment]]:
        """Look a quote up once more, the text before it being a segment too."""
        marks = self._settings.delimiters
        # Only what was written before the quote: a quote is no source of itself.
        own = Segment(THOUGHT, self._text[: quote.start - len(marks.open)], SegmentKind.THOUGHT)
        segments = {**self._segments, own.id: own}
        (found,) = verify_quotes(f"{marks.open}{quote.text}", tuple(segments.values()), delimiters=marks).quotes
        return found, segments


def _quote_source(source: Source, segments: dict[str, Segment]) -> QuoteSource:
    segment = segments[source.segment]
    return QuoteSource(
        segment=segment.id,
        kind=segment.kind,
        start=source.start,
        end=source.end,
        entry_id=segment.entry_id,
        version=segment.version,
        trajectory_id=segment.trajectory_id,
    )
