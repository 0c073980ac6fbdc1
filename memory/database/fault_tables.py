"""The SQL that counts the faults of what is stored, and deletes those rows that should not be there."""

from collections.abc import Collection

import duckdb

from midthought.memory.records.faults import Fault, FaultKind
from midthought.memory.records.namespace import Namespace

Connection = duckdb.DuckDBPyConnection

_WORDINGS = "SELECT namespace, seq FROM entries UNION ALL SELECT namespace, seq FROM retired"
_ORPHANS = f"""FROM vectors WHERE namespace = ? AND NOT EXISTS
    (SELECT 1 FROM ({_WORDINGS}) w WHERE w.namespace = vectors.namespace AND w.seq = vectors.seq)"""
_STRANGERS = "FROM vectors WHERE namespace = ? AND encoder_digest NOT IN (SELECT encoder_digest FROM generations)"
_DOUBLES = """FROM vectors WHERE namespace = ? AND rowid NOT IN
    (SELECT min(rowid) FROM vectors GROUP BY namespace, seq, encoder_digest)"""
_STRAYS = """FROM provenance WHERE namespace = ? AND NOT EXISTS
    (SELECT 1 FROM entries e WHERE e.seq = entry_seq AND e.id = entry_id AND e.namespace = provenance.namespace)"""
_COUNTED_BY = {
    FaultKind.MISSING_VECTOR: f"""FROM ({_WORDINGS}) e WHERE namespace = ? AND NOT EXISTS (SELECT 1 FROM vectors v
        JOIN generations g ON g.encoder_digest = v.encoder_digest AND g.state = 'current'
        WHERE v.namespace = e.namespace AND v.seq = e.seq)""",
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


def faults_of_truth(connection: Connection, namespace: Namespace) -> list[Fault]:
    """Return what is wrong with vectors and sources, and can be mended."""
    counted = [(kind, _count(connection, namespace, sql)) for kind, sql in _COUNTED_BY.items()]
    return [Fault(kind, count) for kind, count in counted if count]


def delete_faulty(connection: Connection, namespace: Namespace, kinds: Collection[FaultKind]) -> None:
    """Delete the rows of these faults, where deleting is what mends them."""
    for kind, sql in _MENDED_BY.items():
        if kind in kinds:
            connection.execute(sql, [namespace.name])


def _count(connection: Connection, namespace: Namespace, sql: str) -> int:
    ((number,),) = connection.execute(f"SELECT count(*) {sql}", [namespace.name]).fetchall()
    return int(number)
