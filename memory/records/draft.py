"""Drafts: what was learnt and waits for a person, or is quarantined, before recall serves it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from midthought.memory.records.entry import Entry, Provenance


class DraftState(StrEnum):
    """What is to become of a draft; one that was accepted is an entry, and no draft any more.

    One that is quarantined is of a trace that held-out texts overlap: it is kept apart from those that wait, and a
    person may accept or reject it as well.
    """

    WAITING = "waiting"
    QUARANTINED = "quarantined"
    REJECTED = "rejected"


UNDECIDED = (DraftState.WAITING, DraftState.QUARANTINED)
"""The states in which a draft has its content, and a person may accept or reject it."""


@dataclass(frozen=True, slots=True)
class DraftWrite:
    """An entry that is to wait, or to be quarantined, with where it comes from."""

    entry: Entry
    provenance: tuple[Provenance, ...]
    state: DraftState = DraftState.WAITING


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry that waits for a person, or is quarantined.

    Attributes:
        entry: what it will be once it is accepted; its id is the draft's.
        provenance: the passages it comes from, sorted.
        job_id: the ingestion that drafted it first.
        drafted_at: when, in UTC without a time zone.
    """

    entry: Entry
    provenance: tuple[Provenance, ...]
    job_id: str
    drafted_at: datetime

    @property
    def id(self) -> str:
        """The id of the entry."""
        return self.entry.id
