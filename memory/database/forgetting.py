"""The SQL of forgetting: entries with every wording they had, trajectories, namespaces. Tombstones keep ids only."""

import duckdb

from midthought.memory.records.namespace import Namespace

Connection = duckdb.DuckDBPyConnection

_TABLES = (
    "entries",
    "retired",
    "vectors",
    "provenance",
    "trajectories",
    "operations",
    "rejections",
    "runs",
    "receipts",
    "merges",
    "checkpoints",
    "source_changes",
)


def delete_entry(connection: Connection, namespace: Namespace, entry_id: str, seq: int) -> None:
    """Delete the entry whose id is `entry_id` now, with every wording it had; tombstones keep the ids.

    Their sources, vectors and mentions go as well.

    One tombstone a wording, all under `seq`. Runs into which the entry was recalled repeat its text: they go as well,
    with their receipts.
    """
    key = [namespace.name, entry_id]
    connection.execute(
        f"""INSERT INTO tombstones SELECT namespace, {int(seq)}, seq, id, lineage, TRUE FROM (
                SELECT namespace, id, seq, lineage FROM entries
                UNION ALL SELECT namespace, id, seq, lineage FROM retired)
            WHERE namespace = $1 AND lineage = (SELECT lineage FROM entries WHERE namespace = $1 AND id = $2)""",
        key,
    )
    gone = f"SELECT entry_seq FROM tombstones WHERE namespace = $1 AND seq = {int(seq)}"
    ids = f"SELECT id FROM tombstones WHERE namespace = $1 AND seq = {int(seq)}"
    for statement in (
        f"DELETE FROM vectors WHERE namespace = $1 AND seq IN ({gone})",
        f"DELETE FROM provenance WHERE namespace = $1 AND entry_seq IN ({gone})",
        f"DELETE FROM merges WHERE namespace = $1 AND (entry_id IN ({ids}) OR other_id IN ({ids}))",
    ):
        connection.execute(statement, key[:1])
    _delete_runs(connection, namespace, ids)
    connection.execute(f"DELETE FROM retired WHERE namespace = $1 AND seq IN ({gone})", key[:1])
    connection.execute("DELETE FROM entries WHERE namespace = ? AND id = ?", key)


def entries_only_from(connection: Connection, namespace: Namespace, trajectory_id: str) -> list[str]:
    """Return the entries that were learnt from this trajectory and nowhere else."""
    rows = connection.execute(
        """SELECT entry_id FROM provenance WHERE namespace = ? GROUP BY entry_id
           HAVING count(*) = count(*) FILTER (trajectory_id = ?) ORDER BY entry_id""",
        [namespace.name, trajectory_id],
    ).fetchall()
    return [row[0] for row in rows]


def delete_trajectory(connection: Connection, namespace: Namespace, trajectory_id: str, seq: int) -> None:
    """Delete a trajectory and every mention of it as a source; entries that lose one are noted under `seq`.

    A text that was merged into an entry may have come from it: what is kept of the merges of such entries, under
    whichever wording they were judged, goes as well.
    """
    key = [namespace.name, trajectory_id]
    connection.execute(
        """WITH taught AS (SELECT lineage FROM entries WHERE namespace = $1 AND id IN
               (SELECT entry_id FROM provenance WHERE namespace = $1 AND trajectory_id = $2))
           DELETE FROM merges WHERE namespace = $1 AND entry_id IN (
               SELECT id FROM entries WHERE namespace = $1 AND lineage IN (SELECT lineage FROM taught)
               UNION ALL SELECT id FROM retired WHERE namespace = $1 AND lineage IN (SELECT lineage FROM taught))""",
        key,
    )
    connection.execute("DELETE FROM trajectories WHERE namespace = ? AND id = ?", key)
    connection.execute(
        f"""INSERT INTO source_changes SELECT DISTINCT namespace, {int(seq)}, entry_seq FROM provenance
            WHERE namespace = ? AND trajectory_id = ?""",
        key,
    )
    connection.execute("DELETE FROM provenance WHERE namespace = ? AND trajectory_id = ?", key)


def delete_namespace(connection: Connection, namespace: Namespace, seq: int) -> int:
    """Delete all of a namespace; tombstones under `seq` keep the ids of its entries. Return how many those were.

    Used again it begins as a new one does, so tombstones hide nothing of the starter memory any more.
    """
    name = [namespace.name]
    ((count,),) = connection.execute("SELECT count(*) FROM entries WHERE namespace = ?", name).fetchall()
    for table in ("entries", "retired"):
        connection.execute(
            f"""INSERT INTO tombstones SELECT namespace, {int(seq)}, seq, id, lineage, FALSE FROM {table}
                WHERE namespace = ?""",
            name,
        )
    connection.execute("UPDATE tombstones SET hides = FALSE WHERE namespace = ? AND hides", name)
    for table in _TABLES:
        connection.execute(f"DELETE FROM {table} WHERE namespace = ?", name)
    return int(count)


def _delete_runs(connection: Connection, namespace: Namespace, ids: str) -> None:
    """Delete runs whose receipts name one of the entries that the SELECT `ids` gives."""
    runs = f"""SELECT r.run_id FROM receipts r JOIN ({ids}) gone ON contains(r.content, gone.id)
               WHERE r.namespace = $1 AND r.run_id IS NOT NULL"""
    connection.execute(f"DELETE FROM runs WHERE namespace = $1 AND id IN ({runs})", [namespace.name])
    connection.execute(f"DELETE FROM receipts WHERE namespace = $1 AND run_id IN ({runs})", [namespace.name])
