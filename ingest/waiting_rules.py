"""Rules wait as drafts until a second question shows the same one: in one trace alone, most describe its problem."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from midthought.ingest.extraction.rule_statements import is_rule
from midthought.ingest.hold_back import NOTHING_HELD, HeldBack, hold_back
from midthought.ingest.ingestion import Ingestion, SourcedEntries
from midthought.memory.records.entry import Provenance
from midthought.memory.records.near_copies import NearCopyTest
from midthought.memory.records.trajectory import Trajectory

_REFERENCES = 8
"""Questions of a rule that all others are compared with. A rule that only near copies of one question show may have
thousands: compared by pairs, they took two thirds of the time from the 4,000th trace on."""
_LOOKED_UP = 2 * _REFERENCES
"""Stored trajectories that are looked for: some may have been forgotten."""


@dataclass(frozen=True, slots=True)
class WaitingRules:
    """What becomes of the rules of a batch.

    Attributes:
        held: those that wait, or go on waiting.
        confirmed: the sources of each rule, by its id, that two questions have shown by now.
        accepted: those of them that waited until now.
    """

    held: HeldBack
    confirmed: Mapping[str, tuple[Provenance, ...]]
    accepted: tuple[str, ...]


NO_RULES = WaitingRules(NOTHING_HELD, {}, ())


def hold_rules(ingestion: Ingestion, entries: SourcedEntries, fresh: Sequence[Trajectory]) -> WaitingRules:
    """Return which rules of a batch wait, and which are shown by a second question: an attempt at one that is no copy.

    `fresh` are the trajectories of the batch, which are not stored yet.
    """
    rules = {one: entries[one] for one in entries if is_rule(entries[one][0])}
    if not rules:
        return NO_RULES
    held = hold_back(ingestion, rules)
    ids = [write.entry.id for write in held.writes]
    waiting = {one.id: one.provenance for one in ingestion.store.reader.list_drafts(ingestion.namespace, ids=ids)}
    questions = {one.id: one.question for one in fresh}
    confirmed: dict[str, tuple[Provenance, ...]] = {}
    for write in held.writes:
        places = (*waiting.get(write.entry.id, ()), *write.provenance)
        if _are_several(_questions_of(ingestion, places, questions)):
            confirmed[write.entry.id] = places
    writes = tuple(one for one in held.writes if one.entry.id not in confirmed)
    new = held.fresh - sum(one not in waiting for one in confirmed)
    accepted = tuple(one for one in confirmed if one in waiting)
    return WaitingRules(HeldBack(writes, new, held.rejected), confirmed, accepted)


def _questions_of(ingestion: Ingestion, places: Iterable[Provenance], known: Mapping[str, str]) -> list[str]:
    reader, namespace = ingestion.store.reader, ingestion.namespace
    ids = dict.fromkeys(place.trajectory_id for place in places if place.trajectory_id)
    earlier = [one for one in ids if one not in known][:_LOOKED_UP]
    stored = reader.known_trajectories(namespace, earlier)
    found = [reader.get_trajectory(namespace, one).question for one in earlier if one in stored]
    return [*found[:_REFERENCES], *(known[one] for one in ids if one in known)]


def _are_several(questions: Sequence[str]) -> bool:
    """Whether one of the first questions and another one are not near copies of each other."""
    distinct = list(dict.fromkeys(questions))
    return any(
        not test.is_copy(other)
        for place, test in enumerate(map(NearCopyTest, distinct[:_REFERENCES]), start=1)
        for other in distinct[place:]
    )
