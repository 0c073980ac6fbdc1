"""How far an ingestion has come, as it is told to whoever waits."""

from collections.abc import Callable
from dataclasses import dataclass

from midthought.memory.operation import Counts


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
