"""Where the time of a recall goes. It is taken once here; answers, metrics and traces read it."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """One part of the way from a query to its answer, in their order."""

    REASON = "reason"
    """a query reasoner writes texts that are searched as well"""
    ENCODE = "encode"
    """the query is split, respelt and encoded, with those that are answered together"""
    WAIT = "wait"
    """others read or write the store, or are searched first"""
    SEARCH = "search"
    """vectors and words are searched"""
    FUSE = "fuse"
    """the two searches become one ranking"""
    ABSTAIN = "abstain"
    """it is judged whether to answer"""
    FETCH = "fetch"
    """the entries are read, arranged and explained"""
    RERANK = "rerank"
    """the reranker judges the first hits"""
    PACK = "pack"
    """hits are packed into the budget of tokens and flagged"""


@dataclass(frozen=True, slots=True)
class Lap:
    """A time that was spent in one stage; a recall may come back to a stage.

    Attributes:
        started: seconds by the clock of `StageClock`, which is `time.perf_counter`.
        seconds: how long it took.
    """

    stage: Stage
    started: float
    seconds: float


@dataclass(frozen=True, slots=True)
class StageTimes:
    """Milliseconds spent in each stage of a recall; see `Stage`."""

    reason: float = 0.0
    encode: float = 0.0
    wait: float = 0.0
    search: float = 0.0
    fuse: float = 0.0
    abstain: float = 0.0
    fetch: float = 0.0
    rerank: float = 0.0
    pack: float = 0.0


class StageClock:
    """Times one recall: each stage ends where the next begins, so that nothing is left out or counted twice.

    Args:
        clock: seconds from any start.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._laps: list[Lap] = []
        self._stage: Stage | None = None
        self._since = 0.0

    def enter(self, stage: Stage) -> None:
        """End the stage before, and begin this one; without effect if it is this one already."""
        if stage is not self._stage:
            self.stop()
            self._stage, self._since = stage, self._clock()

    def stop(self) -> tuple[Lap, ...]:
        """End the stage, and return all laps so far."""
        if self._stage is not None:
            self._laps.append(Lap(self._stage, self._since, self._clock() - self._since))
            self._stage = None
        return tuple(self._laps)


def sum_stages(laps: Iterable[Lap]) -> StageTimes:
    """Return the milliseconds of each stage."""
    sums = dict.fromkeys(Stage, 0.0)
    for lap in laps:
        sums[lap.stage] += 1000 * lap.seconds
    return StageTimes(**{stage.value: value for stage, value in sums.items()})
