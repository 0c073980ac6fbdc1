"""Which of several samples the command `demo` shows: the one with the most different words."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from midthought.reasoner.thought.events import (
    BranchToken,
    EntriesRecalled,
    QuoteChecked,
    RecallAbstained,
    SampleFinished,
    SamplesChosen,
    ThinkEvent,
)

if TYPE_CHECKING:
    from midthought.api.cli.thought_show import Surface

_OTHER_CHOSEN = (
    "that is not the one shown above: the method takes the shortest, which of so small a model often says little; the "
    "answer below is that of the chosen one"
)
_WORD = re.compile(r"[^\W\d_]{2,}")


def show_fullest(events: Iterator[ThinkEvent], surface: "Surface") -> Iterator[ThinkEvent]:
    """Pass the events on; of the samples, only those of one, once all are written.

    That is the one with the most different words: a thought that repeats itself, or ends at once, has few. The run
    itself is left alone: its answer is that of the sample that the method chooses, the shortest.
    """
    written: dict[tuple[int, int], list[ThinkEvent]] = {}
    finished: list[SampleFinished] = []
    for event in events:
        match event:
            case BranchToken():
                written.setdefault((event.branch, event.sample), []).append(event)
            case QuoteChecked():
                written.setdefault((event.quote.branch, event.quote.sample), []).append(event)
            case SampleFinished():
                written.setdefault((event.branch, event.sample), []).append(event)
                finished.append(event)
            case SamplesChosen():
                shown = _find_fullest(finished, surface)
                yield from written[shown]
                yield event
                if event.chosen[0] != shown:
                    surface.note(_OTHER_CHOSEN)
            case _:
                yield event
                if isinstance(event, EntriesRecalled | RecallAbstained):
                    surface.note("it thinks on, in every branch; one is shown when all are written")


def _find_fullest(finished: list[SampleFinished], surface: "Surface") -> tuple[int, int]:
    fullest = max(finished, key=lambda one: count_different_words(one.text))
    counts = ", ".join(str(count_different_words(one.text)) for one in finished)
    surface.note(f"{len(finished)} samples with {counts} different words; shown is the one with the most")
    return fullest.branch, fullest.sample


def count_different_words(text: str) -> int:
    """Return how many different words a text has.

    >>> count_different_words("The sum is 4. The sum is 4.")
    3
    """
    return len({word.lower() for word in _WORD.findall(text)})
