"""Drafts: what was learnt and waits for a person, before recall serves it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from midthought.memory.records.entry import Entry, Provenance


class DraftState(StrEnum):
    """Whether a draft waits, or was rejected; one that was accepted is an entry, and no draft any more."""

    WAITING = "waiting"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class DraftWrite:
    """An entry that is to wait, with where it comes from."""

    entry: Entry
    provenance: tuple[Provenance, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry that waits for a person.

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
