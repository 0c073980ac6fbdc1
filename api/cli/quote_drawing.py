"""The picture of a thought's quotes, as a file."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from midthought.memory.errors import BadInput
from midthought.reasoner.events import EntriesRecalled, ThinkEvent
from midthought.reasoner.quote_picture import draw_quotes
from midthought.reasoner.quoting import asked_segments, entry_segments
from midthought.reasoner.receipts import Run
from midthought.reasoner.spans.segments import Segment


class QuoteDrawing:
    """Collects what a thought may quote while it runs, and draws the chosen sample in the end."""

    def __init__(self, question: str, context: Sequence[Segment]) -> None:
        self._segments = list(asked_segments(question, context))

    def watch(self, events: Iterator[ThinkEvent]) -> Iterator[ThinkEvent]:
        """Pass the events on."""
        for event in events:
            if isinstance(event, EntriesRecalled):
                self._segments += [segment for hit in event.hits for segment in entry_segments(hit.stored)]
            yield event

    def write(self, run: Run, file: Path) -> None:
        """Write the picture; raises `BadInput` where the file cannot be written."""
        best = next(one for one in run.samples if one.rank == 1)
        place = (best.branch, best.sample)
        quotes = [one.quote for one in run.receipts if one.quote and (one.quote.branch, one.quote.sample) == place]
        try:
            file.write_text(draw_quotes(run.text, quotes, self._segments), encoding="utf-8")
        except OSError as error:
            raise BadInput(f"cannot be written: {error.strerror}", place=str(file)) from None
