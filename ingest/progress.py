"""What an ingestion and its caller tell each other while it runs: progress, explanations, and that it is to stop."""

from collections.abc import Callable
from dataclasses import dataclass

from midthought.memory.records.job import Counts, Job
from midthought.memory.records.no_yield import Explanation


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` records are committed; `total` is None while a stream's length is unknown."""

    stage: str
    done: int
    total: int | None
    counts: Counts


OnProgress = Callable[[Progress], None]

OnExplained = Callable[[Explanation], None]
"""Called for each record that gave no entry, once that is committed."""

OnBegin = Callable[[Job], None]
"""Called with the job that is run, once it is recorded, before anything is read."""

IsStopped = Callable[[], bool]
"""Says whether an ingestion is to end; asked before each record, by the thread that runs it."""


class IngestStopped(Exception):
    """The ingestion ended before its source did, as its caller asked; what was committed stays."""


def ignore_progress(progress: Progress) -> None:
    """Do nothing with it."""


def ignore_explained(explanation: Explanation) -> None:
    """Do nothing with it."""


def ignore_begin(job: Job) -> None:
    """Do nothing with it."""


def never() -> bool:
    """Go on to the end."""
    return False
