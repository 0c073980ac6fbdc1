"""The table `runs`: solved problems, columns to query by and the whole record as JSON."""

from collections.abc import Sequence

from midthought.memory.database.tables.export_table import Column, ColumnKind, ExportTable
from midthought.memory.database.tables.statements import Connection
from midthought.memory.errors import NotFound
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.run import RunRow

LATEST_TIME = "SELECT max(started_at) FROM runs"
EXPORT = ExportTable(
    "runs",
    (
        Column("id"),
        Column("started_at", ColumnKind.MOMENT),
        Column("question"),
        Column("outcome"),
        Column("tokens", ColumnKind.INTEGER),
        Column("seconds", ColumnKind.REAL),
        Column("content"),
    ),
    ("id",),
    "SELECT * FROM runs WHERE namespace = $namespace",
    page=500,
    read=2000,  # a run holds its whole text
)

CELLS = "SELECT id, content FROM runs WHERE namespace = ?"
"""What `unreadable_rows` reads."""


def insert_run(connection: Connection, namespace: Namespace, run: RunRow) -> None:
    """Insert one run."""
    connection.execute(
        "INSERT INTO runs VALUES (?, ?, stored_now(), ?, ?, ?, ?, ?)",
        [namespace.name, run.id, run.question, run.outcome, run.tokens, run.seconds, run.content],
    )


def read_runs(connection: Connection, namespace: Namespace, limit: int) -> list[RunRow]:
    """Return the newest runs first."""
    rows = connection.execute(
        """SELECT id, question, outcome, tokens, seconds, content FROM runs
           WHERE namespace = ? ORDER BY started_at DESC, id LIMIT ?""",
        [namespace.name, limit],
    ).fetchall()
    return [RunRow(*row) for row in rows]


def read_run(connection: Connection, namespace: Namespace, run_id: str) -> RunRow:
    """Return one run; raises `NotFound`."""
    row = connection.execute(
        "SELECT id, question, outcome, tokens, seconds, content FROM runs WHERE namespace = ? AND id = ?",
        [namespace.name, run_id],
    ).fetchone()
    if row is None:
        raise NotFound(f"no run {run_id!r} in namespace {namespace}")
    return RunRow(*row)


def delete_runs(connection: Connection, namespace: Namespace, run_ids: Sequence[str]) -> None:
    """Delete runs by their ids."""
    connection.execute(
        "DELETE FROM runs WHERE namespace = ? AND id IN (SELECT unnest(?::TEXT[]))", [namespace.name, list(run_ids)]
    )
