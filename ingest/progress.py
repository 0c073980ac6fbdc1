"""How far an ingestion has come, as it is told to whoever waits."""

from collections.abc import Callable
from dataclasses import dataclass

from midthought.memory.records.job import Counts
from midthought.memory.records.no_yield import Explanation


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` records are committed; `total` is None while a stream's length is unknown."""

    stage: str
    done: int
    total: int | None
    counts: Counts


OnProgress = Callable[[Progress], None]


def ignore_progress(progress: Progress) -> None:
    """Tell nobody."""


OnExplained = Callable[[Explanation], None]
"""Who is told why a record taught nothing, once that is committed."""


def ignore_explained(explanation: Explanation) -> None:
    """Tell nobody."""
