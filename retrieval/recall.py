"""Recall: encode the query, search both ways, fuse, and answer with typed hits or an abstention."""

import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from midthought.memory.errors import BadInput
from midthought.memory.records.entry import StoredEntry
from midthought.memory.records.filter import EVERYTHING, Filter
from midthought.memory.records.namespace import Namespace
from midthought.memory.store import Store
from midthought.retrieval.encoders.base import Encoder
from midthought.retrieval.fusion import fuse_ranks
from midthought.retrieval.hits import MIN_SIMILARITY, Abstention, AbstentionReason, Hit, RecallResult
from midthought.retrieval.superseded import SupersededSearch
from midthought.retrieval.wanted import describe_wanted

POOL = 50
"""Candidates taken from each search before fusion."""


@dataclass(frozen=True, slots=True)
class _Query:
    """One question to the store. `where` ends at `as_of`; `wanted` is what the caller gave."""

    namespace: Namespace
    text: str
    vector: NDArray[np.float32]
    k: int
    where: Filter
    wanted: Filter
    as_of: datetime | None


@dataclass(frozen=True, slots=True)
class _Found:
    """What the searches said, by sequence number; whose each number is, and the replaced wordings among them."""

    similarity: dict[int, float]
    bm25: dict[int, float]
    fused: list[tuple[int, float]]
    owners: dict[int, Namespace]
    retired: dict[int, StoredEntry]


class Recaller:
    """Finds entries of one store.

    Args:
        min_similarity: below this best cosine recall abstains.
    """

    def __init__(self, store: Store, encoder: Encoder, *, min_similarity: float = MIN_SIMILARITY) -> None:
        self._store = store
        self._encoder = encoder
        self._retired = SupersededSearch(store)
        self._min_similarity = min_similarity

    def recall(
        self,
        namespace: Namespace,
        query: str,
        *,
        k: int = 5,
        where: Filter = EVERYTHING,
        as_of: datetime | None = None,
    ) -> RecallResult:
        """Return up to `k` hits among the entries that `where` lets through, or an abstention with its reason.

        Entries of the starter memory that the namespace sees are searched beside its own, and ranked with them: by
        cosine, and by BM25 as each index gives it. Ranked apart, the best of a small memory would be first by words
        for any query, since it has no better beside it.
        Entries with the same key are returned once, the best-scored. With `as_of` (UTC, without a time zone) the
        memory answers as it was at that moment: what was stored later is left out, and wordings that were replaced
        since are found again, by their meaning. Words are only compared with those that are still current: a replaced
        one takes the rank among words that it has by meaning. What was forgotten since stays forgotten.

        Raises `BadInput` for ``k < 1``, and `EncoderMismatch` where the store has another encoder by now.
        """
        if k < 1:
            raise BadInput(f"k must be >= 1, got {k}")
        if not query.strip():
            return RecallResult(query, (), Abstention(AbstentionReason.EMPTY_QUERY), 0.0, 0.0)
        started = time.perf_counter()
        vector = self._encoder.encode_queries([query])[0]
        encoded = time.perf_counter()
        as_of = self._store.moment(as_of) if as_of is not None else None
        asked = _Query(namespace, query, vector, k, _until(where, as_of), where, as_of)
        hits, abstention = self._store.apart(lambda: self._search_alone(asked))
        return RecallResult(query, hits, abstention, encoded - started, time.perf_counter() - encoded)

    def _search_alone(self, asked: _Query) -> tuple[tuple[Hit, ...], Abstention | None]:
        with self._store.exclusive():  # searched and fetched is one state of the store
            return self._search(asked)

    def _search(self, asked: _Query) -> tuple[tuple[Hit, ...], Abstention | None]:
        pool = max(POOL, 2 * asked.k)
        while True:
            found = self._pool(asked, pool)
            abstention = self._abstain(asked, found)
            if abstention:
                return (), abstention
            hits = self._fetch_best(asked, found)
            if len(hits) == asked.k or len(found.similarity) < pool:
                return hits, None
            pool *= 4

    def _pool(self, asked: _Query, pool: int) -> _Found:
        identity = self._encoder.identity
        dense: list[tuple[int, float]] = []
        lexical: list[tuple[int, float]] = []
        owners: dict[int, Namespace] = {}
        for scope in self._store.scopes(asked.namespace, asked.where):
            owner, within = scope.namespace, scope.within
            near = self._store.search_vectors(owner, asked.vector, pool, within=within, encoder=identity)
            words = self._store.search_words(owner, asked.text, pool, within=within)
            owners.update((seq, owner) for seq, _ in [*near, *words])
            dense += near
            lexical += words
        retired: dict[int, StoredEntry] = {}
        if asked.as_of is not None:
            replaced = self._retired.search(asked.namespace, asked.vector, pool, where=asked.wanted, moment=asked.as_of)
            retired = {one.seq: one for one, _ in replaced}
            dense += [(one.seq, score) for one, score in replaced]
        dense, lexical = _best(dense, pool), _best(lexical, pool)
        ranking = [seq for seq, _ in dense]
        by_words = _insert_ranked([seq for seq, _ in lexical], ranking, retired.keys())
        return _Found(dict(dense), dict(lexical), fuse_ranks([ranking, by_words]), owners, retired)

    def _abstain(self, asked: _Query, found: _Found) -> Abstention | None:
        if not found.similarity:
            return self._nothing(asked)
        best = max(found.similarity.values())
        if best < self._min_similarity:
            return Abstention(
                AbstentionReason.NOTHING_CLOSE, f"best similarity {best:.3f} is below {self._min_similarity:.3f}"
            )
        return None

    def _nothing(self, asked: _Query) -> Abstention:
        """A memory that holds nothing is another reason than one that holds nothing of what is wanted."""
        scopes = self._store.scopes(asked.namespace)
        if not asked.where or not any(
            self._store.search_vectors(one.namespace, asked.vector, 1, within=one.within) for one in scopes
        ):
            return Abstention(AbstentionReason.EMPTY_MEMORY)
        return Abstention(AbstentionReason.NOTHING_CLOSE, f"no entry {describe_wanted(asked.wanted, asked.as_of)}")

    def _fetch_best(self, asked: _Query, found: _Found) -> tuple[Hit, ...]:
        """Return up to k hits with different keys; entries are fetched a slice at a time, no more than are needed."""
        hits: dict[str, Hit] = {}
        for start in range(0, len(found.fused), 2 * asked.k):
            part = found.fused[start : start + 2 * asked.k]
            stored = dict(found.retired)
            for owner in set(found.owners.values()):
                current = [seq for seq, _ in part if found.owners.get(seq) == owner]
                stored |= self._store.entries_by_seq(owner, current)
            for seq, score in part:
                if seq in stored:
                    hit = Hit(stored[seq], score, found.similarity.get(seq), found.bm25.get(seq))
                    hits.setdefault(hit.stored.entry.key, hit)
            if len(hits) >= asked.k:
                break
        return tuple(hits.values())[: asked.k]


def _best(found: list[tuple[int, float]], count: int) -> list[tuple[int, float]]:
    return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:count]


def _insert_ranked(words: list[int], ranking: list[int], retired: Collection[int]) -> list[int]:
    for rank, seq in enumerate(ranking):
        if seq in retired:
            words.insert(rank, seq)
    return words


def _until(where: Filter, as_of: datetime | None) -> Filter:
    """Leave out what was stored after a moment; `until` is the first instant that is left out."""
    if as_of is None:
        return where
    end = as_of if as_of == datetime.max else as_of + timedelta(microseconds=1)
    return replace(where, until=end if where.until is None else min(where.until, end))
