"""Reorders the first hits of a recall by the parts that its settings switch on."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from midthought.memory.records.entry import Origin
from midthought.memory.records.namespace import STARTER_NAMESPACE, Namespace
from midthought.memory.store import Store
from midthought.retrieval.arrangement.diversity import put_copies_last
from midthought.retrieval.arrangement.kind_quota import fill_kinds
from midthought.retrieval.arrangement.prior import add_prior
from midthought.retrieval.hits import Hit
from midthought.retrieval.recall_settings import RecallSettings

WINDOW = 50
"""Hits that the parts see, half of the pool. On development queries the last has at most .33 of the best score, and .14
in the median."""
Value = TypeVar("Value")


class Arranger:
    """Orders the hits of recalls with the same settings: first parts that change scores, then those that move hits."""

    def __init__(self, store: Store, settings: RecallSettings) -> None:
        self._search = store.searcher
        self._settings = settings

    @property
    def window(self) -> int:
        """How many hits `arrange` needs; 0 if every part is off."""
        return WINDOW if self._settings.arranges else 0

    def arrange(self, hits: Sequence[Hit], *, namespace: Namespace, k: int) -> tuple[Hit, ...]:
        """Return the first `k` hits of the new order, from the hits of a recall in a namespace, best first."""
        settings = self._settings
        if settings.prior_weight:
            counts = _read(hits, namespace, self._search.count_right_traces)
            hits = add_prior(hits, counts, weight=settings.prior_weight)
        if settings.copy_cosine:
            vectors = _read(hits, namespace, self._search.key_vectors)
            hits = put_copies_last(hits, vectors, copy_cosine=settings.copy_cosine)
        if settings.kind_margin:
            hits = fill_kinds(hits, margin=settings.kind_margin)
        return tuple(hits[:k])


def _read(
    hits: Sequence[Hit], namespace: Namespace, read: Callable[[Namespace, Sequence[int]], dict[int, Value]]
) -> dict[int, Value]:
    """Return what the store knows of the hits, by sequence number: of each in the namespace that owns it."""
    owners: dict[Namespace, list[int]] = {}
    for hit in hits:
        owner = STARTER_NAMESPACE if hit.origin is Origin.STARTER else namespace
        owners.setdefault(owner, []).append(hit.stored.seq)
    return {seq: value for owner, seqs in owners.items() for seq, value in read(owner, seqs).items()}
