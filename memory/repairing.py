"""What can be wrong with a namespace, and how each of it is mended without losing what was stored.

Faults of the truth are mended in DuckDB, from what else is there: a vector from its entry's key. Faults of the derived
indexes are mended by building them anew.
"""

from collections.abc import Callable, Sequence

import duckdb
import numpy as np
from numpy.typing import NDArray

from midthought.memory import generations
from midthought.memory.faults import Fault, FaultKind
from midthought.memory.namespace import Namespace
from midthought.memory.store import Store
from midthought.memory.write_tables import insert_vectors
from midthought.memory.writing import check_vector

Connection = duckdb.DuckDBPyConnection
Encode = Callable[[Sequence[str]], NDArray[np.float32]]
BATCH = 256


def find_faults(store: Store, namespace: Namespace) -> list[Fault]:
    """Return what is wrong with a namespace; empty where all is well. Nothing is changed."""
    with store.alone():
        return [*_faults_of_truth(store, namespace), *store.index_faults(namespace)]


def repair_namespace(store: Store, namespace: Namespace, encode: Encode) -> list[Fault]:
    """Mend what `find_faults` finds; return what was found. What it cannot mend, `check_integrity` still raises."""
    with store.alone():
        found = find_faults(store, namespace)
        kinds = {fault.kind for fault in found}
        with store.changing() as connection:
            for kind, sql in _MENDED_BY.items():
                if kind in kinds:
                    connection.execute(sql, [namespace.name])
        if FaultKind.MISSING_VECTOR in kinds:
            _encode_missing(store, namespace, encode)
        if found:
            store.rebuild_indexes(namespace)
        return found


def _faults_of_truth(store: Store, namespace: Namespace) -> list[Fault]:
    with store.changing() as connection:
        counted = [(kind, _count(connection, namespace, sql)) for kind, sql in _COUNTED_BY.items()]
    return [Fault(kind, count) for kind, count in counted if count]


def _encode_missing(store: Store, namespace: Namespace, encode: Encode) -> None:
    encoder = store.needed_encoder()
    with store.changing() as connection:
        rows = [row for row in generations.read_unencoded(connection, encoder, limit=2**40) if row[0] == namespace.name]
    for start in range(0, len(rows), BATCH):
        some = rows[start : start + BATCH]
        vectors = [check_vector(vector, encoder) for vector in encode([key for _, _, key in some])]
        with store.changing() as connection:
            fresh = [(name, seq, vector) for (name, seq, _), vector in zip(some, vectors, strict=True)]
            insert_vectors(connection, fresh, encoder)


def _count(connection: Connection, namespace: Namespace, sql: str) -> int:
    ((number,),) = connection.execute(f"SELECT count(*) {sql}", [namespace.name]).fetchall()
    return int(number)


_KEPT = "SELECT seq FROM entries UNION ALL SELECT seq FROM retired"
_ORPHANS = f"FROM vectors WHERE namespace = ? AND seq NOT IN ({_KEPT})"
_STRANGERS = "FROM vectors WHERE namespace = ? AND encoder_digest NOT IN (SELECT encoder_digest FROM generations)"
_DOUBLES = """FROM vectors WHERE namespace = ? AND rowid NOT IN
    (SELECT min(rowid) FROM vectors GROUP BY namespace, seq, encoder_digest)"""
_STRAYS = """FROM provenance WHERE namespace = ? AND NOT EXISTS
    (SELECT 1 FROM entries e WHERE e.seq = entry_seq AND e.id = entry_id AND e.namespace = provenance.namespace)"""
_COUNTED_BY = {
    FaultKind.MISSING_VECTOR: """FROM entries e WHERE namespace = ? AND NOT EXISTS (SELECT 1 FROM vectors v
        JOIN generations g ON g.encoder_digest = v.encoder_digest AND g.state = 'current' WHERE v.seq = e.seq)""",
    FaultKind.ORPHAN_VECTOR: _ORPHANS,
    FaultKind.WRONG_GENERATION: _STRANGERS,
    FaultKind.DOUBLE_VECTOR: _DOUBLES,
    FaultKind.STRAY_SOURCE: _STRAYS,
}
_MENDED_BY = {
    FaultKind.ORPHAN_VECTOR: f"DELETE {_ORPHANS}",
    FaultKind.WRONG_GENERATION: f"DELETE {_STRANGERS}",
    FaultKind.DOUBLE_VECTOR: f"DELETE {_DOUBLES}",
    FaultKind.STRAY_SOURCE: f"DELETE {_STRAYS}",
}
