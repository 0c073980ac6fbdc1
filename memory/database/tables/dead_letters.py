"""The table `dead_letters`: what a job could not make anything of, until a retry cures it."""

from collections.abc import Collection, Sequence

import pyarrow as pa

from midthought.memory.database.tables.export_table import Column, ColumnKind, ExportTable
from midthought.memory.database.tables.page_start import UNBOUNDED
from midthought.memory.database.tables.statements import Connection, insert_imported
from midthought.memory.records.dead_letter import DeadLetter
from midthought.memory.records.faults import FaultKind
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.storable_text import storable

_KEY = ("operation_id", "trajectory_id", "stage", "key")
_COLUMNS = "operation_id, trajectory_id, stage, key, cause, raw, attempts"
_SAME = " AND ".join(f"t.{name} = m.{name}" for name in _KEY)
EXPORT = ExportTable(
    "dead_letters",
    (
        Column("operation_id"),
        Column("trajectory_id"),
        Column("stage"),
        Column("key"),
        Column("cause"),
        Column("raw"),
        Column("attempts", ColumnKind.INTEGER),
    ),
    _KEY,
    "SELECT * FROM dead_letters WHERE namespace = $namespace",
    since=4,
)
FAULTS = {
    FaultKind.STRAY_LETTER: """FROM dead_letters WHERE namespace = $1
        AND operation_id NOT IN (SELECT id FROM operations WHERE namespace = $1)""",
}
"""Rows that should not be there, see `faults.py`. The trajectory may not be stored: it failed before that."""


def insert_letters(connection: Connection, namespace: Namespace, letters: Sequence[DeadLetter]) -> None:
    """Insert dead letters; one of the same job, trajectory, stage and key is replaced."""
    if not letters:
        return
    # The last of several with one key counts.
    rows = {(one.job_id, one.trajectory_id, one.stage, storable(one.key)): one for one in letters}
    letter_rows = _table(list(rows.values()))  # noqa: F841  # found by its name
    connection.execute(
        f"DELETE FROM dead_letters t USING letter_rows m WHERE t.namespace = ? AND {_SAME}", [namespace.name]
    )
    connection.execute(
        f"INSERT INTO dead_letters (namespace, {_COLUMNS}) SELECT ?, {_COLUMNS} FROM letter_rows", [namespace.name]
    )


def _table(letters: Sequence[DeadLetter]) -> pa.Table:
    columns = {
        "operation_id": [one.job_id for one in letters],
        "trajectory_id": [one.trajectory_id for one in letters],
        "stage": [one.stage for one in letters],
        "key": [storable(one.key) for one in letters],
        "cause": [storable(one.cause) for one in letters],
        "raw": [storable(one.raw) for one in letters],
        "attempts": pa.array([one.attempts for one in letters], pa.int64()),
    }
    return pa.table(columns)


def read_letters(
    connection: Connection, namespace: Namespace, job_id: str, *, skip: int = 0, limit: int = UNBOUNDED
) -> list[DeadLetter]:
    """Return the dead letters of a job in the order they were written, without the first `skip`."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM dead_letters WHERE namespace = ? AND operation_id = ? ORDER BY rowid LIMIT ? OFFSET ?",
        [namespace.name, job_id, limit, skip],
    ).fetchall()
    return [DeadLetter(*row) for row in rows]


def import_letters(connection: Connection, rows: pa.Table, namespace: Namespace) -> int:
    """Insert the dead letters of an export that are not stored yet, of jobs that are; return how many those were."""
    return insert_imported(
        connection,
        f"""INSERT INTO dead_letters (namespace, {_COLUMNS}) SELECT $namespace, {_COLUMNS} FROM imported_rows m
            WHERE operation_id IN (SELECT id FROM operations WHERE namespace = $namespace)
            AND NOT EXISTS (SELECT 1 FROM dead_letters t WHERE t.namespace = $namespace AND {_SAME})""",
        rows,
        namespace,
    )


def delete_cured(connection: Connection, namespace: Namespace, cured: Collection[tuple[str, str]]) -> None:
    """Delete the dead letters of these (job, trajectory)."""
    for job_id, trajectory_id in cured:
        connection.execute(
            "DELETE FROM dead_letters WHERE namespace = ? AND operation_id = ? AND trajectory_id = ?",
            [namespace.name, job_id, trajectory_id],
        )


def delete_of_trajectories(connection: Connection, namespace: Namespace, ids: Sequence[str]) -> None:
    """Delete the dead letters of trajectories, in all jobs."""
    connection.execute(
        "DELETE FROM dead_letters WHERE namespace = ? AND trajectory_id IN (SELECT unnest(?::TEXT[]))",
        [namespace.name, list(ids)],
    )


def delete_of_jobs(connection: Connection, namespace: Namespace, job_ids: Sequence[str]) -> None:
    """Delete the dead letters of jobs."""
    connection.execute(
        "DELETE FROM dead_letters WHERE namespace = ? AND operation_id IN (SELECT unnest(?::TEXT[]))",
        [namespace.name, list(job_ids)],
    )
