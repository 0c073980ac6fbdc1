"""The SQL of a filter."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

import duckdb
import numpy as np

from midthought.memory.records.filter import Filter
from midthought.memory.records.index_changes import Seqs
from midthought.memory.records.namespace import Namespace


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
