"""The SQL of the starter memory as a namespace sees it: what it has, had or has forgotten itself hides the shared."""

from collections.abc import Sequence

import duckdb

from midthought.memory.records.namespace import STARTER_NAMESPACE, Namespace

Connection = duckdb.DuckDBPyConnection


def starter_entries(connection: Connection) -> dict[str, int]:
    """Return the number of every starter entry by id."""
    sql = "SELECT id, seq FROM entries WHERE namespace = ? ORDER BY id"
    return dict(connection.execute(sql, [STARTER_NAMESPACE.name]).fetchall())


def hidden_ids(connection: Connection, namespace: Namespace) -> set[str]:
    """Return the ids of starter entries that a namespace does not see, because it has an own word on them."""
    rows = connection.execute(
        """SELECT id FROM entries WHERE namespace = $starter AND id IN (
               SELECT id FROM entries WHERE namespace = $namespace
               UNION ALL SELECT id FROM retired WHERE namespace = $namespace
               UNION ALL SELECT id FROM tombstones WHERE namespace = $namespace AND hides)""",
        {"starter": STARTER_NAMESPACE.name, "namespace": namespace.name},
    ).fetchall()
    return {row[0] for row in rows}


def seen_among(connection: Connection, namespace: Namespace, ids: Sequence[str]) -> dict[str, int]:
    """Return the numbers of those starter entries among `ids`, by id, that a namespace sees in this transaction.

    A namespace that does not exist yet sees all of them.
    """
    rows = connection.execute(
        """SELECT id, seq FROM entries WHERE namespace = $starter AND id IN (SELECT unnest($ids::TEXT[]))
           AND coalesce((SELECT starter FROM namespaces WHERE name = $namespace), TRUE)
           AND id NOT IN (
               SELECT id FROM entries WHERE namespace = $namespace
               UNION ALL SELECT id FROM retired WHERE namespace = $namespace
               UNION ALL SELECT id FROM tombstones WHERE namespace = $namespace AND hides)""",
        {"starter": STARTER_NAMESPACE.name, "namespace": namespace.name, "ids": list(ids)},
    ).fetchall()
    return dict(rows)


def adopt_entry(connection: Connection, namespace: Namespace, starter_seq: int, seq: int) -> None:
    """Copy a starter entry into a namespace under the number `seq`, with its sources and all of its vectors.

    It keeps the time at which it was learnt: recall as of an earlier moment finds it as it did then.
    """
    connection.execute(
        """INSERT INTO entries SELECT $1, id, $2, kind, version, domain, key, content, lineage, learnt_at, tags
           FROM entries WHERE namespace = $3 AND seq = $4""",
        [namespace.name, seq, STARTER_NAMESPACE.name, starter_seq],
    )
    connection.execute(
        """INSERT INTO vectors SELECT $1, $2, encoder_digest, vector FROM vectors
           WHERE namespace = $3 AND seq = $4""",
        [namespace.name, seq, STARTER_NAMESPACE.name, starter_seq],
    )
    connection.execute(
        """INSERT INTO provenance SELECT $1, entry_id, source, trajectory_id, part, span_start, span_end, $2
           FROM provenance WHERE namespace = $3 AND entry_seq = $4""",
        [namespace.name, seq, STARTER_NAMESPACE.name, starter_seq],
    )


def hide_entry(connection: Connection, namespace: Namespace, entry_id: str, numbers: tuple[int, int]) -> None:
    """Let a namespace not see a starter entry any more, by a tombstone.

    It has two `numbers`: its own, and one for the row of the namespace that was never there.
    """
    connection.execute(
        "INSERT INTO tombstones (namespace, seq, entry_seq, id, lineage, hides) VALUES ($1, $2, $3, $4, $4, TRUE)",
        [namespace.name, *numbers, entry_id],
    )
