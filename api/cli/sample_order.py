"""Samples that are written at once, one after the other for a reader."""

from collections.abc import Iterable, Iterator

from midthought.reasoner.thought.events import BEFORE, QuoteChecked, SampleFinished, ThinkEvent
from midthought.reasoner.thought.receipts import QuoteRecord

Place = tuple[int, int]


def one_sample_at_a_time(thought: Iterable[ThinkEvent]) -> Iterator[ThinkEvent]:
    """Yield all events; those of the first sample as they come, those of another once the one before it is finished."""
    current: Place | None = None
    held: dict[Place, list[ThinkEvent]] = {}
    for event in thought:
        place = _place_of(event.quote if isinstance(event, QuoteChecked) else event)
        if place is not None and current not in (None, place):
            held.setdefault(place, []).append(event)
            continue
        yield event
        current = current if place is None else place
        if isinstance(event, SampleFinished):
            current = None
        while held and current is None:
            current = next(iter(held))
            ready = held.pop(current)
            yield from ready
            current = None if isinstance(ready[-1], SampleFinished) else current


def _place_of(happening: ThinkEvent | QuoteRecord) -> Place | None:
    """Return the branch and sample in which something happened; None before there is one, and behind all."""
    branch, sample = getattr(happening, "branch", BEFORE), getattr(happening, "sample", BEFORE)
    return None if sample == BEFORE else (branch, sample)
