"""The table `merges`: pairs of entries that looked alike, and what became of each."""

from collections.abc import Sequence

from midthought.memory.database.tables.export_table import Column, ColumnKind, ExportTable
from midthought.memory.database.tables.statements import Connection
from midthought.memory.errors import NotFound
from midthought.memory.records.entry_json import entry_from_json, entry_to_json
from midthought.memory.records.merge import Merge, MergeVerdict
from midthought.memory.records.namespace import Namespace

LATEST_TIME = "SELECT max(decided_at) FROM merges"
EXPORT = ExportTable(
    "merges",
    (
        Column("entry_id"),
        Column("other_id"),
        Column("content"),
        Column("similarity", ColumnKind.REAL),
        Column("verdict"),
        Column("reason"),
        Column("decided_at", ColumnKind.MOMENT),
    ),
    ("entry_id", "other_id"),
    "SELECT * FROM merges WHERE namespace = $namespace",
)

CELLS = "SELECT entry_id, verdict, nullif(content, '') FROM merges WHERE namespace = ?"
"""What `unreadable_rows` reads; the content is null if no text was kept."""


def insert_merges(connection: Connection, namespace: Namespace, merges: Sequence[Merge]) -> None:
    """Insert judged pairs; a pair judged before keeps its first verdict."""
    rows = [
        [
            namespace.name,
            merge.entry_id,
            merge.other_id,
            entry_to_json(merge.other) if merge.other else "",
            merge.similarity,
            merge.verdict.value,
            merge.reason,
        ]
        for merge in merges
    ]
    if rows:
        # A pair comes again whenever its trace is ingested again.
        connection.executemany("INSERT OR IGNORE INTO merges VALUES (?, ?, ?, ?, ?, ?, ?, stored_now())", rows)


def read_merges(
    connection: Connection,
    namespace: Namespace,
    *,
    verdict: MergeVerdict | None = None,
    after: str = "",
    limit: int = 1000,
) -> list[Merge]:
    """Return judged pairs, the most alike first, those after the pair `after`. Raises `NotFound` if it is none."""
    start = _place(connection, namespace, after) if after else (None, None, None)
    rows = connection.execute(
        """SELECT entry_id, other_id, content, similarity, verdict, reason FROM merges
           WHERE namespace = $1 AND ($2 IS NULL OR verdict = $2)
           AND ($4 IS NULL OR (-similarity, entry_id, other_id) > (-$4, $5, $6))
           ORDER BY similarity DESC, entry_id, other_id LIMIT $3""",
        [namespace.name, verdict.value if verdict else None, limit, *start],
    ).fetchall()
    return [_merge(*row) for row in rows]


def _place(connection: Connection, namespace: Namespace, pair: str) -> tuple[float, str, str]:
    """Return where a pair stands in the list."""
    entry_id, _, other_id = pair.partition(",")
    row = connection.execute(
        "SELECT similarity FROM merges WHERE namespace = ? AND entry_id = ? AND other_id = ?",
        [namespace.name, entry_id, other_id],
    ).fetchone()
    if row is None:
        raise NotFound(f"no page begins after {pair!r}: it is not, or no longer, in namespace {namespace}")
    return row[0], entry_id, other_id


def delete_merges(connection: Connection, namespace: Namespace, entry_ids: Sequence[str]) -> None:
    """Delete every verdict about these entries, and the texts merged into them."""
    connection.execute(
        """DELETE FROM merges WHERE namespace = $1
           AND (entry_id IN (SELECT unnest($2::TEXT[])) OR other_id IN (SELECT unnest($2::TEXT[])))""",
        [namespace.name, list(entry_ids)],
    )


def delete_merged_into(connection: Connection, namespace: Namespace, entry_ids: Sequence[str]) -> None:
    """Delete the verdicts about entries that were compared with these, and the texts merged into these."""
    connection.execute(
        "DELETE FROM merges WHERE namespace = ? AND entry_id IN (SELECT unnest(?::TEXT[]))",
        [namespace.name, list(entry_ids)],
    )


def _merge(entry_id: str, other_id: str, content: str, similarity: float, verdict: str, reason: str) -> Merge:
    other = entry_from_json(content) if content else None
    return Merge(entry_id, other_id, other, similarity, MergeVerdict(verdict), reason)
