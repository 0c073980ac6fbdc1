"""Recall: encode the query, search both ways, fuse, and answer with typed hits or an abstention."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from midthought.memory.entry import EntryKind, StoredEntry
from midthought.memory.errors import BadInput
from midthought.memory.namespace import Namespace
from midthought.memory.store import Store
from midthought.retrieval.encoders.base import Encoder
from midthought.retrieval.fusion import fuse_ranks
from midthought.retrieval.hits import MIN_SIMILARITY, Abstention, AbstentionReason, Hit, RecallResult

POOL = 50
"""Candidates taken from each search before fusion."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What both searches said, by sequence number."""

    similarity: dict[int, float]
    bm25: dict[int, float]
    fused: list[tuple[int, float]]


class Recaller:
    """Finds entries of one store.

    Args:
        min_similarity: below this best cosine recall abstains.
    """

    def __init__(self, store: Store, encoder: Encoder, *, min_similarity: float = MIN_SIMILARITY) -> None:
        self._store = store
        self._encoder = encoder
        self._min_similarity = min_similarity

    def recall(self, namespace: Namespace, query: str, *, k: int = 5, kinds: Sequence[EntryKind] = ()) -> RecallResult:
        """Return up to `k` hits, best first, or an abstention with its reason.

        Entries with the same key are returned once, the best-scored. Raises `BadInput` for ``k < 1``.
        """
        if k < 1:
            raise BadInput(f"k must be >= 1, got {k}")
        if not query.strip():
            return RecallResult(query, (), Abstention(AbstentionReason.EMPTY_QUERY), 0.0, 0.0)
        started = time.perf_counter()
        vector = self._encoder.encode_queries([query])[0]
        encoded = time.perf_counter()
        hits, abstention = self._search(namespace, query, vector, k, frozenset(kinds))
        return RecallResult(query, hits, abstention, encoded - started, time.perf_counter() - encoded)

    def _search(
        self, namespace: Namespace, query: str, vector: NDArray[np.float32], k: int, kinds: frozenset[EntryKind]
    ) -> tuple[tuple[Hit, ...], Abstention | None]:
        pool = max(POOL, 2 * k)
        while True:
            found = self._pool(namespace, query, vector, pool)
            abstention = self._abstain(found)
            if abstention:
                return (), abstention
            stored = self._store.entries_by_seq(namespace, [seq for seq, _ in found.fused])
            hits = _best(found, stored, k, kinds)
            if len(hits) == k or len(found.similarity) < pool:
                return hits, None if hits else _nothing_of(kinds)
            pool *= 4

    def _pool(self, namespace: Namespace, query: str, vector: NDArray[np.float32], pool: int) -> _Found:
        dense = self._store.search_vectors(namespace, vector, pool)
        lexical = self._store.search_words(namespace, query, pool)
        fused = fuse_ranks([[seq for seq, _ in dense], [seq for seq, _ in lexical]])
        return _Found(dict(dense), dict(lexical), fused)

    def _abstain(self, found: _Found) -> Abstention | None:
        if not found.similarity:
            return Abstention(AbstentionReason.EMPTY_MEMORY)
        best = max(found.similarity.values())
        if best < self._min_similarity:
            return Abstention(
                AbstentionReason.NOTHING_CLOSE, f"best similarity {best:.3f} is below {self._min_similarity:.3f}"
            )
        return None


def _best(found: _Found, stored: dict[int, StoredEntry], k: int, kinds: frozenset[EntryKind]) -> tuple[Hit, ...]:
    hits: list[Hit] = []
    keys: set[str] = set()
    for seq, score in found.fused:
        entry = stored.get(seq)
        if entry is None or (kinds and entry.entry.kind not in kinds) or entry.entry.key in keys:
            continue
        keys.add(entry.entry.key)
        hits.append(Hit(entry, score, found.similarity.get(seq), found.bm25.get(seq)))
        if len(hits) == k:
            break
    return tuple(hits)


def _nothing_of(kinds: frozenset[EntryKind]) -> Abstention:
    names = ", ".join(sorted(kinds))
    return Abstention(AbstentionReason.NOTHING_CLOSE, f"no entry of kind {names}" if names else "")
