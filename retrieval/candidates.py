"""The entries that both searches find for a query, with the scores each gave."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.entry import StoredEntry
from midthought.memory.records.filter import Filter
from midthought.memory.records.namespace import Namespace
from midthought.memory.store import Store
from midthought.retrieval.exclusion import Exclusion
from midthought.retrieval.fusion.base import Scored, sort_scores
from midthought.retrieval.own_examples import OwnExamples
from midthought.retrieval.recall_limits import NO_LIMITS, RecallLimits
from midthought.retrieval.stages import StageClock
from midthought.retrieval.superseded import SupersededSearch

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Question:
    """One question to the store.

    Attributes:
        text: the query as the caller wrote it.
        passages: the parts of it that are searched, by meaning and by words; see `select_passages`. Parts with words
            that were misspelt come twice.
        parts: how many parts that are.
        vectors: a unit row per passage, shape ``(len(passages), dimension)``.
        conditions: what the caller gave.
        as_of: answer as the memory was at this moment, UTC without a time zone; None for now.
        limits: what must not be returned, and how much may be.
        reasoned: the same question in the texts of a query reasoner, searched as well; None if there are none.
        explain: say of every hit why it was found.
        clock: is told which stage begins.
        own_found: worked examples of the query itself that were left out, by number: the id, empty if it was not read.
            All searches of one recall add to it.
    """

    namespace: Namespace
    text: str
    passages: tuple[str, ...]
    parts: int
    vectors: NDArray[np.float32]
    k: int
    conditions: Filter
    as_of: datetime | None = None
    limits: RecallLimits = NO_LIMITS
    reasoned: "Question | None" = None
    explain: bool = False
    clock: StageClock = field(default_factory=StageClock, compare=False, repr=False)
    own_found: dict[int, str] = field(default_factory=dict, compare=False, repr=False)

    @property
    def where(self) -> Filter:
        """What is searched: `conditions`, and nothing stored after `as_of`."""
        return _until(self.conditions, self.as_of)

    def beside(self, texts: tuple[str, ...], vectors: NDArray[np.float32]) -> "Question":
        """Return the question with texts of a reasoner to search as well, and their vectors; without texts itself."""
        if not texts:
            return self
        return replace(self, reasoned=replace(self, passages=texts, parts=len(texts), vectors=vectors))


@dataclass(frozen=True, slots=True)
class Candidates:
    """What the searches returned, by sequence number.

    Attributes:
        dense: (number, cosine), best first.
        lexical: (number, BM25), best first.
        owners: the namespace of each current entry.
        superseded: the superseded wordings among them. Their words are not indexed.
        complete: a larger pool would find no more by meaning.
    """

    dense: list[tuple[int, float]]
    lexical: list[tuple[int, float]]
    owners: dict[int, Namespace]
    superseded: dict[int, StoredEntry]
    complete: bool

    def words(self) -> list[tuple[int, float]]:
        """Return the ranking by words with superseded wordings at the height that they have by meaning."""
        if not self.superseded:
            return self.lexical
        scores = [score for _, score in self.lexical] or [0.0, 1.0]
        cosines = [score for _, score in self.dense]
        width = (max(cosines) - min(cosines)) or 1.0
        added = [
            (seq, min(scores) + (max(scores) - min(scores)) * (cosine - min(cosines)) / width)
            for seq, cosine in self.dense
            if seq in self.superseded
        ]
        return sort_scores(dict([*self.lexical, *added]))

    def by_owner(self, seqs: Sequence[int]) -> dict[Namespace, list[int]]:
        """Return the current entries among these, by their namespace."""
        grouped: dict[Namespace, list[int]] = {}
        for seq in seqs:
            if seq in self.owners:
                grouped.setdefault(self.owners[seq], []).append(seq)
        return grouped


@dataclass(frozen=True, slots=True)
class RankedCandidates:
    """Candidates and their rankings.

    Attributes:
        near: (number, nearness), best first: what the fusion takes of the search by meaning.
        fused: (number, score of the fusion), best first.
    """

    candidates: Candidates
    near: Scored
    fused: Scored


class CandidateSearch:
    """Searches one store by meaning and by words, in every scope that a namespace sees.

    Args:
        encoder: made the vectors of the questions.
    """

    def __init__(self, store: Store, encoder: EncoderIdentity) -> None:
        self._store = store
        self._encoder = encoder
        self._superseded = SupersededSearch(store)
        self._last: tuple[tuple[Namespace, str, str], OwnExamples] | None = None

    def own_examples(self, question: Question) -> OwnExamples:
        """Return what says which worked examples are of a question itself, the same for all searches of one recall."""
        asked = (question.namespace, question.text, question.limits.for_question)
        last = self._last
        if last is None or last[0] != asked:
            last = self._last = asked, OwnExamples(self._store, asked[0], asked[1], for_question=asked[2])
        return last[1]

    def find(self, question: Question, pool: int) -> Candidates:
        """Return up to `pool` entries of each search. Of several passages, an entry keeps its best score.

        Excluded and retired entries are left out, and so are worked examples of the query itself. The pool grows until
        `question.k` others are found, or there are no more.
        """
        exclusion = Exclusion(self._store, question.namespace, question.limits) if question.limits.excludes else None
        own = self.own_examples(question)
        retired = self._store.searcher.retired_numbers(question.namespace, question.as_of)
        pool += len(retired) + (exclusion.count if exclusion else 0)
        while True:
            found = self._find(question, pool)
            left_out = retired & found.owners.keys()
            if exclusion:
                left_out |= exclusion.find(found.owners, found.superseded)
            if copies := own.find(found.dense, found.owners):
                question.own_found.update(dict.fromkeys(copies - left_out, ""))
                left_out |= copies
            if not left_out:
                return found
            kept = _without(found, left_out)
            if len(kept.dense) >= question.k or kept.complete:
                return kept
            pool *= 4

    def _find(self, question: Question, pool: int) -> Candidates:
        dense: dict[int, float] = {}
        lexical: dict[int, float] = {}
        owners: dict[int, Namespace] = {}
        search = self._store.searcher
        scopes = search.scopes(question.namespace, question.where)
        for scope in scopes:
            beside = [other.namespace for other in scopes if other is not scope]
            for passage, vector in zip(question.passages, question.vectors, strict=True):
                near = search.search_vectors(scope.namespace, vector, pool, within=scope.within, encoder=self._encoder)
                words = search.search_words(scope.namespace, passage, pool, within=scope.within, beside=beside)
                owners |= dict.fromkeys((seq for found in (near, words) for seq, _ in found), scope.namespace)
                keep_best(dense, dict(near))
                keep_best(lexical, dict(words))
        # Fewer than `pool` in all means that every search has given all it has: a larger pool would find no more.
        superseded = self._find_superseded(question, pool, dense)
        return Candidates(sort_scores(dense)[:pool], sort_scores(lexical)[:pool], owners, superseded, len(dense) < pool)

    def _find_superseded(self, question: Question, pool: int, dense: dict[int, float]) -> dict[int, StoredEntry]:
        """Add to `dense` what was current, and not retired, at the moment of the question; return those wordings."""
        if question.as_of is None:
            return {}
        found: dict[int, StoredEntry] = {}
        retired = self._store.searcher.retired_wordings(question.namespace, question.as_of)
        for vector in question.vectors:
            wordings = self._superseded.search(
                question.namespace, vector, pool, where=question.conditions, moment=question.as_of
            )
            wordings = [(stored, score) for stored, score in wordings if stored.id not in retired]
            found |= {stored.seq: stored for stored, _ in wordings}
            keep_best(dense, {stored.seq: score for stored, score in wordings})
        return found


def _without(found: Candidates, excluded: Collection[int]) -> Candidates:
    return replace(
        found,
        dense=[(seq, score) for seq, score in found.dense if seq not in excluded],
        lexical=[(seq, score) for seq, score in found.lexical if seq not in excluded],
    )


def keep_best(scores: dict[Item, float], found: Mapping[Item, float]) -> None:
    """Add scores to those there are; of two of one item the larger stays."""
    if scores.keys().isdisjoint(found):
        scores.update(found)
        return
    for item, score in found.items():
        if score > scores.get(item, -math.inf):
            scores[item] = score


def _until(where: Filter, as_of: datetime | None) -> Filter:
    """Leave out what was stored after a moment; `until` is the first instant that is left out."""
    if as_of is None:
        return where
    end = as_of if as_of == datetime.max else as_of + timedelta(microseconds=1)
    return replace(where, until=end if where.until is None else min(where.until, end))
