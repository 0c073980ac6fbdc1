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
from midthought.retrieval.hits import (
    MIN_SIMILARITY,
    Abstention,
    AbstentionReason,
    Hit,
    RecallResult,
    Snapshot,
    Usage,
    new_request_id,
)
from midthought.retrieval.superseded import SupersededSearch

POOL = 50
"""Candidates taken from each search before fusion."""
MAX_NEAREST = 3
"""How many of the nearest entries an abstention shows: enough to see why they were not good enough."""


@dataclass(frozen=True, slots=True)
class _Query:
    """One question to the store.

    Attributes:
        where: what is searched: `conditions`, and nothing stored after `as_of`.
        conditions: what the caller gave.
    """

    namespace: Namespace
    text: str
    vector: NDArray[np.float32]
    k: int
    where: Filter
    conditions: Filter
    as_of: datetime | None


@dataclass(frozen=True, slots=True)
class _Candidates:
    """What the searches returned, by sequence number; the namespace of each, and the superseded wordings among them."""

    similarity: dict[int, float]
    bm25: dict[int, float]
    fused: list[tuple[int, float]]
    owners: dict[int, Namespace]
    superseded: dict[int, StoredEntry]


class Recaller:
    """Finds entries of one store.

    Args:
        min_similarity: below this best cosine recall abstains.
    """

    def __init__(self, store: Store, encoder: Encoder, *, min_similarity: float = MIN_SIMILARITY) -> None:
        self._store = store
        self._encoder = encoder
        self._superseded = SupersededSearch(store)
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

        Entries of the starter memory that the namespace sees are searched too, and ranked with its own: by cosine, and
        by BM25 as each index gives it. Ranked separately, the best entry of a small memory would be first by words
        for any query.
        Of entries with the same key only the best-scored is returned. With `as_of` (UTC, without a time zone) the
        memory answers as it was at that moment: what was stored later is left out, and wordings that were superseded
        since are found again, by their meaning. Their words are not indexed any more, so a superseded wording takes
        the same rank by words as by meaning. What was forgotten since stays forgotten.

        Raises `BadInput` for ``k < 1``, and `EncoderMismatch` if the store has another encoder by now.
        """
        if k < 1:
            raise BadInput(f"k must be >= 1, got {k}")
        if not query.strip():
            empty = Abstention(AbstentionReason.EMPTY_QUERY)
            return RecallResult(query, (), empty, request_id=new_request_id())
        started = time.perf_counter()
        vector = self._encoder.encode_queries([query])[0]
        encoded = time.perf_counter()
        as_of = self._store.searcher.resolve_time(as_of) if as_of is not None else None
        question = _Query(namespace, query, vector, k, _until(where, as_of), where, as_of)
        result = self._store.apart(self._search_one_state, question)
        usage = Usage(1, None, 1000 * (encoded - started), 1000 * (time.perf_counter() - encoded))
        return replace(result, usage=usage)

    def _search_one_state(self, question: _Query) -> RecallResult:
        """Search and fetch in one state of the store: no write comes between the two."""
        with self._store.exclusive():
            hits, abstention = self._search(question)
            snapshot = Snapshot(*self._store.searcher.searched_state(question.namespace))
        return RecallResult(question.text, hits, abstention, snapshot=snapshot, request_id=new_request_id())

    def _search(self, question: _Query) -> tuple[tuple[Hit, ...], Abstention | None]:
        pool = max(POOL, 2 * question.k)
        while True:
            candidates = self._find_candidates(question, pool)
            abstention = self._abstain(question, candidates)
            if abstention:
                return (), abstention
            hits = self._fetch(candidates, candidates.fused, k=question.k)
            if len(hits) == question.k or len(candidates.similarity) < pool:
                return hits, None
            pool *= 4

    def _find_candidates(self, question: _Query, pool: int) -> _Candidates:
        identity = self._encoder.identity
        dense: list[tuple[int, float]] = []
        lexical: list[tuple[int, float]] = []
        owners: dict[int, Namespace] = {}
        for scope in self._store.searcher.scopes(question.namespace, question.where):
            owner, within = scope.namespace, scope.within
            near = self._store.searcher.search_vectors(owner, question.vector, pool, within=within, encoder=identity)
            words = self._store.searcher.search_words(owner, question.text, pool, within=within)
            owners.update((seq, owner) for seq, _ in [*near, *words])
            dense += near
            lexical += words
        superseded: dict[int, StoredEntry] = {}
        if question.as_of is not None:
            wordings = self._superseded.search(
                question.namespace, question.vector, pool, where=question.conditions, moment=question.as_of
            )
            superseded = {stored.seq: stored for stored, _ in wordings}
            dense += [(stored.seq, score) for stored, score in wordings]
        dense, lexical = _best(dense, pool), _best(lexical, pool)
        ranking = [seq for seq, _ in dense]
        by_words = _insert_ranked([seq for seq, _ in lexical], ranking, superseded.keys())
        return _Candidates(dict(dense), dict(lexical), fuse_ranks([ranking, by_words]), owners, superseded)

    def _abstain(self, question: _Query, candidates: _Candidates) -> Abstention | None:
        similarity = candidates.similarity
        if not similarity:
            return self._explain_nothing(question)
        best = max(similarity.values())
        if best >= self._min_similarity:
            return None
        by_meaning = sorted(
            (pair for pair in candidates.fused if pair[0] in similarity), key=lambda pair: -similarity[pair[0]]
        )
        nearest = self._fetch(candidates, by_meaning, k=min(question.k, MAX_NEAREST))
        detail = f"best similarity {best:.3f} is below {self._min_similarity:.3f}"
        return Abstention(AbstentionReason.NOTHING_CLOSE, detail, nearest)

    def _explain_nothing(self, question: _Query) -> Abstention:
        """Tell a memory without entries from one in which no entry passes the filter."""
        scopes = self._store.searcher.scopes(question.namespace)
        if not question.where or not any(
            self._store.searcher.search_vectors(scope.namespace, question.vector, 1, within=scope.within)
            for scope in scopes
        ):
            return Abstention(AbstentionReason.EMPTY_MEMORY)
        return Abstention(AbstentionReason.NOTHING_CLOSE, f"no entry {question.conditions.describe(question.as_of)}")

    def _fetch(self, candidates: _Candidates, ranking: list[tuple[int, float]], *, k: int) -> tuple[Hit, ...]:
        """Return up to `k` hits with different keys, in the order of `ranking`."""
        hits: dict[str, Hit] = {}
        # A slice at a time: entries with the same key are rare, so the first slice is nearly always enough.
        for start in range(0, len(ranking), 2 * k):
            part = ranking[start : start + 2 * k]
            stored = dict(candidates.superseded)
            for owner in set(candidates.owners.values()):
                current = [seq for seq, _ in part if candidates.owners.get(seq) == owner]
                stored |= self._store.searcher.entries_by_seq(owner, current)
            for seq, score in part:
                if seq in stored:
                    hit = Hit(stored[seq], score, candidates.similarity.get(seq), candidates.bm25.get(seq))
                    hits.setdefault(hit.entry.key, hit)
            if len(hits) >= k:
                break
        return tuple(hits.values())[:k]


def _best(scored: list[tuple[int, float]], count: int) -> list[tuple[int, float]]:
    return sorted(scored, key=lambda pair: (-pair[1], pair[0]))[:count]


def _insert_ranked(words: list[int], ranking: list[int], superseded: Collection[int]) -> list[int]:
    for rank, seq in enumerate(ranking):
        if seq in superseded:
            words.insert(rank, seq)
    return words


def _until(where: Filter, as_of: datetime | None) -> Filter:
    """Leave out what was stored after a moment; `until` is the first instant that is left out."""
    if as_of is None:
        return where
    end = as_of if as_of == datetime.max else as_of + timedelta(microseconds=1)
    return replace(where, until=end if where.until is None else min(where.until, end))
