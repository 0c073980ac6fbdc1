"""What is known of the effect of an entry on the outcome of runs, and what was decided on it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class UtilityState(StrEnum):
    """Whether recall returns an entry, as far as its runs decide it."""

    ACTIVE = "active"
    RETIRED = "retired"
    RESTORED = "restored"
    """It was retired, and a person undid that: only runs since then count."""


@dataclass(frozen=True, slots=True)
class Retirement:
    """One decision on an entry.

    Attributes:
        reason: the figures that decided it; empty for one that was restored.
        run_id: the run whose outcome decided it; empty for one that was restored.
        decided_at: UTC without a time zone.
    """

    entry_id: str
    state: UtilityState
    reason: str
    run_id: str
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class ArmCounts:
    """The judged runs of an entry that injected it with the probability `share`, or withheld it."""

    share: float
    injected_right: int
    injected_wrong: int
    withheld_right: int
    withheld_wrong: int


@dataclass(frozen=True, slots=True)
class EntryUtility:
    """The effect of an entry, from the judged runs in which a chance decided whether it was injected.

    Attributes:
        injected, injected_right: runs with it, and how many of them were right.
        withheld, withheld_right: the same without it.
        other: runs with it that do not count: not judged, without that chance, or before it was last restored.
        effect: share of right answers with it minus that without it; None if there are no runs of one of both.
        shrunk: the same, drawn towards the mean of all entries as far as chance explains the difference.
        lower, upper: bounds of the effect; each ever misses it with a probability of 5 %, however often one looks.
        reason: why it is retired, with the counts of that moment; empty unless it is.
        decided_at: when it was retired or restored.
    """

    entry_id: str
    injected: int
    injected_right: int
    withheld: int
    withheld_right: int
    other: int
    effect: float | None
    shrunk: float | None
    lower: float
    upper: float
    state: UtilityState
    reason: str = ""
    decided_at: datetime | None = None
