"""Midthought beside the other stores of `peers.py`: the memory that `large_memory.py` makes, keys of an entry together.

The starter memory lies beside it, as it does for users. `search_hybrid` is what the others do: both searches, 100
candidates each, fused by score, and the best entries fetched. `recall` is a whole recall with a cached query vector:
the starter memory is searched too, it is judged whether to answer, and the answer has a receipt.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from adapters.base import Hit
from peer_rows import KEYS
from vectors import Vectors

import midthought
from midthought.memory.records.entry import StoredEntry
from midthought.memory.records.filter import EVERYTHING, Filter
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.retrieval.fusion.registry import FUSIONS
from midthought.retrieval.recall import POOL

_NUMBER = re.compile(r"\((\d+)\)$")


class MidthoughtPeer:
    """One namespace, at the settings it opens with."""

    note = "as it opens: DuckDB, the index kind it chooses by size, BM25 over all fields, fused by score"

    def __init__(self, folder: Path) -> None:
        self._memory = midthought.open(folder)
        self._store = self._memory.store
        self._fusion = FUSIONS.load("convex")

    def search(self, vector: Vectors, k: int) -> list[Hit]:
        return self._search(vector, k)

    def search_domain(self, vector: Vectors, k: int, domain: str) -> list[Hit]:
        return self._search(vector, k, Filter(domains=frozenset({domain})))

    def _search(self, vector: Vectors, k: int, where: Filter = EVERYTHING) -> list[Hit]:
        within = self._store.searcher.matching(DEFAULT_NAMESPACE, where)
        found = self._store.searcher.search_vectors(DEFAULT_NAMESPACE, vector, k, within=within)
        return self._read([seq for seq, _ in found])

    def search_hybrid(self, vector: Vectors, text: str, k: int) -> list[Hit]:
        near = self._store.searcher.search_vectors(DEFAULT_NAMESPACE, vector, POOL)
        worded = self._store.searcher.search_words(DEFAULT_NAMESPACE, text, POOL)
        return self._read([seq for seq, _ in self._fusion.fuse(near, worded)[:k]])

    def recall(self, vector: Vectors, text: str, k: int) -> list[Hit]:
        """Recall as a user does; `vector` is not used, the encoder has its own in the cache from the second time on."""
        result = self._memory.recall(text, k=k)
        return [_hit(hit.stored) for hit in result.hits if _NUMBER.search(hit.entry.key)]

    def _read(self, seqs: Sequence[int]) -> list[Hit]:
        stored = self._store.searcher.entries_by_seq(DEFAULT_NAMESPACE, seqs)
        return [_hit(stored[seq]) for seq in seqs]

    def close(self) -> None:
        self._memory.close()


def _hit(stored: StoredEntry) -> Hit:
    """Return a hit with the number of the entry's first row."""
    found = _NUMBER.search(stored.entry.key)
    assert found
    text = f"{stored.entry.key}\n{stored.entry.body}"
    return Hit(KEYS * int(found[1]), text, stored.entry.kind.value, stored.entry.domain, "", 0)
