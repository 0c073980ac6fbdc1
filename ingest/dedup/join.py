"""Joins each fresh entry with the one that it repeats, whether that is stored or earlier in the same batch."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from midthought.ingest.dedup.echoes import NO_ECHOES, Echoes
from midthought.ingest.dedup.novelty import NEIGHBOURS, Candidate, Novelty, measure_novelty
from midthought.ingest.dedup.rules import BODY_SIMILARITY, KEY_SIMILARITY, MEANING, find_refusal, is_of_wording
from midthought.ingest.extraction.statements import is_same_statement
from midthought.ingest.ingestion import Ingestion, SourcedEntries
from midthought.memory.interrupts import stop_if_left
from midthought.memory.records.batch import EntryWrite
from midthought.memory.records.entry import Entry, Provenance
from midthought.memory.records.keys import KeyField
from midthought.memory.records.merge import Merge, MergeVerdict
from midthought.memory.records.namespace import Namespace
from midthought.memory.store import Store
from midthought.memory.store_searcher import SearchScope
from midthought.retrieval.encoders.base import Encoder

Places = tuple[Provenance, ...]
SamePairs = AbstractSet[tuple[str, str]]
"""Ids of pairs of entries, the stored one first."""
NEAREST = max(5, NEIGHBOURS)
"""Stored entries, and entries of the same batch, that a fresh one is compared with."""


_COMPARED = frozenset({KeyField.MAIN})
"""Two entries that apply to the same are not one for that."""
RECORDED_SIMILARITY = 0.85
"""Minimum cosine of the keys from which a refused pair is recorded: those are the pairs someone would ask about."""


@dataclass(frozen=True, slots=True)
class Joined:
    """What to write.

    Attributes:
        writes: one per entry that is kept, with the provenance of all entries merged into it.
        stored: how many of them are not stored yet.
        merges: every pair that was judged and is recorded.
        kept: for the id of a merged entry, that of the one kept.
        common: what is not written because it is too near to what is known, by id.
        echoed: what repeats an entry that its trajectory was shown, as (trajectory, entry).
    """

    writes: tuple[EntryWrite, ...]
    stored: int
    merges: tuple[Merge, ...]
    kept: Mapping[str, str]
    common: Mapping[str, Novelty]
    echoed: frozenset[tuple[str, str]] = frozenset()


def join_fresh(
    ingestion: Ingestion,
    entries: SourcedEntries,
    *,
    min_novelty: float = 0.0,
    judged_same: SamePairs = frozenset(),
    echoes: Echoes = NO_ECHOES,
) -> Joined:
    """Encode what is not stored yet, and leave out paraphrases of a stored entry or of one earlier in `entries`.

    A fresh entry that is no paraphrase is left out as well if its novelty is below `min_novelty`; 0 admits all.
    `judged_same` are pairs, (stored, fresh), that a judge takes for one, although the rules keep them apart for their
    wording; against a literal that differs it counts nothing. A trajectory is no source of an entry that it was shown.
    """
    # Entries that are stored need no vector: they only gain sources.
    known = ingestion.store.reader.known_entries(ingestion.namespace, entries)
    joining = _Joining(ingestion, min_novelty, judged_same, echoes)
    for entry_id in entries:
        if entry_id in known:
            joining.gain(*entries[entry_id])
    fresh = [entries[entry_id] for entry_id in entries if entry_id not in known]
    vectors = ingestion.encode_keys([entry for entry, _ in fresh])
    for (entry, places), rows in zip(fresh, vectors, strict=True):
        joining.add(entry, places, rows)
    return joining.result()


class _Joining:
    """The batch so far: what is kept, and the vectors of what is fresh."""

    def __init__(self, ingestion: Ingestion, min_novelty: float, judged_same: SamePairs, echoes: Echoes) -> None:
        self._judged_same = judged_same
        self._echoes = echoes
        self._echoed: set[tuple[str, str]] = set()
        self._min_novelty = min_novelty
        self._store = ingestion.store
        self._encoder = ingestion.encoder
        self._namespace = ingestion.namespace
        self._writes: dict[str, EntryWrite] = {}
        self._fresh: list[tuple[Entry, NDArray[np.float32]]] = []
        self._merges: list[Merge] = []
        self._kept: dict[str, str] = {}
        self._common: dict[str, Novelty] = {}

    def gain(self, entry: Entry, places: Places, vectors: NDArray[np.float32] | None = None) -> None:
        """Write an entry, or let its write gain provenance."""
        earlier = self._writes.get(entry.id)
        before, old = (earlier.provenance, earlier.vectors) if earlier else ((), None)
        self._writes[entry.id] = EntryWrite(entry, before + places, vectors if old is None else old)

    def add(self, entry: Entry, places: Places, vectors: NDArray[np.float32]) -> None:
        """Join a fresh entry with the one it repeats, keep it, or refuse it; only main keys are compared."""
        vector = vectors[0]
        stored = find_stored_near(self._store, self._encoder, self._namespace, vector)
        candidates = {one.entry.id: one for one in (*stored, *self._fresh_near(vector))}
        merge = find_merge(self._encoder, entry, candidates.values(), judged_same=self._judged_same)
        merged = merge and merge.verdict is MergeVerdict.MERGED
        if merge and merged:
            kept = self._echoes.leave_out(places, merge.entry_id)
            self._echoed |= {(one.trajectory_id or "", entry.id) for one in places if one not in kept}
            if not kept:
                return
            places = kept
        novelty = measure_novelty(candidates.values()) if self._min_novelty and not merged else None
        if novelty and novelty.distance < self._min_novelty:
            self._common[entry.id] = novelty
            return
        self._merges += [merge] if merge else []
        if merge and merged:
            self._kept[entry.id] = merge.entry_id
            self.gain(candidates[merge.entry_id].entry, places)
        else:
            self._fresh.append((entry, vector))
            self.gain(entry, places, vectors)

    def result(self) -> Joined:
        """Return what to write."""
        writes, echoed = tuple(self._writes.values()), frozenset(self._echoed)
        return Joined(writes, len(self._fresh), tuple(self._merges), self._kept, self._common, echoed)

    def _fresh_near(self, vector: NDArray[np.float32]) -> list[Candidate]:
        if not self._fresh:
            return []
        similarities = np.stack([row for _, row in self._fresh]) @ vector
        nearest = np.argsort(-similarities, kind="stable")[:NEAREST]
        return [Candidate(self._fresh[row][0], float(similarities[row])) for row in nearest]


def find_stored_near(
    store: Store, encoder: Encoder, namespace: Namespace, vector: NDArray[np.float32]
) -> list[Candidate]:
    """Return the stored entries whose main keys are nearest to a vector, the starter memory's as well.

    A learnt entry that repeats a starter entry merges with it.
    """
    near = [one for scope in store.searcher.scopes(namespace) for one in _scope_near(store, encoder, scope, vector)]
    return sorted(near, key=lambda one: -one.similarity)[:NEAREST]


def _scope_near(store: Store, encoder: Encoder, scope: SearchScope, vector: NDArray[np.float32]) -> list[Candidate]:
    hits = store.searcher.search_vectors(
        scope.namespace, vector, NEAREST, within=scope.within, fields=_COMPARED, encoder=encoder.identity
    )
    found = dict(hits)
    stored = store.searcher.entries_by_seq(scope.namespace, list(found))
    return [Candidate(one.entry, found[seq]) for seq, one in stored.items()]


def find_merge(
    encoder: Encoder, entry: Entry, candidates: Iterable[Candidate], *, judged_same: SamePairs = frozenset()
) -> Merge | None:
    """Return the merge into the most similar candidate that means the same and differs in no literal.

    Else return the refusal of the most similar one, or None if no candidate is similar enough to be recorded.
    """
    refused: Merge | None = None
    # Ties are broken by id, so that the same batch merges in the same way on every machine.
    for candidate in sorted(candidates, key=lambda one: (-one.similarity, one.entry.id)):
        # Sorted, so no later candidate can pass.
        if candidate.similarity < KEY_SIMILARITY:
            break
        stop_if_left()  # two bodies are encoded per candidate, and a fresh entry has up to ten
        merge = _judge_pair(encoder, candidate, entry, judged_same)
        if merge.verdict is MergeVerdict.MERGED:
            return merge
        refused = refused or merge
    return refused if refused and refused.similarity >= RECORDED_SIMILARITY else None


def find_unsure(encoder: Encoder, entry: Entry, candidates: Iterable[Candidate]) -> Candidate | None:
    """Return the most similar candidate that an entry is kept apart from for its wording alone.

    None if it merges anyway, or if a literal differs from every candidate that is near enough.
    """
    near = sorted(candidates, key=lambda one: (-one.similarity, one.entry.id))
    near = [one for one in near if one.similarity >= KEY_SIMILARITY]
    merges = [_judge_pair(encoder, one, entry, frozenset()) for one in near]
    if any(merge.verdict is MergeVerdict.MERGED for merge in merges):
        return None
    return next((one for one, merge in zip(near, merges, strict=True) if is_of_wording(merge.reason)), None)


def _judge_pair(encoder: Encoder, candidate: Candidate, entry: Entry, judged_same: SamePairs) -> Merge:
    # Traces explain the symbols of one formula in other words: the formula decides, not the words.
    if is_same_statement(candidate.entry, entry):
        return _merge(candidate, entry, "", passed="the same statement")
    reason = find_refusal(candidate.entry, entry) or _body_refusal(encoder, candidate.entry, entry)
    if is_of_wording(reason) and (candidate.entry.id, entry.id) in judged_same:
        return _merge(candidate, entry, "", passed=f"the model judged them one, against {reason}")
    return _merge(candidate, entry, reason)


def _merge(candidate: Candidate, entry: Entry, reason: str, *, passed: str = "both gates passed") -> Merge:
    verdict = MergeVerdict.REFUSED if reason else MergeVerdict.MERGED
    return Merge(
        candidate.entry.id,
        entry.id,
        None if reason else entry,
        min(1.0, candidate.similarity),
        verdict,
        reason or passed,
    )


def _body_refusal(encoder: Encoder, one: Entry, other: Entry) -> str:
    here, there = encoder.encode_documents([one.body, other.body])
    similarity = float(here @ there)
    return "" if similarity >= BODY_SIMILARITY else f"{MEANING}: bodies {similarity:.2f}, needed {BODY_SIMILARITY:.2f}"
