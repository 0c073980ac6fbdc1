"""The picture of a thought's quotes, as a file."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from midthought.api.cli.printing import write_picture
from midthought.api.pictures.quote_picture import draw_quotes
from midthought.memory.errors import BadInput
from midthought.reasoner.spans.segments import Segment
from midthought.reasoner.thought.events import EntriesRecalled, ThinkEvent
from midthought.reasoner.thought.quoting import asked_segments, entry_segments
from midthought.reasoner.thought.receipts import Run


class QuoteDrawing:
    """Collects what a thought may quote while it runs, and draws the chosen sample in the end.

    Args:
        file: where to; None for no picture.
        question, context: what is asked, and the texts beside it.

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
        """Write the picture, if one is wanted; raises `BadInput` where the file cannot be written."""
        if self._file is None:
            return
        best = next(one for one in run.samples if one.rank == 1)
        place = (best.branch, best.sample)
        quotes = [one.quote for one in run.receipts if one.quote and (one.quote.branch, one.quote.sample) == place]
        write_picture(self._file, draw_quotes(run.text, quotes, self._segments))
