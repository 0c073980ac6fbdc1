"""A procedure brings its concept, and a concept its best procedure: what the query did not say, its best hit does."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from midthought.memory.records.entry import Concept, Entry, EntryKind, StoredEntry
from midthought.memory.store import Store
from midthought.retrieval.candidates import CandidateSearch, Question
from midthought.retrieval.hits import Hit

MIN_HITS = 3
"""With fewer hits a partner would take the place of one of the best two."""
MIN_STRENGTH = 0.6
"""Below this strength a partner is not brought. On development queries 47 % of those above it are right, and 16 % of
all."""
_TAGS_WEIGHT = 0.5
_LINKED = 1.0
"""Added for a link that is stored: it counts more than any similarity."""
_NEAREST = 20
"""Entries of the other kind that are compared."""
_PARTNERS = {EntryKind.PROCEDURE: EntryKind.CONCEPT, EntryKind.CONCEPT: EntryKind.PROCEDURE}


class Expansion:
    """Adds to the hits of a recall the partner of the best one."""

    def __init__(self, store: Store, search: CandidateSearch) -> None:
        self._store = store.searcher
        self._search = search

    def expand(self, hits: Sequence[Hit], question: Question) -> list[Hit]:
        """Return the hits, the last one replaced by the partner of the first, marked with the id of the first.

        The partner is the entry of the other kind and of the same domain to which the link is strongest, among those
        that the question lets through. Nothing changes if it is a hit already, if no link is strong enough, or if
        fewer than three hits are wanted.
        """
        if question.k < MIN_HITS or not hits:
            return list(hits)
        partner = self._find_partner(hits[0], question)
        if partner is None or partner.id in {hit.id for hit in hits}:
            return list(hits)
        return [*hits[: question.k - 1], Hit(partner, 0.0, None, None, expanded_from=hits[0].id)]

    def _find_partner(self, hit: Hit, question: Question) -> StoredEntry | None:
        kind = _PARTNERS.get(hit.kind)
        vector = self._store.key_vectors(hit.owner(question.namespace), [hit.stored.seq]).get(hit.stored.seq)
        if vector is None or kind is None or (question.conditions.kinds and kind not in question.conditions.kinds):
            return None
        domains = frozenset({hit.entry.domain}) if hit.entry.domain else question.conditions.domains
        asked = replace(
            question,
            passages=(hit.entry.key,),
            parts=1,
            vectors=vector[np.newaxis],
            conditions=replace(question.conditions, kinds=frozenset({kind}), domains=domains),
        )
        found = self._search.find(asked, _NEAREST)
        stored = dict(found.superseded)
        for owner, seqs in found.by_owner([seq for seq, _ in found.dense]).items():
            stored |= self._store.entries_by_seq(owner, seqs)
        linked = [
            (link_strength(hit.stored, stored[seq], cosine), -seq) for seq, cosine in found.dense if seq in stored
        ]
        strength, number = max(linked, default=(0.0, 0))
        return stored[-number] if strength >= MIN_STRENGTH else None


def link_strength(one: StoredEntry, other: StoredEntry, cosine: float) -> float:
    """Return how strongly two entries are linked: by the cosine of their keys, shared tags, and links that are stored.

    Stored links are a common trajectory, and a concept's `used_in` that names the id or the key of the other.
    """
    tags = [set(entry.entry.tags) for entry in (one, other)]
    shared = len(tags[0] & tags[1]) / (len(tags[0] | tags[1]) or 1)
    traces = [{place.trajectory_id for place in entry.provenance} - {None} for entry in (one, other)]
    linked = bool(traces[0] & traces[1]) or _names(one.entry, other.entry) or _names(other.entry, one.entry)
    return cosine + _TAGS_WEIGHT * shared + _LINKED * linked


def _names(one: Entry, other: Entry) -> bool:
    return isinstance(one, Concept) and (other.id in one.used_in or other.key in one.used_in)
