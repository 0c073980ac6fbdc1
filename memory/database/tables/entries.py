"""The table `entries`: the current wording of every procedure, concept, lesson and worked example.

No other file has SQL on it. Statements elsewhere that need it join `CURRENT`. Its time column is called ``learnt_at``,
as in exports: a rename would make every store unreadable to the version before, for a word that no user sees.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from midthought.memory.database.tables.export_table import Column, ColumnKind, ExportTable
from midthought.memory.database.tables.statements import (
    Connection,
    Where,
    insert_imported,
    number_list,
    placeholders,
    select_numbered,
    update_numbers,
)
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.entry import Entry, EntryKind
from midthought.memory.records.entry_json import entry_from_json, entry_to_json
from midthought.memory.records.filter import Filter
from midthought.memory.records.index_changes import Seqs
from midthought.memory.records.namespace import Namespace

COLUMNS = "namespace, id, seq, kind, version, domain, key, content, lineage, learnt_at, tags"
"""Those of the table; the table of superseded wordings has them as well."""
CURRENT = f"SELECT {COLUMNS} FROM entries"
"""For joins elsewhere."""
LABEL = "CASE WHEN kind = 'example' THEN (content->>'size') || ' ' || kind ELSE kind END"
"""What `label_of` returns, to count by."""
LATEST_TIME = "SELECT max(learnt_at) FROM entries"
CELLS = "SELECT id, content FROM entries WHERE namespace = ?"
"""What `unreadable_rows` reads."""
LOG = "SELECT seq, NULL AS entry_seq FROM entries WHERE namespace = $namespace AND seq > $after"
"""What replay reads: the number of each change after a number, and that of an entry to remove."""
NUMBERED = select_numbered("entries")
RENUMBER = update_numbers("entries")
_NUMBER_INDEX = "entries_seq"

WORDING_COLUMNS = (
    Column("id"),
    Column("lineage"),
    Column("version", ColumnKind.INTEGER),
    Column("learnt_at", ColumnKind.MOMENT, optional=True),
    Column("content", ColumnKind.JSON),
)
EXPORT = ExportTable(
    "entries",
    (*WORDING_COLUMNS, Column("provenance", ColumnKind.PROVENANCE, sql="coalesce(p.places, [])")),
    ("id",),
    f"{CURRENT} WHERE namespace = $namespace",
    join="""LEFT JOIN (
        SELECT entry_seq, list(
            {source: source, trajectory_id: trajectory_id, part: part, start: span_start, "end": span_end}
            ORDER BY coalesce(trajectory_id, ''), source, coalesce(part, ''), coalesce(span_start, 0),
            coalesce(span_end, 0)
        ) AS places FROM provenance WHERE namespace = $namespace AND entry_seq IN (SELECT seq FROM page)
        GROUP BY entry_seq) p ON p.entry_seq = page.seq""",
)
_MAX_PLACEHOLDERS = 64
"""Values up to which DuckDB looks each up in an index: 1.2 ms for 8 of 100,000, where reading all of them takes 4."""


@dataclass(frozen=True, slots=True)
class FreshEntry:
    """An entry about to be inserted under its sequence number; `vectors` has one row per key."""

    seq: int
    namespace: Namespace
    id: str
    entry: Entry
    vectors: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Wording:
    """One wording of an entry that an import brings, or replaces: current, or superseded at a time."""

    seq: int
    entry: Entry
    content: str
    lineage: str
    version: int
    created_at: datetime | None
    superseded_at: datetime | None = None

    @property
    def age(self) -> tuple[int, datetime, str]:
        """What tells which of two wordings of one lineage is the later."""
        return (self.version, self.created_at or datetime.min, self.entry.id)


def insert_entries(connection: Connection, fresh: Sequence[FreshEntry]) -> None:
    """Insert entries that are not stored yet, as the first version of each."""
    columns = {
        "namespace": [one.namespace.name for one in fresh],
        "id": [one.id for one in fresh],
        "seq": pa.array([one.seq for one in fresh], pa.int64()),
        "kind": [one.entry.kind.value for one in fresh],
        "domain": [one.entry.domain for one in fresh],
        "key": [one.entry.key for one in fresh],
        "content": [entry_to_json(one.entry) for one in fresh],
        "tags": pa.array([list(one.entry.tags) for one in fresh], pa.list_(pa.string())),
    }
    fresh_rows = pa.table(columns)  # noqa: F841  # found by its name
    connection.execute(
        f"""INSERT INTO entries ({COLUMNS})
            SELECT namespace, id, seq, kind, 1, domain, key, content, id, stored_now(), tags FROM fresh_rows"""
    )


def read_current_of(
    connection: Connection, namespace: Namespace, lineages: Sequence[str]
) -> list[tuple[str | None, str | None]]:
    """Return (lineage, id now) of those lineages that are stored, and (None, None) if anything was ever revised.

    Both in one statement, which runs for every entry that is added: a second one, or a subquery, costs a quarter more.
    """
    among, values = _looked_up(lineages)
    return connection.execute(
        f"""SELECT lineage, id FROM entries WHERE lineage IN ({among}) AND namespace = ?
            UNION ALL SELECT NULL, NULL FROM (SELECT 1 FROM retired LIMIT 1)""",
        [*values, namespace.name],
    ).fetchall()


def _looked_up(values: Sequence[str]) -> tuple[str, list[Any]]:
    """Return what stands inside ``IN (...)`` for these values of an indexed column, and its parameters."""
    # Each placeholder is looked up in the index; an unnested list makes DuckDB read the whole table.
    if len(values) <= _MAX_PLACEHOLDERS:
        return placeholders(values), list(values)
    return "SELECT unnest(?::TEXT[])", [list(values)]


def wording_rows(wordings: Sequence[Wording]) -> dict[str, Any]:
    """Return the columns of imported wordings except the namespace, for this table and that of superseded ones."""
    return {
        "id": [w.entry.id for w in wordings],
        "seq": pa.array([w.seq for w in wordings], pa.int64()),
        "kind": [w.entry.kind.value for w in wordings],
        "version": pa.array([w.version for w in wordings], pa.int64()),
        "domain": [w.entry.domain for w in wordings],
        "key": [w.entry.key for w in wordings],
        "content": [w.content for w in wordings],
        "lineage": [w.lineage for w in wordings],
        "learnt_at": pa.array([w.created_at for w in wordings], pa.timestamp("us")),
        "tags": pa.array([list(w.entry.tags) for w in wordings], pa.list_(pa.string())),
    }


def insert_wordings(connection: Connection, namespace: Namespace, wordings: Sequence[Wording]) -> None:
    """Insert imported wordings, none of which is stored, as the current ones of their lineages."""
    imported = COLUMNS.replace("namespace", "$namespace")
    sql = f"INSERT INTO entries ({COLUMNS}) SELECT {imported} FROM imported_rows"
    insert_imported(connection, sql, pa.table(wording_rows(wordings)), namespace)


def copy_entry(connection: Connection, source: tuple[Namespace, int], target: tuple[Namespace, int]) -> None:
    """Copy an entry, (namespace, number), into another namespace under a new number.

    It keeps the time at which it was stored: recall as of an earlier moment finds it as it did then.
    """
    copied = COLUMNS.replace("namespace, id, seq", "$1, id, $2")
    connection.execute(
        f"INSERT INTO entries ({COLUMNS}) SELECT {copied} FROM entries WHERE namespace = $3 AND seq = $4",
        [target[0].name, target[1], source[0].name, source[1]],
    )


def put_in_lineage(connection: Connection, namespace: Namespace, entry_id: str, *, lineage: str, version: int) -> None:
    """Make an entry that was just inserted a version of a lineage."""
    connection.execute(
        "UPDATE entries SET version = ?, lineage = ? WHERE namespace = ? AND id = ?",
        [version, lineage, namespace.name, entry_id],
    )


def delete_entry(connection: Connection, namespace: Namespace, entry_id: str) -> None:
    """Delete the row of an entry; see `forgetting.delete_entry` for what goes with it."""
    connection.execute("DELETE FROM entries WHERE namespace = ? AND id = ?", [namespace.name, entry_id])


def read_page(
    connection: Connection,
    namespace: Namespace,
    *,
    ids: Sequence[str] | None = None,
    kind: EntryKind | None = None,
    after: str = "",
    limit: int | None = None,
) -> dict[int, tuple[int, str]]:
    """Return (version, content) by number, ordered by id, narrowed by the arguments that are given."""
    where = Where(namespace)
    where.any_of("id", ids)
    where.add("kind = ?", kind.value if kind else None)
    where.add("id > ?", after or None)
    rows = where.select(connection, "SELECT seq, version, content FROM entries", limit)
    return {seq: (version, content) for seq, version, content in rows}


def read_named(connection: Connection, namespace: Namespace, names: Sequence[str]) -> dict[int, tuple[int, str]]:
    """Return (version, content) by number of the concepts with these names, in any case and with any blanks, by id."""
    rows = connection.execute(
        """SELECT seq, version, content FROM entries
           WHERE namespace = ? AND kind = ?
             AND regexp_replace(lower(content->>'name'), '\\s+', '', 'g') IN (SELECT unnest(?::TEXT[]))
           ORDER BY id""",
        [namespace.name, EntryKind.CONCEPT.value, ["".join(name.lower().split()) for name in names]],
    ).fetchall()
    return {seq: (version, content) for seq, version, content in rows}


def ids_worded_by(connection: Connection, namespace: Namespace, extractor: str) -> list[str]:
    """Return the ids of the entries that an extractor worded, ordered."""
    rows = connection.execute(
        "SELECT id FROM entries WHERE namespace = ? AND content->>'extractor' = ? ORDER BY id",
        [namespace.name, extractor],
    ).fetchall()
    return [entry_id for (entry_id,) in rows]


def read_numbered(connection: Connection, namespace: Namespace, seqs: Sequence[int]) -> dict[int, tuple[int, str]]:
    """Return (version, content) by number; those of another namespace, or forgotten, are absent."""
    rows = connection.execute(
        f"SELECT seq, version, content FROM entries WHERE namespace = ? AND seq IN ({number_list(seqs)})",
        [namespace.name],
    ).fetchall()
    return {seq: (version, content) for seq, version, content in rows}


def read_added(
    connection: Connection, namespace: Namespace, between: tuple[int, int], encoder: EncoderIdentity
) -> tuple[dict[int, tuple[int, str]], NDArray[np.float32]]:
    """Return (version, content) by number of entries after the first number and up to the second, and their vectors."""
    bounds = {"namespace": namespace.name, "after": between[0], "upto": between[1], "digest": encoder.digest}
    rows = connection.sql(
        """SELECT e.seq, e.version, e.content, v.vector FROM entries e
           JOIN vectors v ON v.namespace = e.namespace AND v.seq = e.seq AND v.encoder_digest = $digest
           WHERE e.namespace = $namespace AND e.seq > $after AND e.seq <= $upto
           AND v.seq > $after AND v.seq <= $upto ORDER BY e.seq""",
        params=bounds,
    ).to_arrow_table()
    seqs, versions, contents = (rows[name].to_pylist() for name in ("seq", "version", "content"))
    flat = rows["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    matrix = flat.astype(np.float32, copy=False).reshape(len(seqs), encoder.dimension)
    return dict(zip(seqs, zip(versions, contents, strict=True), strict=True)), matrix


def read_position(connection: Connection, namespace: Namespace, entry_id: str) -> tuple[int, int, str]:
    """Return number, version and lineage of a stored entry."""
    ((seq, version, lineage),) = connection.execute(
        "SELECT seq, version, lineage FROM entries WHERE namespace = ? AND id = ?", [namespace.name, entry_id]
    ).fetchall()
    return seq, version, lineage


def read_current(connection: Connection, namespace: Namespace, lineages: Sequence[str]) -> dict[str, Wording]:
    """Return the current wording of each of `lineages` that is stored."""
    rows = connection.execute(
        """SELECT seq, content, lineage, version, learnt_at FROM entries
           WHERE namespace = $1 AND lineage IN (SELECT unnest($2::TEXT[]))""",
        [namespace.name, list(lineages)],
    ).fetchall()
    return {row[2]: Wording(row[0], entry_from_json(row[1]), *row[1:]) for row in rows}


def read_numbers(connection: Connection, namespace: Namespace) -> dict[str, int]:
    """Return the sequence number of every entry by id, ordered by id."""
    sql = "SELECT id, seq FROM entries WHERE namespace = ? ORDER BY id"
    return dict(connection.execute(sql, [namespace.name]).fetchall())


def read_seqs(connection: Connection, namespace: Namespace, ids: Sequence[str]) -> set[int]:
    """Return the numbers of those entries that are stored."""
    if not ids:
        return set()
    # The id of an entry that was never revised is its lineage, which is indexed.
    among, values = _looked_up(ids)
    numbers = dict(
        connection.execute(
            f"SELECT id, seq FROM entries WHERE lineage IN ({among}) AND namespace = ?", [*values, namespace.name]
        ).fetchall()
    )
    missing = [one for one in ids if one not in numbers]
    if missing:
        numbers |= connection.execute(
            "SELECT id, seq FROM entries WHERE namespace = ? AND id IN (SELECT unnest(?::TEXT[]))",
            [namespace.name, missing],
        ).fetchall()
    return {numbers[one] for one in ids if one in numbers}


def count_entries(connection: Connection, namespace: Namespace, *, after: int = 0) -> int:
    """Return how many entries have a sequence number above `after`."""
    ((count,),) = connection.execute(
        "SELECT count(*) FROM entries WHERE namespace = ? AND seq > ?", [namespace.name, after]
    ).fetchall()
    return int(count)


def count_by(connection: Connection, namespace: Namespace, column: str) -> tuple[tuple[str, int], ...]:
    """Return (value, how many) of a column, or of `LABEL`, the most frequent first."""
    rows = connection.execute(
        f"SELECT {column} AS value, count(*) AS n FROM entries WHERE namespace = ? GROUP BY ALL ORDER BY n DESC, value",
        [namespace.name],
    ).fetchall()
    return tuple(rows)


def matching_seqs(connection: Connection, namespace: Namespace, where: Filter) -> Seqs:
    """Return the sequence numbers of the entries that a filter lets through, ascending."""
    conditions, values = ["namespace = ?"], [namespace.name]
    for sql, operands in _conditions(namespace, where):
        conditions.append(sql)
        values += operands
    found = connection.execute(f"SELECT seq FROM entries WHERE {' AND '.join(conditions)}", values)
    seqs: Seqs = np.sort(found.fetchnumpy()["seq"].astype(np.int64, copy=False))
    return seqs


def _conditions(namespace: Namespace, where: Filter) -> Iterator[tuple[str, list[Any]]]:
    """Yield the SQL of each condition that is set, with its values.

    Values stand in the lists themselves: compared with a list that is unnested, the same takes twice as long.
    """
    for column, values in (("kind", where.kinds), ("domain", where.domains)):
        if values:
            yield f"{column} IN ({placeholders(values)})", _texts(values)
    if where.tags:
        yield f"list_has_any(tags, [{placeholders(where.tags)}])", _texts(where.tags)
    if where.sources:
        inside = f"SELECT entry_seq FROM provenance WHERE namespace = ? AND source IN ({placeholders(where.sources)})"
        yield f"seq IN ({inside})", [namespace.name, *_texts(where.sources)]
    if where.outcomes:
        inside = f"""SELECT p.entry_seq FROM provenance p
            JOIN trajectories t ON t.namespace = p.namespace AND t.id = p.trajectory_id
            WHERE p.namespace = ? AND t.outcome IN ({placeholders(where.outcomes)})"""
        yield f"seq IN ({inside})", [namespace.name, *_texts(where.outcomes)]
    if where.since is not None:
        yield "learnt_at >= ?", [where.since]
    if where.until is not None:
        yield "(learnt_at IS NULL OR learnt_at < ?)", [where.until]


def _texts(values: Collection[str]) -> list[str]:
    return sorted(str(value) for value in values)


def has_number_index(connection: Connection) -> bool:
    """Return whether the database refuses two entries with one number."""
    found = connection.execute(
        "SELECT 1 FROM duckdb_indexes() WHERE index_name = ? AND is_unique AND database_name = current_database()",
        [_NUMBER_INDEX],
    ).fetchall()
    return bool(found)


def create_number_index(connection: Connection) -> None:
    """Let the database refuse two entries with one number from now on.

    It costs nothing that could be measured: 8,200 to 9,500 entries a second with it, 7,500 to 8,300 without.
    """
    connection.execute(f"CREATE UNIQUE INDEX IF NOT EXISTS {_NUMBER_INDEX} ON entries (seq)")
