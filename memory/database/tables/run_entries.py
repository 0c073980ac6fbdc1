"""The table `run_entries`: which entries a run recalled, injected or, by chance, withheld."""

from collections.abc import Sequence

import pyarrow as pa

from midthought.memory.database.tables.export_table import Column, ColumnKind, ExportTable
from midthought.memory.database.tables.statements import Connection, insert_imported
from midthought.memory.records.faults import FaultKind
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.run import EntryRole, RunEntry

EXPORT = ExportTable(
    "run_entries",
    (
        Column("run_id"),
        Column("number", ColumnKind.INTEGER),
        Column("entry_id"),
        Column("version", ColumnKind.INTEGER),
        Column("role"),
        Column("position", ColumnKind.INTEGER),
        Column("branch", ColumnKind.INTEGER),
        Column("chosen", ColumnKind.FLAG),
        Column("first", ColumnKind.FLAG),
    ),
    ("run_id", "number"),
    "SELECT * FROM run_entries WHERE namespace = $namespace",
    since=5,
)
CELLS = "SELECT run_id, role FROM run_entries WHERE namespace = ?"
"""What `unreadable_rows` reads."""
FAULTS = {
    FaultKind.STRAY_RUN_ENTRY: """FROM run_entries WHERE namespace = $1
        AND run_id NOT IN (SELECT id FROM runs WHERE namespace = $1)"""
}
"""Rows that should not be there, see `faults.py`."""
_COLUMNS = "entry_id, version, role, position, branch, chosen, first"


def insert_entries(connection: Connection, namespace: Namespace, run_id: str, entries: Sequence[RunEntry]) -> None:
    """Insert the entries of a run that is new."""
    if not entries:
        return
    run_rows = pa.table(  # noqa: F841  # found by its name
        {
            "number": pa.array(range(len(entries)), pa.int32()),
            "entry_id": [one.entry_id for one in entries],
            "version": pa.array([one.version for one in entries], pa.int32()),
            "role": [one.role.value for one in entries],
            "position": pa.array([one.position for one in entries], pa.int64()),
            "branch": pa.array([one.branch for one in entries], pa.int32()),
            "chosen": [one.chosen for one in entries],
            "first": [one.first for one in entries],
        }
    )
    connection.execute(
        f"""INSERT INTO run_entries (namespace, run_id, number, {_COLUMNS})
            SELECT $1, $2, number, {_COLUMNS} FROM run_rows""",
        [namespace.name, run_id],
    )


def import_entries(connection: Connection, rows: pa.Table, namespace: Namespace) -> int:
    """Insert the rows of an export whose run is stored and has none yet; return how many those were."""
    return insert_imported(
        connection,
        f"""INSERT INTO run_entries (namespace, run_id, number, {_COLUMNS})
            SELECT $namespace, run_id, number, {_COLUMNS} FROM imported_rows m
            WHERE run_id IN (SELECT id FROM runs WHERE namespace = $namespace) AND NOT EXISTS
            (SELECT 1 FROM run_entries t WHERE t.namespace = $namespace AND t.run_id = m.run_id
             AND t.number = m.number)""",
        rows,
        namespace,
    )


def read_entries(
    connection: Connection, namespace: Namespace, run_ids: Sequence[str]
) -> dict[str, tuple[RunEntry, ...]]:
    """Return the entries of runs, in order, by the runs' ids."""
    rows = connection.execute(
        f"""SELECT run_id, {_COLUMNS} FROM run_entries
            WHERE namespace = ? AND run_id IN (SELECT unnest(?::TEXT[])) ORDER BY run_id, number""",
        [namespace.name, list(run_ids)],
    ).fetchall()
    found: dict[str, tuple[RunEntry, ...]] = {}
    for run_id, entry_id, version, role, *places in rows:
        found[run_id] = (*found.get(run_id, ()), RunEntry(entry_id, version, EntryRole(role), *places))
    return found


def runs_with(connection: Connection, namespace: Namespace, entry_ids: Sequence[str]) -> list[str]:
    """Return the ids of runs that recalled one of these entries."""
    rows = connection.execute(
        "SELECT DISTINCT run_id FROM run_entries WHERE namespace = ? AND entry_id IN (SELECT unnest(?::TEXT[]))",
        [namespace.name, list(entry_ids)],
    ).fetchall()
    return [run_id for (run_id,) in rows]


def delete_of_runs(connection: Connection, namespace: Namespace, run_ids: Sequence[str]) -> None:
    """Delete the entries of runs."""
    connection.execute(
        "DELETE FROM run_entries WHERE namespace = ? AND run_id IN (SELECT unnest(?::TEXT[]))",
        [namespace.name, list(run_ids)],
    )


def delete_of_entries(connection: Connection, namespace: Namespace, ids: Sequence[str]) -> None:
    """Delete what says that entries, by their ids, were in a run."""
    connection.execute(
        "DELETE FROM run_entries WHERE namespace = ? AND entry_id IN (SELECT unnest(?::TEXT[]))",
        [namespace.name, list(ids)],
    )
