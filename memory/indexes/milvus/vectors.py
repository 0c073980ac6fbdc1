"""Search by vectors in a Milvus collection of all keys of a namespace, one row per key."""

from collections.abc import Collection, Iterator, Sequence

import numpy as np

from midthought.memory.indexes.index_home import ALL_FIELDS, Vectors
from midthought.memory.indexes.key_means import KeyMeans, mean_scores
from midthought.memory.indexes.key_numbers import index_name
from midthought.memory.indexes.milvus.collections import FIELDS, Collections, all_slots, slot_of
from midthought.memory.indexes.milvus.filtered_search import Hits, search_entries
from midthought.memory.records.index_changes import Seqs
from midthought.memory.records.keys import KeyField

_PER_ENTRY = 4
"""Keys of one entry that may be among the nearest before a search is repeated for more."""


class MilvusVectors:
    """Searches entries by the best of their keys; a key has the number ``entry * 64 + slot of its field``."""

    def __init__(self, collections: Collections) -> None:
        self._collections = collections

    def search(
        self, vector: Vectors, k: int, *, within: Seqs | None = None, fields: Collection[KeyField] = ALL_FIELDS
    ) -> list[tuple[int, float]]:
        """Return up to `k` (number of the entry, inner product of its best key); see `VectorSearch.search`."""
        slots = [slot_of(field) for field in fields]
        if not all_slots(slots) & self._collections.state.slots:
            return []
        few = "" if len(slots) == len(FIELDS) else f"slot in {sorted(slots)}"

        def search(named: str, limit: int) -> Hits:
            where = " and ".join(filter(None, (few, named)))
            return self._collections.nearest_keys(vector, limit, where, every=bool(named))

        return search_entries(search, k, within=within, field="entry", rows=_PER_ENTRY if len(slots) > 1 else 1)

    def similarities(self, vector: Vectors, seqs: Sequence[int] | Seqs) -> dict[int, dict[KeyField, float]]:
        """Return the inner product of every key of these entries; see `VectorSearch.similarities`."""
        found: dict[int, dict[KeyField, float]] = {}
        for owners, slots, vectors in self._keys(seqs):
            scores = np.einsum("rd,d->r", vectors, np.asarray(vector, dtype=np.float32))
            for seq, slot, score in zip(owners.tolist(), slots.tolist(), scores.tolist(), strict=True):
                found.setdefault(seq, {})[FIELDS[slot]] = score
        return found

    def key_means(
        self, vector: Vectors, seqs: Sequence[int] | Seqs, *, count: int, fields: Collection[KeyField]
    ) -> KeyMeans:
        """Return two means of the inner products of each entry's keys; see `VectorSearch.key_means`."""
        if self._collections.state.slots.bit_count() < 2:
            return {}
        general = np.array([index_name(field) in fields for field in FIELDS])
        means: KeyMeans = {}
        for owners, slots, vectors in self._keys(seqs):
            scores = np.einsum("rd,d->r", vectors, np.asarray(vector, dtype=np.float32))
            means |= mean_scores(owners, scores, general[slots], count=count)
        return means

    def main_vectors(self, seqs: Sequence[int] | Seqs) -> dict[int, Vectors]:
        """Return the vector of the main key of each of these entries; those without one are left out."""
        main = 1 << slot_of(KeyField.MAIN)
        parts = self._keys(seqs, among=main)
        return {
            seq: vector for owners, _, vectors in parts for seq, vector in zip(owners.tolist(), vectors, strict=True)
        }

    def seqs(self, field: KeyField = KeyField.MAIN) -> Seqs:
        """Return the numbers of the entries of which Milvus has a key of a field, in no order."""
        return self._collections.entries_with_key(slot_of(field))

    def _keys(self, seqs: Sequence[int] | Seqs, *, among: int = -1) -> Iterator[tuple[Seqs, Seqs, Vectors]]:
        """Yield the keys of entries: numbers of the entries, slots, vectors; those of one entry come together."""
        masks = self._collections.tables.key_masks([int(seq) for seq in seqs])
        yield from self._collections.read_keys({seq: mask & among for seq, mask in masks.items()})
