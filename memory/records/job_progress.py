"""How far a job is, and how fast its last run went."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class JobProgress:
    """Progress of a job, as of its last commit.

    Attributes:
        stage: what it is doing, as ``ingest``.
        done: records that are done, of all runs.
        total: how many there are; None while that is not known.
        rate: records per second in the last run; None before its first commit.
        seconds_left: what the rest will take at this rate; None if that cannot be told.
    """

    stage: str
    done: int
    total: int | None = None
    rate: float | None = None
    seconds_left: float | None = None


def measure_progress(stage: str, done: int, total: int | None, *, begun: int, seconds: float) -> JobProgress:
    """Return the progress of a run that began at the record `begun`, `seconds` before its last commit."""
    if done <= begun or seconds <= 0:
        return JobProgress(stage, done, total)
    rate = (done - begun) / seconds
    left = None if total is None else max(0, total - done) / rate
    return JobProgress(stage, done, total, rate, left)
