"""Solved problems and single recalls as the store keeps them: columns to query by, and the whole record as JSON."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from midthought.memory.records.ids import ID_LENGTH

WITHHELD_ARM = "withheld"
"""What runs that, by chance, were not given what they recalled are listed and compared under, whatever their arm."""
DEFAULT_ARM = "in-thought"


class EntryRole(StrEnum):
    """What became of an entry in a run."""

    INJECTED = "injected"
    WITHHELD = "withheld"
    """It would have been injected, and by chance was not."""
    RECALLED = "recalled"
    """It was found, and not chosen to be injected."""


class OutcomeSource(StrEnum):
    """Who says whether a run was right, the strongest first."""

    CALLER = "caller"
    GOLD = "gold"
    CHECKER = "checker"
    AGREEMENT = "agreement"


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """The record of one recall or injection. `kind` is ``recall`` or ``injection``; `content` is its whole JSON."""

    id: str
    kind: str
    query: str
    content: str
    run_id: str | None = None


@dataclass(frozen=True, slots=True)
class RunEntry:
    """One entry of a run.

    Attributes:
        entry_id, version: as they were then.
        position: so many characters of the thought stand before it.
        branch: the continuation it was given to; -1 before there is one.
        chosen: the answer comes from that continuation.
        first: no hint stands before it in its continuation, so that chance alone decided whether it was injected: what
            is recalled later depends on the hints before.
    """

    entry_id: str
    version: int
    role: EntryRole
    position: int = 0
    branch: int = -1
    chosen: bool = False
    first: bool = True


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """One statement on whether a run was right: ``correct`` or ``wrong``, who says so, a note, and when (UTC)."""

    outcome: str
    source: OutcomeSource
    note: str = ""
    given_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RunRow:
    """One solved problem.

    Attributes:
        outcome: the one that counts: the latest of the strongest source in `outcomes`; ``unknown`` if there is none.
        tokens: every generated token.
        seconds: wall time.
        content: everything recorded of it, as JSON.
        arm: how the memory was used: in the thought, before it, not at all.
        withheld: entries were recalled and, by chance, not injected.
        holdout: the probability of that chance; 0 if it was none.
        engine: the engine's name.
        cached_tokens: tokens of the prompts that came from a cache.
        entries: what was recalled, in order.
        outcomes: what was said of it, oldest first.
    """

    id: str
    question: str
    outcome: str
    tokens: int
    seconds: float
    content: str
    arm: str = DEFAULT_ARM
    withheld: bool = False
    holdout: float = 0.0
    engine: str = ""
    cached_tokens: int = 0
    entries: tuple[RunEntry, ...] = ()
    outcomes: tuple[RunOutcome, ...] = ()

    @property
    def question_hash(self) -> str:
        """The same for the same question, character by character."""
        return f"q-{hashlib.sha256(self.question.encode('utf-8', 'surrogatepass')).hexdigest()[:ID_LENGTH]}"
