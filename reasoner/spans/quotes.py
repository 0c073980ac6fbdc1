"""Looks up quotes of any model: exactly, then in normal form, then the nearest passage."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from midthought.reasoner.spans.nearest import Nearest, NearestPassage
from midthought.reasoner.spans.normal_text import NormalText
from midthought.reasoner.spans.segments import Segment, Source
from midthought.reasoner.spans.verdict import QuoteVerdict

ALTERED_FROM = 0.45
ALTERED_RUN = 1 / 3
"""From this similarity on, and with this share of its words in one piece, a quote without a source counts as altered,
else as invented. A quote of any length with one word changed keeps a third of its words in one piece; words of the text
in another order do not. See ``benchmarks/spans/quotes.md``."""


@dataclass(frozen=True, slots=True)
class Quote:
    """One quote in an answer.

    Attributes:
        text: the text between the marks, without outer white space.
        start, end: its characters in the answer.
        closed: the closing mark was written.
        verdict: an empty quote is invented.
        sources: every place where it occurs, also overlapping ones, in the order of the segments; for a normalised
            quote with the characters of the segment as it is.
        nearest: the most similar passage, if there are no sources and something is similar.
    """

    text: str
    start: int
    end: int
    closed: bool
    verdict: QuoteVerdict
    sources: tuple[Source, ...]
    nearest: Nearest | None

    @property
    def supported(self) -> bool:
        """Whether it has a source."""
        return self.verdict in (QuoteVerdict.EXACT, QuoteVerdict.NORMALISED)


class QuotableTexts:
    """Segments prepared for looking up quotes; each form is prepared at its first use."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self._segments = tuple(segments)

    def look_up(self, text: str, start: int, *, closed: bool) -> Quote:
        """Return the quote whose characters begin at `start` of an answer."""
        quoted = text.strip()
        start += len(text) - len(text.lstrip()) if quoted else 0
        verdict, sources, nearest = self._judge(quoted)
        return Quote(quoted, start, start + len(quoted), closed, verdict, sources, nearest)

    def _judge(self, quoted: str) -> tuple[QuoteVerdict, tuple[Source, ...], Nearest | None]:
        if not quoted:
            return QuoteVerdict.INVENTED, (), None
        # The cheap look-ups come first; alignment is needed only for a quote that occurs nowhere.
        exact = tuple(
            Source(segment.id, place, place + len(quoted))
            for segment in self._segments
            for place in _places(segment.text, quoted)
        )
        if exact:
            return QuoteVerdict.EXACT, exact, None
        normalised = tuple(self._normal_sources(NormalText(quoted).text))
        if normalised:
            return QuoteVerdict.NORMALISED, normalised, None
        nearest = self._nearest.find(quoted)
        return QuoteVerdict.ALTERED if nearest and _is_altered(nearest) else QuoteVerdict.INVENTED, (), nearest

    def _normal_sources(self, quoted: str) -> Iterator[Source]:
        if quoted:
            for segment, normal in self._normal:
                for place in _places(normal.text, quoted):
                    yield Source(segment.id, *normal.original(place, place + len(quoted)))

    @cached_property
    def _normal(self) -> list[tuple[Segment, NormalText]]:
        return [(segment, NormalText(segment.text)) for segment in self._segments]

    @cached_property
    def _nearest(self) -> NearestPassage:
        return NearestPassage(self._segments)


def _is_altered(nearest: Nearest) -> bool:
    return nearest.similarity >= ALTERED_FROM and nearest.longest_run >= ALTERED_RUN


def _places(text: str, part: str) -> Iterator[int]:
    place = text.find(part)
    while place >= 0:
        yield place
        # Overlapping places count as well.
        place = text.find(part, place + 1)
