"""Draws a thought next to the texts that it quotes, with links from each quote to its sources, as one SVG file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from midthought.api.cli.printing import write_picture
from midthought.memory.errors import BadInput
from midthought.reasoner.spans.segments import Segment
from midthought.reasoner.thought.events import EntriesRecalled, ThinkEvent
from midthought.reasoner.thought.quoting import asked_segments, entry_segments
from midthought.reasoner.thought.receipts import QuoteRecord, QuoteSource, Run

_COLUMNS = 56
_LETTER, _LINE, _MARGIN, _GAP = 7.2, 18, 24, 150
_COLOURS = ("#1b6ca8", "#2e7d32", "#8e44ad", "#b8860b", "#00838f", "#6d4c41")
_WRONG = "#c62828"
_MAX_PLACES = 3
"""Maximum number of links per quote: a common word has hundreds of sources."""


@dataclass(frozen=True, slots=True)
class _Line:
    """Characters ``[start, end)`` of a text on one line, and the height of the line in the picture."""

    start: int
    end: int
    top: int


@dataclass(frozen=True, slots=True)
class _Block:
    """A text set in lines, under its title."""

    title: str
    text: str
    left: float
    lines: tuple[_Line, ...]

    def boxes(self, start: int, end: int) -> Iterator[tuple[float, float, float]]:
        """Yield left, top and width of what covers the characters ``[start, end)``."""
        for line in self.lines:
            low, high = max(start, line.start), min(end, line.end)
            if low < high:
                yield self.left + (low - line.start) * _LETTER, line.top - 13, (high - low) * _LETTER


class QuoteDrawing:
    """Collects what a thought may quote while it runs, and draws the chosen sample in the end.

    Args:
        file: where to; None for no picture.
        question, context: the question of the run, and the texts given with it.

    Raises:
        BadInput: the folder of the file does not exist.
    """

    def __init__(self, file: Path | None, question: str, context: Sequence[Segment]) -> None:
        if file and not file.parent.is_dir():
            raise BadInput("there is no such folder to write it to", place=str(file))
        self._file = file
        self._segments = list(asked_segments(question, context))

    def watch(self, events: Iterator[ThinkEvent]) -> Iterator[ThinkEvent]:
        """Pass the events on."""
        for event in events:
            if isinstance(event, EntriesRecalled):
                self._segments += [segment for hit in event.hits for segment in entry_segments(hit.stored)]
            yield event

    def write(self, run: Run) -> None:
        """Write the picture if a file was given. Raises `BadInput` if it cannot be written."""
        if self._file is None:
            return
        best = next(one for one in run.samples if one.rank == 1)
        place = (best.branch, best.sample)
        quotes = [one.quote for one in run.receipts if one.quote and (one.quote.branch, one.quote.sample) == place]
        write_picture(self._file, draw_quotes(run.text, quotes, self._segments))


def draw_quotes(text: str, quotes: Sequence[QuoteRecord], segments: Sequence[Segment]) -> str:
    """Return an SVG picture: the thought on the left, the quoted segments on the right, links between.

    Args:
        text: of one sample.
        quotes: of that sample.
        segments: what could be quoted; those without a quote are left out.
    """
    quoted = {source.segment for quote in quotes for source in _shown_places(quote)}
    thought = _set_text("thought", text, _MARGIN, _MARGIN)
    right, top, blocks = _MARGIN + _COLUMNS * _LETTER + _GAP, _MARGIN, dict[str, _Block]()
    for segment in segments:
        if segment.id in quoted:
            blocks[segment.id] = _set_text(_title(segment), segment.text, right, top)
            top = blocks[segment.id].lines[-1].top + 2 * _LINE
    height = max(top, thought.lines[-1].top) + _MARGIN
    width = right + _COLUMNS * _LETTER + _MARGIN
    marks = [piece for number, quote in enumerate(quotes) for piece in _draw_quote(number, quote, thought, blocks)]
    texts = [piece for block in (thought, *blocks.values()) for piece in _draw_block(block)]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        'font-family="monospace" font-size="12">'
    )
    ground = '<rect width="100%" height="100%" fill="#ffffff"/>'
    return "\n".join([head, ground, *marks, *texts, "</svg>", ""])


def _title(segment: Segment) -> str:
    taught = f", learnt from {segment.trajectory_id}" if segment.trajectory_id else ""
    return f"{segment.id}, version {segment.version}{taught}" if segment.version else segment.id


def _set_text(title: str, text: str, left: float, top: float) -> _Block:
    first = int(top) + 2 * _LINE
    places = [(start, end) for start, end in _wrap(text)]
    lines = tuple(_Line(start, end, first + row * _LINE) for row, (start, end) in enumerate(places))
    return _Block(title, text, left, lines or (_Line(0, 0, first),))


def _wrap(text: str) -> Iterator[tuple[int, int]]:
    """Yield the lines of a text as offsets: cut at its line breaks, and at spaces if a line is too long."""
    start = 0
    for line in text.split("\n"):
        end = start + len(line)
        while end - start > _COLUMNS:
            space = text.rfind(" ", start + 1, start + _COLUMNS)
            cut = space + 1 if space > 0 else start + _COLUMNS
            yield start, cut
            start = cut
        yield start, end
        start = end + 1


def _draw_block(block: _Block) -> Iterator[str]:
    title = escape(block.title[:_COLUMNS])
    yield f'<text x="{block.left:.1f}" y="{block.lines[0].top - _LINE - 4}" fill="#777777">{title}</text>'
    for line in block.lines:
        shown = escape(block.text[line.start : line.end].rstrip())
        if shown:
            size = len(block.text[line.start : line.end].rstrip()) * _LETTER
            yield (
                f'<text x="{block.left:.1f}" y="{line.top}" xml:space="preserve" textLength="{size:.1f}">{shown}</text>'
            )


def _draw_quote(number: int, quote: QuoteRecord, thought: _Block, blocks: dict[str, _Block]) -> Iterator[str]:
    colour = _COLOURS[number % len(_COLOURS)] if quote.supported else _WRONG
    begins = list(thought.boxes(quote.start, quote.end))
    if not begins:
        return
    yield f'<a href="#source-{number}" id="quote-{number}"><title>{quote.verdict}</title>{_fill(begins, colour)}</a>'
    for place, source in enumerate(_shown_places(quote)):
        boxes = list(blocks[source.segment].boxes(source.start, source.end))
        if boxes:
            name = f' id="source-{number}"' if place == 0 else ""
            yield f'<a href="#quote-{number}"{name}>{_fill(boxes, colour)}</a>'
            yield _link(begins[0], boxes[0], colour, dashed=not quote.supported)


def _shown_places(quote: QuoteRecord) -> tuple[QuoteSource, ...]:
    """Return the places a quote is linked to: its sources, or the nearest passage if it has none."""
    return quote.sources[:_MAX_PLACES] or ((quote.nearest,) if quote.nearest else ())


def _fill(boxes: Sequence[tuple[float, float, float]], colour: str) -> str:
    return "".join(
        f'<rect x="{left:.1f}" y="{top}" width="{width:.1f}" height="{_LINE - 2}" fill="{colour}" fill-opacity="0.22"/>'
        for left, top, width in boxes
    )


def _link(one: tuple[float, float, float], other: tuple[float, float, float], colour: str, *, dashed: bool) -> str:
    start, height = one[0] + one[2], one[1] + _LINE / 2
    end, last = other[0], other[1] + _LINE / 2
    middle = (start + end) / 2
    dash = ' stroke-dasharray="4 3"' if dashed else ""
    return (
        f'<path d="M {start:.1f} {height:.1f} C {middle:.1f} {height:.1f}, {middle:.1f} {last:.1f}, {end:.1f} '
        f'{last:.1f}" fill="none" stroke="{colour}"{dash}/>'
    )
