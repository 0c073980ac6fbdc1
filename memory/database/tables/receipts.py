"""The table `receipts`: the record of each recall and injection."""

from collections.abc import Sequence

from midthought.memory.database.tables.export_table import Column, ColumnKind, ExportTable
from midthought.memory.database.tables.page_start import check_start
from midthought.memory.database.tables.statements import Connection
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.run import ReceiptRow

NamedReceipt = tuple[str, ReceiptRow]
"""The namespace's name, and what is written."""
LATEST_TIME = "SELECT max(written_at) FROM receipts"
EXPORT = ExportTable(
    "receipts",
    (
        Column("id"),
        Column("run_id", optional=True),
        Column("kind"),
        Column("query"),
        Column("content"),
        Column("written_at", ColumnKind.MOMENT),
    ),
    ("id",),
    "SELECT * FROM receipts WHERE namespace = $namespace",
)

CELLS = "SELECT id, content FROM receipts WHERE namespace = ?"
"""What `unreadable_rows` reads."""


def insert_receipts(connection: Connection, receipts: Sequence[NamedReceipt]) -> None:
    """Insert receipts, each with the name of its namespace."""
    rows = [[name, r.id, r.run_id, r.kind, r.query, r.content] for name, r in receipts]
    # One by one each takes .7 ms; eight together, a list per column, take 1.3 and one alone 1.2.
    if len(rows) == 1:
        connection.execute("INSERT INTO receipts VALUES (?, ?, ?, ?, ?, ?, stored_now())", rows[0])
    elif rows:
        unnested = ", ".join(["unnest(?::TEXT[])"] * len(rows[0]))
        columns = [list(column) for column in zip(*rows, strict=True)]
        connection.execute(f"INSERT INTO receipts SELECT {unnested}, stored_now()", columns)


def read_receipts(connection: Connection, namespace: Namespace, *, after: str, limit: int) -> list[ReceiptRow]:
    """Return the newest receipts first, those after one of them if it is given; raises `NotFound` if it is none."""
    check_start(connection, "receipts", namespace, after)
    rows = connection.execute(
        """SELECT id, kind, query, content, run_id FROM receipts
           WHERE namespace = $1 AND ($2 = '' OR EXISTS (SELECT 1 FROM receipts a WHERE a.namespace = $1 AND a.id = $2
           AND (receipts.written_at < a.written_at OR (receipts.written_at = a.written_at AND receipts.id > $2))))
           ORDER BY written_at DESC, id LIMIT $3""",
        [namespace.name, after, limit],
    ).fetchall()
    return [ReceiptRow(*row) for row in rows]


def runs_naming(connection: Connection, namespace: Namespace, entry_ids: Sequence[str]) -> list[str]:
    """Return the ids of runs whose receipts name one of these entries."""
    # Receipts hold the ids inside their JSON text.
    rows = connection.execute(
        """SELECT DISTINCT r.run_id FROM receipts r JOIN (SELECT unnest($2::TEXT[]) AS id) e
           ON contains(r.content, e.id) WHERE r.namespace = $1 AND r.run_id IS NOT NULL""",
        [namespace.name, list(entry_ids)],
    ).fetchall()
    return [run_id for (run_id,) in rows]


def delete_of_runs(connection: Connection, namespace: Namespace, run_ids: Sequence[str]) -> None:
    """Delete the receipts of runs."""
    connection.execute(
        "DELETE FROM receipts WHERE namespace = ? AND run_id IN (SELECT unnest(?::TEXT[]))",
        [namespace.name, list(run_ids)],
    )


def delete_receipts(connection: Connection, namespace: Namespace, ids: Sequence[str]) -> None:
    """Delete receipts by their ids."""
    connection.execute(
        "DELETE FROM receipts WHERE namespace = ? AND id IN (SELECT unnest(?::TEXT[]))",
        [namespace.name, list(ids)],
    )
