"""Ingestions that are given up because nobody waits for them any more."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")

IsStopped = Callable[[], bool]
"""Says whether an ingestion is to end; asked before each record, by the thread that runs it."""


class IngestStopped(Exception):
    """The ingestion ended before its source did, as its caller asked; what was committed stays."""


def never() -> bool:
    """Go on to the end."""
    return False


def until_stopped(items: Iterable[Item], is_stopped: IsStopped) -> Iterator[Item]:
    """Yield the items; raises `IngestStopped` before the next one once `is_stopped`."""
    for item in items:
        if is_stopped():
            raise IngestStopped(
                "the ingestion was stopped: what was committed stays, and the same source goes on there"
            )
        yield item
