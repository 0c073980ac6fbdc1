"""What passed through the proxy and is to be learnt, as the store keeps it until then."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class Awaited(StrEnum):
    """What a trace waits for."""

    NOTHING = "nothing"
    """The next batch."""
    FEEDBACK = "feedback"
    """Somebody says whether its run was right."""
    AGREEMENT = "agreement"
    """Other attempts at its question."""


EXPIRED = "no verdict in time"
"""The reason for which a trace is dropped that waited for feedback too long."""
CROWDED_OUT = "more traces wait than are kept"
"""The reason for which the oldest traces are dropped."""


@dataclass(frozen=True, slots=True)
class WaitingTrace:
    """One trace that waits.

    Attributes:
        id: a hash of what passed and of its run.
        run_id: of the run that wrote it; empty if that was not recorded.
        question: of the trajectory.
        content: the trajectory as one line of the format ``own``, without a verdict.
        outcome: what the run was said to be: ``correct``, ``wrong`` or ``unknown``.
        judged_by: who said so; empty for unknown.
        batch: the batch in which it is being ingested; empty before.
        taken_at: when it passed (UTC); None before it is stored.
    """

    id: str
    run_id: str
    awaits: Awaited
    question: str
    content: str
    outcome: str = "unknown"
    judged_by: str = ""
    batch: str = ""
    taken_at: datetime | None = None

    @property
    def is_ready(self) -> bool:
        """Whether it may be ingested."""
        return self.awaits is Awaited.NOTHING or self.outcome != "unknown"


@dataclass(frozen=True, slots=True)
class WaitingBounds:
    """How much may wait in one namespace.

    Attributes:
        max_traces: of more, the oldest are dropped, or no longer wait.
        max_age: for how long one waits.
    """

    max_traces: int = 10_000
    max_age: timedelta = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class TrafficState:
    """What of the traffic of a namespace waits, and what became of the rest.

    Attributes:
        waiting: traces that wait for a verdict or for agreement.
        ready: traces that are ingested with the next batch.
        oldest: when the one passed that waits for the longest time; None if none waits.
        left_out: answers that did not become traces, by the reason.
    """

    waiting: int
    ready: int
    oldest: datetime | None
    left_out: Mapping[str, int] = field(default_factory=dict)
