"""The SQL of trajectories, entries, provenance and vectors."""

import json
from collections.abc import Sequence
from typing import Any

import duckdb
import numpy as np

from midthought.memory.database.write_tables import current_ids
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.entry import EntryKind, Origin, Procedure, Provenance, StoredEntry
from midthought.memory.records.entry_json import entry_from_json
from midthought.memory.records.index_changes import Changes, LexicalDocument, StoredText
from midthought.memory.records.namespace import STARTER_NAMESPACE, Namespace
from midthought.memory.records.trajectory import Outcome, Part, Span, Trajectory

Connection = duckdb.DuckDBPyConnection


def known_entries(connection: Connection, namespace: Namespace, ids: list[str]) -> set[str]:
    """Return those of `ids` that are stored entries, or wordings of entries that were revised since."""
    return set(current_ids(connection, namespace, ids))


def known_trajectories(connection: Connection, namespace: Namespace, ids: list[str]) -> set[str]:
    """Return those of `ids` that are stored trajectories."""
    return _known(connection, "trajectories", namespace, ids)


def read_entries(
    connection: Connection,
    namespace: Namespace,
    *,
    ids: Sequence[str] | None = None,
    kind: EntryKind | None = None,
    after: str = "",
    limit: int | None = None,
) -> list[StoredEntry]:
    """Return entries ordered by id, narrowed by whatever is given."""
    where = _Where(namespace)
    where.any_of("id", ids)
    where.add("kind = ?", kind.value if kind else None)
    where.add("id > ?", after or None)
    rows = where.select(connection, "SELECT id, seq, version, content FROM entries", limit)
    sources = _sources(connection, namespace, _among([seq for _, seq, _, _ in rows]))
    return [
        stored_entry(namespace, seq, StoredText(version, content, sources.get(seq, _NO_SOURCES)))
        for _, seq, version, content in rows
    ]


def stored_entry(namespace: Namespace, seq: int, text: StoredText) -> StoredEntry:
    """Return an entry from its text and sources as they are stored."""
    places = tuple(_place(*place) for place in json.loads(text.sources))
    origin = Origin.STARTER if namespace == STARTER_NAMESPACE else Origin.OWN
    return StoredEntry(seq, entry_from_json(text.content), text.version, places, origin)


def read_texts(connection: Connection, namespace: Namespace, seqs: Sequence[int]) -> dict[int, StoredText]:
    """Return texts and sources by sequence number; those of another namespace, or forgotten, are absent."""
    rows = connection.execute(
        f"SELECT seq, version, content FROM entries WHERE namespace = ? AND seq IN ({_listed(seqs)})", [namespace.name]
    ).fetchall()
    sources = _sources(connection, namespace, _among(seqs))
    return {seq: StoredText(version, content, sources.get(seq, _NO_SOURCES)) for seq, version, content in rows}


def read_trajectories(
    connection: Connection,
    namespace: Namespace,
    *,
    ids: Sequence[str] | None = None,
    after: str = "",
    limit: int | None = None,
) -> list[tuple[str, Trajectory]]:
    """Return (id, trajectory) ordered by id, narrowed by whatever is given."""
    where = _Where(namespace)
    where.any_of("id", ids)
    where.add("id > ?", after or None)
    columns = "id, question, thought, answer, gold, outcome, finished, source, model, metadata"
    rows = where.select(connection, f"SELECT {columns} FROM trajectories", limit)
    return [
        (row[0], Trajectory(row[1], row[2], row[3], row[4], Outcome(row[5]), row[6], row[7], row[8], row[9]))
        for row in rows
    ]


class _Where:
    """The conditions of one SELECT inside a namespace; a None value leaves its condition out."""

    def __init__(self, namespace: Namespace) -> None:
        self._conditions = ["namespace = ?"]
        self._values: list[Any] = [namespace.name]

    def add(self, condition: str, value: str | None) -> None:
        if value is not None:
            self._conditions.append(condition)
            self._values.append(value)

    def any_of(self, column: str, values: Sequence[str] | None) -> None:
        if values is not None:
            self._conditions.append(f"{column} IN (SELECT unnest(?))")
            self._values.append(list(values))

    def select(self, connection: Connection, select: str, limit: int | None) -> list[tuple[Any, ...]]:
        sql = f"{select} WHERE {' AND '.join(self._conditions)} ORDER BY id LIMIT ?"
        return connection.execute(sql, [*self._values, 2**62 if limit is None else limit]).fetchall()


def count_entries(connection: Connection, namespace: Namespace, *, after: int = 0) -> int:
    """Return how many entries have a sequence number above `after`."""
    row = connection.execute(
        "SELECT count(*) FROM entries WHERE namespace = ? AND seq > ?", [namespace.name, after]
    ).fetchone()
    return int(row[0]) if row else 0


def read_seqs(connection: Connection, namespace: Namespace) -> list[int]:
    """Return the sequence number of every entry."""
    rows = connection.execute("SELECT seq FROM entries WHERE namespace = ?", [namespace.name]).fetchall()
    return [row[0] for row in rows]


def read_changes(
    connection: Connection, namespace: Namespace, after: int, encoder: EncoderIdentity, *, limit: int
) -> Changes:
    """Return up to `limit` entries, tombstones, retired wordings and changes of sources after a number, for replay."""
    bounds = {"namespace": namespace.name, "after": after, "limit": limit}
    rows_after = f"SELECT max(seq) FROM (SELECT seq FROM ({_LOG}) ORDER BY seq LIMIT $limit)"
    upto = connection.execute(rows_after, bounds).fetchall()[0][0] or after
    if upto == after:
        return Changes([], np.empty((0, encoder.dimension), dtype=np.float32), [], [], after)
    bounds = {"namespace": namespace.name, "after": after, "upto": upto}
    removed = connection.execute(
        f"SELECT entry_seq FROM ({_LOG}) WHERE entry_seq IS NOT NULL AND seq <= $upto", bounds
    ).fetchall()
    changed = connection.execute(
        """SELECT DISTINCT entry_seq FROM source_changes WHERE namespace = $namespace AND seq > $after AND seq <= $upto
           AND entry_seq <= $after""",
        bounds,
    ).fetchall()
    rows = connection.sql(
        """SELECT e.seq, e.version, e.content, v.vector FROM entries e
           JOIN vectors v ON v.namespace = e.namespace AND v.seq = e.seq AND v.encoder_digest = $digest
           WHERE e.namespace = $namespace AND e.seq > $after AND e.seq <= $upto
           AND v.seq > $after AND v.seq <= $upto ORDER BY e.seq""",
        params={**bounds, "digest": encoder.digest},
    ).to_arrow_table()
    vectors = rows["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    sources = _sources(connection, namespace, f"entry_seq > {int(after)} AND entry_seq <= {int(upto)}")
    documents = [
        _document(seq, StoredText(version, content, sources.get(seq, _NO_SOURCES)))
        for seq, version, content in zip(
            *(rows[name].to_pylist() for name in ("seq", "version", "content")), strict=True
        )
    ]
    matrix = vectors.astype(np.float32, copy=False).reshape(len(documents), encoder.dimension)
    older = read_texts(connection, namespace, [seq for (seq,) in changed])
    anew = [_document(seq, text) for seq, text in older.items()]
    return Changes(documents, matrix, anew, [entry_seq for (entry_seq,) in removed], upto)


_LOG = """SELECT seq, NULL AS entry_seq FROM entries WHERE namespace = $namespace AND seq > $after
    UNION ALL SELECT seq, entry_seq FROM tombstones WHERE namespace = $namespace AND seq > $after
    UNION ALL SELECT retired_seq, seq FROM retired WHERE namespace = $namespace AND retired_seq > $after
    UNION ALL SELECT seq, NULL FROM source_changes WHERE namespace = $namespace AND seq > $after"""


def find_problems(connection: Connection, namespace: Namespace) -> list[str]:
    """Return one sentence for every broken invariant between the tables that is none of `faults_of_truth`."""
    checks = {
        "{} entries have no provenance": """SELECT count(*) FROM entries e WHERE namespace = $1 AND NOT EXISTS
            (SELECT 1 FROM provenance p WHERE p.namespace = e.namespace AND p.entry_id = e.id)""",
        "{} sources point at a missing trajectory": """SELECT count(*) FROM provenance p WHERE namespace = $1
            AND trajectory_id IS NOT NULL AND NOT EXISTS
            (SELECT 1 FROM trajectories t WHERE t.namespace = p.namespace AND t.id = p.trajectory_id)""",
        "{} spans reach past their text": """SELECT count(*) FROM provenance p JOIN trajectories t
            ON t.namespace = p.namespace AND t.id = p.trajectory_id WHERE p.namespace = $1 AND p.span_end >
            length(CASE p.part WHEN 'thought' THEN t.thought ELSE t.answer END)""",
    }
    problems = []
    for sentence, sql in checks.items():
        row = connection.execute(sql, [namespace.name]).fetchone()
        if row and row[0]:
            problems.append(sentence.format(row[0]))
    return problems


def _known(connection: Connection, table: str, namespace: Namespace, ids: list[str]) -> set[str]:
    where = _Where(namespace)
    where.any_of("id", ids)
    return {row[0] for row in where.select(connection, f"SELECT id FROM {table}", None)} if ids else set()


def _document(seq: int, text: StoredText) -> LexicalDocument:
    entry = entry_from_json(text.content)
    more = [entry.body, *entry.tags]
    if isinstance(entry, Procedure):
        more.append(entry.applicability)
    return LexicalDocument(seq, entry.key, "\n".join(more), text)


_NO_SOURCES = "[]"


def _sources(connection: Connection, namespace: Namespace, condition: str) -> dict[int, str]:
    """Return the sources of entries, sorted, as a JSON array of arrays, by sequence number."""
    rows = connection.execute(
        f"""SELECT entry_seq, to_json(list(json_array(source, trajectory_id, part, span_start, span_end)
            ORDER BY coalesce(trajectory_id, ''), source, coalesce(part, ''), span_start, span_end)) FROM provenance
            WHERE namespace = ? AND {condition} GROUP BY entry_seq""",
        [namespace.name],
    ).fetchall()
    return dict(rows)


def _among(seqs: Sequence[int]) -> str:
    return f"entry_seq IN ({_listed(seqs)})"


def _listed(seqs: Sequence[int]) -> str:
    return ", ".join(str(int(one)) for one in seqs) or "NULL"


def _place(source: str, trajectory_id: str | None, part: str | None, start: int, end: int) -> Provenance:
    return Provenance(trajectory_id, source, Span(Part(part), start, end) if part is not None else None)
