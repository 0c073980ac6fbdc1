"""The table `run_evidence`: what runs that retention removed say of entries, so that no effect of an entry changes."""

from collections.abc import Sequence

import pyarrow as pa

from midthought.memory.database.tables.export_table import Column, ColumnKind, ExportTable
from midthought.memory.database.tables.statements import Connection, insert_imported
from midthought.memory.records.namespace import Namespace

LATEST_TIME = "SELECT max(started_at) FROM run_evidence"
EXPORT = ExportTable(
    "run_evidence",
    (
        Column("run_id"),
        Column("entry_id"),
        Column("role"),
        Column("first", ColumnKind.FLAG),
        Column("holdout", ColumnKind.REAL),
        Column("outcome"),
        Column("started_at", ColumnKind.MOMENT),
    ),
    ("run_id", "entry_id", "role", "first"),
    "SELECT * FROM run_evidence WHERE namespace = $namespace",
    since=6,
)
CELLS = "SELECT run_id, role, outcome FROM run_evidence WHERE namespace = ?"
"""What `unreadable_rows` reads."""
_COLUMNS = "run_id, entry_id, role, first, holdout, outcome, started_at"


def keep_evidence(connection: Connection, namespace: Namespace, run_ids: Sequence[str]) -> None:
    """Keep what runs say of entries; they are deleted in this transaction."""
    connection.execute(
        f"""INSERT INTO run_evidence (namespace, {_COLUMNS})
            SELECT DISTINCT e.namespace, e.run_id, e.entry_id, e.role, e.first, r.holdout, r.outcome, r.started_at
            FROM run_entries e JOIN runs r ON r.namespace = e.namespace AND r.id = e.run_id
            WHERE e.namespace = $namespace AND e.role IN ('injected', 'withheld')
            AND e.run_id IN (SELECT unnest($ids::TEXT[]))""",
        {"namespace": namespace.name, "ids": list(run_ids)},
    )


def import_evidence(connection: Connection, rows: pa.Table, namespace: Namespace) -> int:
    """Insert the rows of an export whose run is neither stored here nor has rows here; return how many those were."""
    return insert_imported(
        connection,
        f"""INSERT INTO run_evidence (namespace, {_COLUMNS}) SELECT $namespace, {_COLUMNS} FROM imported_rows m
            WHERE run_id NOT IN (SELECT id FROM runs WHERE namespace = $namespace) AND NOT EXISTS
            (SELECT 1 FROM run_evidence t WHERE t.namespace = $namespace AND t.run_id = m.run_id
             AND t.entry_id = m.entry_id AND t.role = m.role AND t.first = m.first)""",
        rows,
        namespace,
    )


def delete_of_stored_runs(connection: Connection, namespace: Namespace) -> None:
    """Delete the rows of runs that an import brought back."""
    connection.execute(
        """DELETE FROM run_evidence WHERE namespace = $1 AND run_id IN (SELECT id FROM runs WHERE namespace = $1)""",
        [namespace.name],
    )


def delete_of_entries(connection: Connection, namespace: Namespace, ids: Sequence[str]) -> None:
    """Delete what is said of entries, by their ids."""
    connection.execute(
        "DELETE FROM run_evidence WHERE namespace = ? AND entry_id IN (SELECT unnest(?::TEXT[]))",
        [namespace.name, list(ids)],
    )
