"""The table `links`: passages in which a known entry was carried out.

The entry is named by its id alone, which a copy of a starter entry keeps. A revision changes it: see `move_links`.
"""

from collections.abc import Collection, Sequence

import pyarrow as pa

from midthought.memory.database.tables.entries import CURRENT
from midthought.memory.database.tables.export_table import Column, ColumnKind, ExportTable
from midthought.memory.database.tables.statements import Connection, insert_imported
from midthought.memory.records.faults import FaultKind
from midthought.memory.records.link import LinkCounts, RecognisedLink, Sightings
from midthought.memory.records.namespace import STARTER_NAMESPACE, Namespace
from midthought.memory.records.trajectory import Outcome, Part, Span

LinkRow = tuple[str, RecognisedLink]
"""The namespace's name, and the link with the id that its entry has now."""
_COLUMNS = "entry_id, trajectory_id, part, span_start, span_end, similarity, evidence, extractor"
_SAME = " AND ".join(f"t.{name} = m.{name}" for name in ("entry_id", "trajectory_id", "part", "span_start", "span_end"))
_ENTRIES = f"SELECT id FROM ({CURRENT}) WHERE namespace IN ({{}}, '{STARTER_NAMESPACE.name}')"
"""The ids of what a namespace may link to. Whether it sees the starter memory can be switched, so links stay."""
EXPORT = ExportTable(
    "links",
    (
        Column("entry_id"),
        Column("trajectory_id"),
        Column("part"),
        Column("span_start", ColumnKind.INTEGER),
        Column("span_end", ColumnKind.INTEGER),
        Column("similarity", ColumnKind.REAL),
        Column("evidence"),
        Column("extractor"),
    ),
    ("entry_id", "trajectory_id", "part", "span_start", "span_end"),
    "SELECT * FROM links WHERE namespace = $namespace",
    since=3,
)
CELLS = "SELECT entry_id, part FROM links WHERE namespace = ?"
"""What `unreadable_rows` reads."""
FAULTS = {
    FaultKind.STRAY_LINK: f"""FROM links WHERE namespace = $1 AND (entry_id NOT IN ({_ENTRIES.format("$1")})
        OR trajectory_id NOT IN (SELECT id FROM trajectories WHERE namespace = $1))""",
    FaultKind.BAD_LINK: """FROM links WHERE namespace = $1 AND EXISTS (SELECT 1 FROM trajectories t
        WHERE t.namespace = $1 AND t.id = links.trajectory_id AND (span_start < 0 OR span_start > span_end OR span_end >
        length(CASE links.part WHEN 'thought' THEN t.thought ELSE t.answer END)))""",
}
"""Rows that should not be there, see `faults.py`."""


def insert_links(connection: Connection, rows: Sequence[LinkRow], *, fresh: Collection[tuple[str, str]]) -> None:
    """Insert links; one that is known, of the same entry at the same passage, is not repeated.

    The trajectories of `fresh`, (namespace, id), are inserted in this transaction, so their links are not compared.
    """
    certain = [row for row in rows if (row[0], row[1].trajectory_id) in fresh]
    compared = [row for row in rows if (row[0], row[1].trajectory_id) not in fresh]
    if certain:
        link_rows = _table(certain)
        connection.execute(f"INSERT INTO links (namespace, {_COLUMNS}) SELECT * FROM link_rows")
    if compared:
        link_rows = _table(compared)  # noqa: F841  # found by its name
        connection.execute(
            f"""INSERT INTO links (namespace, {_COLUMNS}) SELECT * FROM link_rows m WHERE NOT EXISTS
                (SELECT 1 FROM links t WHERE t.namespace = m.namespace AND {_SAME})"""
        )


def _table(rows: Sequence[LinkRow]) -> pa.Table:
    columns = {
        "namespace": [name for name, _ in rows],
        "entry_id": [link.entry_id for _, link in rows],
        "trajectory_id": [link.trajectory_id for _, link in rows],
        "part": [link.span.part.value for _, link in rows],
        "span_start": [link.span.start for _, link in rows],
        "span_end": [link.span.end for _, link in rows],
        "similarity": pa.array([float(link.similarity) for _, link in rows], pa.float64()),
        "evidence": [link.evidence for _, link in rows],
        "extractor": [link.extractor for _, link in rows],
    }
    return pa.table(columns)


def import_links(connection: Connection, rows: pa.Table, namespace: Namespace) -> int:
    """Insert the links of an export that are not stored yet; return how many those were.

    Left out are those of entries that are neither in the namespace nor in the starter memory here.
    """
    return insert_imported(
        connection,
        f"""INSERT INTO links (namespace, {_COLUMNS}) SELECT $namespace, {_COLUMNS} FROM imported_rows m
            WHERE entry_id IN ({_ENTRIES.format("$namespace")})
            AND trajectory_id IN (SELECT id FROM trajectories WHERE namespace = $namespace)
            AND NOT EXISTS (SELECT 1 FROM links t WHERE t.namespace = $namespace AND {_SAME})""",
        rows,
        namespace,
    )


def read_links(
    connection: Connection, namespace: Namespace, *, entry_id: str | None, trajectory_id: str | None, limit: int
) -> list[RecognisedLink]:
    """Return the links of an entry, of a trajectory or of both, the most similar first, at most `limit`."""
    rows = connection.execute(
        f"""SELECT {_COLUMNS} FROM links WHERE namespace = $1 AND ($2 IS NULL OR entry_id = $2)
            AND ($3 IS NULL OR trajectory_id = $3)
            ORDER BY similarity DESC, entry_id, trajectory_id, part, span_start, span_end LIMIT $4""",
        [namespace.name, entry_id, trajectory_id, limit],
    ).fetchall()
    return [
        RecognisedLink(entry, trace, Span(Part(part), start, end), *more)
        for entry, trace, part, start, end, *more in rows
    ]


def count_sightings(connection: Connection, namespace: Namespace, ids: Sequence[str]) -> dict[str, Sightings]:
    """Return in how many traces each of these entries was seen, by id; those that were not seen are left out."""
    rows = connection.execute(
        """SELECT l.entry_id, count(DISTINCT l.trajectory_id),
           count(DISTINCT l.trajectory_id) FILTER (t.outcome = $3) FROM links l
           JOIN trajectories t ON t.namespace = l.namespace AND t.id = l.trajectory_id
           WHERE l.namespace = $1 AND l.entry_id IN (SELECT unnest($2::TEXT[])) GROUP BY l.entry_id""",
        [namespace.name, list(ids), Outcome.CORRECT.value],
    ).fetchall()
    return {entry_id: Sightings(traces, right) for entry_id, traces, right in rows}


def count_links(connection: Connection, namespace: Namespace) -> LinkCounts:
    """Return how many links a namespace has, of how many entries and in how many trajectories."""
    ((links, entries, trajectories),) = connection.execute(
        "SELECT count(*), count(DISTINCT entry_id), count(DISTINCT trajectory_id) FROM links WHERE namespace = ?",
        [namespace.name],
    ).fetchall()
    return LinkCounts(links, entries, trajectories)


def move_links(connection: Connection, namespace: Namespace, entry_id: str, *, to: str) -> None:
    """Give the links of a wording to the one that supersedes it."""
    connection.execute(
        "UPDATE links SET entry_id = ? WHERE namespace = ? AND entry_id = ?", [to, namespace.name, entry_id]
    )


def delete_of_entries(connection: Connection, namespace: Namespace, ids: Sequence[str]) -> None:
    """Delete the links of entries, by their ids."""
    connection.execute(
        "DELETE FROM links WHERE namespace = ? AND entry_id IN (SELECT unnest(?::TEXT[]))", [namespace.name, list(ids)]
    )


def delete_of_trajectories(connection: Connection, namespace: Namespace, ids: Sequence[str]) -> None:
    """Delete the links of trajectories."""
    connection.execute(
        "DELETE FROM links WHERE namespace = ? AND trajectory_id IN (SELECT unnest(?::TEXT[]))",
        [namespace.name, list(ids)],
    )


def delete_of_removed_starter(connection: Connection, ids: Sequence[str]) -> None:
    """Delete the links of entries that left the starter memory, in the namespaces that have no copy of them."""
    connection.execute(
        f"""DELETE FROM links WHERE entry_id IN (SELECT unnest(?::TEXT[])) AND NOT EXISTS
            (SELECT 1 FROM ({CURRENT}) e WHERE e.namespace = links.namespace AND e.id = links.entry_id)""",
        [list(ids)],
    )
