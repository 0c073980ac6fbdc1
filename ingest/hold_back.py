"""What an ingestion holds back: drafts that wait for a person, and those that are quarantined."""

from collections.abc import Collection
from dataclasses import dataclass

from midthought.ingest.ingestion import Ingestion, SourcedEntries
from midthought.memory.records.draft import DraftState, DraftWrite

REJECTED_BEFORE = "a person rejected it before"
"""The reason for which a draft is refused whose id was rejected."""


@dataclass(frozen=True, slots=True)
class HeldBack:
    """What is not written as entries.

    Attributes:
        writes: what waits: new drafts, and those that wait already and gain sources.
        fresh: how many of them are new.
        rejected: the ids of what was rejected before, and is not kept.
    """

    writes: tuple[DraftWrite, ...]
    fresh: int
    rejected: frozenset[str]

    @property
    def ids(self) -> set[str]:
        """The ids of all that is not written as an entry."""
        return {one.entry.id for one in self.writes} | self.rejected


NOTHING_HELD = HeldBack((), 0, frozenset())


def hold_back(ingestion: Ingestion, entries: SourcedEntries) -> HeldBack:
    """Return those of `entries` that are not stored: nothing of them is encoded, and recall does not serve them."""
    reader, namespace = ingestion.store.reader, ingestion.namespace
    # What is stored already was accepted, or learnt: it only gains the sources, as ever.
    known = reader.known_entries(namespace, entries)
    states = reader.draft_states(namespace, entries)
    rejected = frozenset(one for one, state in states.items() if state is DraftState.REJECTED and one not in known)
    held = [one for one in entries if one not in known and one not in rejected]
    writes = tuple(DraftWrite(*entries[one]) for one in held)
    return HeldBack(writes, sum(one not in states for one in held), rejected)


def quarantine(ingestion: Ingestion, entries: SourcedEntries, *, taken: Collection[str]) -> tuple[DraftWrite, ...]:
    """Return `entries` as drafts in quarantine, without those that are stored, or `taken` because they are learnt now.

    The same words may come from a trace that nothing overlaps.
    """
    known = ingestion.store.reader.known_entries(ingestion.namespace, entries)
    held = [entries[one] for one in entries if one not in known and one not in taken]
    return tuple(DraftWrite(*one, DraftState.QUARANTINED) for one in held)
