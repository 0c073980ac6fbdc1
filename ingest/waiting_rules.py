"""Rules wait as drafts until a second question shows the same one: in one trace alone, most describe its problem."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from midthought.ingest.extraction.rule_statements import is_rule
from midthought.ingest.hold_back import NOTHING_HELD, HeldBack, hold_back
from midthought.ingest.ingestion import Ingestion, SourcedEntries
from midthought.memory.records.entry import Provenance
from midthought.memory.records.near_copies import NearCopyTest
from midthought.memory.records.trajectory import Trajectory


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
    stored = reader.known_trajectories(namespace, [one for one in ids if one not in known])
    return [
        known[one] if one in known else reader.get_trajectory(namespace, one).question
        for one in ids
        if one in known or one in stored
    ]


def _are_several(questions: Sequence[str]) -> bool:
    """Whether two of the questions are not near copies of each other."""
    return any(not NearCopyTest(one).is_copy(other) for one, other in combinations(dict.fromkeys(questions), 2))
