"""Which entries may be found: told to the search itself, so that k of them come back where there are k."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from midthought.memory.records.entry import EntryKind
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.trajectory import Outcome


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions that must all hold; an empty one leaves its condition out.

    Attributes:
        kinds: of which kind the entry is.
        domains: its domain.
        tags: it has at least one of these tags.
        outcomes: it was learnt from a trajectory with one of these outcomes.
        sources: it was learnt from one of these sources.
        since, until: when it was first stored, in UTC without a time zone; `until` itself is left out. What was stored
            before format 3 has no such time: it is older than every `since`, and than every `until`.
    """

    kinds: frozenset[EntryKind] = frozenset()
    domains: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    outcomes: frozenset[Outcome] = frozenset()
    sources: frozenset[str] = frozenset()
    since: datetime | None = None
    until: datetime | None = None

    def __bool__(self) -> bool:
        return self != Filter()


EVERYTHING = Filter()
Seqs = NDArray[np.int64]
"""Sequence numbers, in order."""


def matching_seqs(connection: duckdb.DuckDBPyConnection, namespace: Namespace, where: Filter) -> Seqs:
    """Return the sequence numbers of the entries that a filter lets through, in order."""
    conditions, values = ["namespace = ?"], [namespace.name]
    for sql, wanted in _conditions(namespace, where):
        conditions.append(sql)
        values += wanted
    found = connection.execute(f"SELECT seq FROM entries WHERE {' AND '.join(conditions)}", values)
    seqs: Seqs = np.sort(found.fetchnumpy()["seq"].astype(np.int64, copy=False))
    return seqs


def _conditions(namespace: Namespace, where: Filter) -> Iterator[tuple[str, list[Any]]]:
    """Yield the SQL of every condition there is, with its values.

    Values stand in the lists themselves: against a list that is unnested, the same takes twice as long.
    """
    for column, wanted in (("kind", where.kinds), ("domain", where.domains)):
        if wanted:
            yield f"{column} IN ({_places(wanted)})", _texts(wanted)
    if where.tags:
        yield f"list_has_any(tags, [{_places(where.tags)}])", _texts(where.tags)
    if where.sources:
        inside = f"SELECT entry_seq FROM provenance WHERE namespace = ? AND source IN ({_places(where.sources)})"
        yield f"seq IN ({inside})", [namespace.name, *_texts(where.sources)]
    if where.outcomes:
        inside = f"""SELECT p.entry_seq FROM provenance p
            JOIN trajectories t ON t.namespace = p.namespace AND t.id = p.trajectory_id
            WHERE p.namespace = ? AND t.outcome IN ({_places(where.outcomes)})"""
        yield f"seq IN ({inside})", [namespace.name, *_texts(where.outcomes)]
    if where.since is not None:
        yield "learnt_at >= ?", [where.since]
    if where.until is not None:
        yield "(learnt_at IS NULL OR learnt_at < ?)", [where.until]


def _places(wanted: Collection[str]) -> str:
    return ", ".join("?" * len(wanted))


def _texts(wanted: Iterable[str]) -> list[str]:
    return sorted(str(one) for one in wanted)
