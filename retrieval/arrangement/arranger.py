"""Reorders the first hits of a recall by the parts that its settings switch on."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from midthought.memory.records.entry import Origin
from midthought.memory.records.namespace import Namespace
from midthought.memory.store import Store
from midthought.retrieval.arrangement.diversity import put_copies_last
from midthought.retrieval.arrangement.domain_hint import prefer_domain
from midthought.retrieval.arrangement.expansion import Expansion
from midthought.retrieval.arrangement.kind_quota import fill_kinds
from midthought.retrieval.arrangement.prior import add_prior
from midthought.retrieval.candidates import CandidateSearch, Question
from midthought.retrieval.hits import Hit
from midthought.retrieval.recall_settings import RecallSettings

WINDOW = 50
"""Hits that the parts see, half of the pool. On development queries the last has at most .45 of the best score, and .17
in the median."""


class Arranger:
    """Orders the hits of recalls with the same settings; parts that change scores come first, then those that move."""

    def __init__(self, store: Store, settings: RecallSettings, search: CandidateSearch) -> None:
        self._search = store.searcher
        self._settings = settings
        self._expansion = Expansion(store, search)

    @property
    def window(self) -> int:
        """How many hits `arrange` needs; 0 if no part looks at more than those that are returned."""
        return WINDOW if self._settings.arranges else 0

    def arrange(self, hits: Sequence[Hit], question: Question) -> tuple[Hit, ...]:
        """Return as many hits as the question wants in their new order, from its hits, best first."""
        settings = self._settings
        if settings.prior_weight:
            # No trace taught a starter entry.
            own = [hit.stored.seq for hit in hits if hit.origin is Origin.OWN]
            counts = self._search.count_right_traces(question.namespace, own) if own else {}
            hits = add_prior(hits, counts, weight=settings.prior_weight)
        if settings.prefer_domain:
            hits = prefer_domain(hits, settings.prefer_domain)
        if settings.copy_cosine:
            hits = put_copies_last(hits, self._read_vectors(hits, question.namespace), copy_cosine=settings.copy_cosine)
        if settings.kind_margin:
            hits = fill_kinds(hits, margin=settings.kind_margin)
        hits = hits[: question.k]
        return tuple(self._expansion.expand(hits, question) if settings.expansion else hits)

    def _read_vectors(self, hits: Sequence[Hit], namespace: Namespace) -> dict[int, NDArray[np.float32]]:
        """Return the vector of the main key of each hit, by its sequence number."""
        owners: dict[Namespace, list[int]] = {}
        for hit in hits:
            owners.setdefault(hit.owner(namespace), []).append(hit.stored.seq)
        vectors: dict[int, NDArray[np.float32]] = {}
        for owner, seqs in owners.items():
            vectors |= self._search.key_vectors(owner, seqs)
        return vectors
