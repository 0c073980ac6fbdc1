"""Superseded wordings: searched as of a moment, through the same filter as the current ones."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from midthought.memory.records.entry import StoredEntry
from midthought.memory.records.filter import Filter
from midthought.memory.records.namespace import Namespace
from midthought.memory.store import Store

_ALL = 1 << 40
_PAGE = 64
"""Wordings that are read from the store together: nearly always more than are needed."""


class SupersededSearch:
    """Finds superseded wordings of one store.

    Every wording that held at the moment is compared; then the filter is applied to the best ones first, until enough
    pass.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def search(
        self, namespace: Namespace, vector: NDArray[np.float32], k: int, *, where: Filter, moment: datetime
    ) -> list[tuple[StoredEntry, float]]:
        """Return up to `k` (wording, cosine), best first; `vector` is a unit row of shape ``(dimension,)``."""
        ranking = self._store.searcher.search_superseded(namespace, vector, _ALL, moment=moment)
        return list(islice(self._passing(namespace, ranking, where), k))

    def _passing(
        self, namespace: Namespace, ranking: list[tuple[int, float]], where: Filter
    ) -> Iterator[tuple[StoredEntry, float]]:
        for start in range(0, len(ranking), _PAGE):
            page = ranking[start : start + _PAGE]
            stored = self._store.searcher.superseded_by_seq(namespace, [seq for seq, _ in page])
            for seq, score in page:
                if seq in stored and self._passes(namespace, stored[seq], where):
                    yield stored[seq], score

    def _passes(self, namespace: Namespace, stored: StoredEntry, where: Filter) -> bool:
        entry = stored.entry
        return (
            (not where.kinds or entry.kind in where.kinds)
            and (not where.domains or entry.domain in where.domains)
            and (not where.tags or not where.tags.isdisjoint(entry.tags))
            and self._passes_times(namespace, stored, where)
            and self._passes_sources(namespace, stored, where)
        )

    def _passes_times(self, namespace: Namespace, stored: StoredEntry, where: Filter) -> bool:
        if where.since is None and where.until is None:
            return True
        learnt = next(
            one.created_at for one in self._store.reader.history(namespace, stored.id) if one.version == stored.version
        )
        if learnt is None:  # written by store format 2, without a time: older than every moment
            return where.since is None
        return (where.since is None or learnt >= where.since) and (where.until is None or learnt < where.until)

    def _passes_sources(self, namespace: Namespace, stored: StoredEntry, where: Filter) -> bool:
        """The provenance of a superseded wording is kept with the current one."""
        if not where.sources and not where.outcomes:
            return True
        current = self._store.reader.history(namespace, stored.id)[-1].entry.id
        provenance = self._store.reader.get_entry(namespace, current).provenance
        if where.sources and where.sources.isdisjoint(place.source for place in provenance):
            return False
        learnt_from = [place.trajectory_id for place in provenance if place.trajectory_id]
        return not where.outcomes or any(
            self._store.reader.get_trajectory(namespace, one).outcome in where.outcomes for one in learnt_from
        )
