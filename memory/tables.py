"""The SQL of trajectories, entries, provenance and vectors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from midthought.memory.batch import EntryWrite, TrajectoryWrite
from midthought.memory.derived import Changes
from midthought.memory.encoder_identity import EncoderIdentity
from midthought.memory.entry import Entry, EntryKind, Procedure, Provenance, StoredEntry
from midthought.memory.entry_json import entry_from_json, entry_to_json
from midthought.memory.lexical_index import LexicalDocument
from midthought.memory.namespace import Namespace
from midthought.memory.trajectory import Outcome, Part, Span, Trajectory

Connection = duckdb.DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class FreshEntry:
    """An entry about to be inserted under its sequence number; `vector` has shape ``(dimension,)``."""

    seq: int
    entry: Entry
    vector: NDArray[np.float32]


def last_seq(connection: Connection) -> int:
    """Return the highest sequence number ever given out, over all namespaces."""
    row = connection.execute(
        "SELECT greatest((SELECT coalesce(max(seq), 0) FROM entries), (SELECT coalesce(max(seq), 0) FROM tombstones))"
    ).fetchone()
    return int(row[0]) if row else 0


def read_encoder(connection: Connection) -> EncoderIdentity | None:
    """Return the encoder the stored vectors were made with, or None while there are none."""
    row = connection.execute("SELECT name, digest, dimension FROM encoders").fetchone()
    return EncoderIdentity(*row) if row else None


def insert_encoder(connection: Connection, encoder: EncoderIdentity) -> None:
    """Remember the encoder with the first vector."""
    connection.execute(
        "INSERT OR IGNORE INTO encoders VALUES (?, ?, ?)", [encoder.digest, encoder.name, encoder.dimension]
    )


def insert_trajectories(connection: Connection, namespace: Namespace, writes: Sequence[TrajectoryWrite]) -> None:
    """Insert trajectories that are not stored yet."""
    rows = [
        [
            namespace.name,
            t.id,
            t.question,
            t.thought,
            t.answer,
            t.gold,
            t.outcome.value,
            t.finished,
            t.source,
            t.model,
            t.metadata,
            w.extractor,
        ]
        for w in writes
        for t in [w.trajectory]
    ]
    if rows:
        connection.executemany("INSERT OR IGNORE INTO trajectories VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", rows)


def insert_entries(
    connection: Connection, namespace: Namespace, fresh: Sequence[FreshEntry], encoder: EncoderIdentity
) -> None:
    """Insert entries and their vectors."""
    connection.executemany(
        "INSERT INTO entries VALUES (?,?,?,?,1,?,?,?,?,now()::TIMESTAMP,?)",
        [
            [
                namespace.name,
                f.entry.id,
                f.seq,
                f.entry.kind.value,
                f.entry.domain,
                f.entry.key,
                entry_to_json(f.entry),
                f.entry.id,
                list(f.entry.tags),
            ]
            for f in fresh
        ],
    )
    matrix = np.stack([f.vector for f in fresh]).astype(np.float32, copy=False)
    rows = pa.table(
        {
            "seq": pa.array([f.seq for f in fresh], pa.int64()),
            "vector": pa.FixedSizeListArray.from_arrays(pa.array(matrix.ravel()), encoder.dimension),
        }
    )
    connection.register("fresh_vectors", rows)
    try:
        connection.execute(
            "INSERT INTO vectors SELECT ?, seq, ?, vector FROM fresh_vectors", [namespace.name, encoder.digest]
        )
    finally:
        connection.unregister("fresh_vectors")


def insert_provenance(connection: Connection, namespace: Namespace, writes: Sequence[EntryWrite]) -> None:
    """Insert where entries come from; a place already known is not repeated."""
    rows = [
        [
            namespace.name,
            w.entry.id,
            p.source,
            p.trajectory_id,
            p.span.part.value if p.span else None,
            p.span.start if p.span else None,
            p.span.end if p.span else None,
        ]
        for w in writes
        for p in w.provenance
    ]
    known = _provenance_rows(connection, namespace, sorted({w.entry.id for w in writes}))
    fresh = [row for row in dict.fromkeys(map(tuple, rows)) if row[1:] not in known]
    if fresh:
        connection.executemany("INSERT INTO provenance VALUES (?,?,?,?,?,?,?)", [list(row) for row in fresh])


def known_entries(connection: Connection, namespace: Namespace, ids: list[str]) -> set[str]:
    """Return those of `ids` that are stored entries."""
    return _known(connection, "entries", namespace, ids)


def known_trajectories(connection: Connection, namespace: Namespace, ids: list[str]) -> set[str]:
    """Return those of `ids` that are stored trajectories."""
    return _known(connection, "trajectories", namespace, ids)


def read_entries(
    connection: Connection,
    namespace: Namespace,
    *,
    ids: Sequence[str] | None = None,
    seqs: Sequence[int] | None = None,
    kind: EntryKind | None = None,
    after: str = "",
    limit: int | None = None,
) -> list[StoredEntry]:
    """Return entries ordered by id, narrowed by whatever is given."""
    where = _Where(namespace)
    where.any_of("id", ids)
    where.any_of("seq", seqs)
    where.add("kind = ?", kind.value if kind else None)
    where.add("id > ?", after or None)
    rows = where.select(connection, "SELECT id, seq, version, content FROM entries", limit)
    provenance = _provenance(connection, namespace, [row[0] for row in rows])
    return [
        StoredEntry(seq, entry_from_json(content), version, tuple(sorted(provenance.get(entry_id, []), key=_order)))
        for entry_id, seq, version, content in rows
    ]


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

    def any_of(self, column: str, values: Sequence[str] | Sequence[int] | None) -> None:
        if values is not None:
            self._conditions.append(f"{column} IN (SELECT unnest(?))")
            self._values.append(list(values))

    def select(self, connection: Connection, select: str, limit: int | None) -> list[tuple[Any, ...]]:
        sql = f"{select} WHERE {' AND '.join(self._conditions)} ORDER BY id LIMIT ?"
        return connection.execute(sql, [*self._values, 2**62 if limit is None else limit]).fetchall()


def read_checkpoint(connection: Connection, namespace: Namespace) -> str:
    """Return the token of the checkpoint that belongs to this database, or an empty text."""
    row = connection.execute("SELECT token FROM checkpoints WHERE namespace = ?", [namespace.name]).fetchone()
    return str(row[0]) if row else ""


def put_checkpoint(connection: Connection, namespace: Namespace, token: str) -> None:
    """Remember which checkpoint belongs to this database."""
    connection.execute("INSERT OR REPLACE INTO checkpoints VALUES (?, ?)", [namespace.name, token])


def read_seqs(connection: Connection, namespace: Namespace) -> list[int]:
    """Return the sequence number of every entry."""
    rows = connection.execute("SELECT seq FROM entries WHERE namespace = ?", [namespace.name]).fetchall()
    return [row[0] for row in rows]


def read_namespaces(connection: Connection) -> list[Namespace]:
    """Return every namespace that holds entries, trajectories or operations."""
    rows = connection.execute(
        """SELECT namespace FROM entries UNION SELECT namespace FROM trajectories
           UNION SELECT namespace FROM operations ORDER BY namespace"""
    ).fetchall()
    return [Namespace(row[0]) for row in rows]


def read_changes(
    connection: Connection, namespace: Namespace, after: int, encoder: EncoderIdentity, *, limit: int
) -> Changes:
    """Return up to `limit` entries and tombstones after a sequence number, for replay into the derived indexes."""
    seqs = connection.execute(
        """SELECT seq, entry_seq FROM (
               SELECT seq, NULL AS entry_seq FROM entries WHERE namespace = $namespace AND seq > $after
               UNION ALL SELECT seq, entry_seq FROM tombstones WHERE namespace = $namespace AND seq > $after)
           ORDER BY seq LIMIT $limit""",
        {"namespace": namespace.name, "after": after, "limit": limit},
    ).fetchall()
    upto = seqs[-1][0] if seqs else after
    rows = connection.execute(
        """SELECT e.seq, e.content, v.vector FROM entries e
           JOIN vectors v ON v.namespace = e.namespace AND v.seq = e.seq AND v.encoder_digest = $digest
           WHERE e.namespace = $namespace AND e.seq > $after AND e.seq <= $upto ORDER BY e.seq""",
        {"namespace": namespace.name, "after": after, "upto": upto, "digest": encoder.digest},
    ).fetchall()
    vectors = np.array([row[2] for row in rows], dtype=np.float32).reshape(len(rows), encoder.dimension)
    documents = [_document(seq, entry_from_json(content)) for seq, content, _ in rows]
    return Changes(documents, vectors, [entry_seq for _, entry_seq in seqs if entry_seq is not None], upto)


def entries_only_from(connection: Connection, namespace: Namespace, trajectory_id: str) -> list[str]:
    """Return the entries that were learnt from this trajectory and nowhere else."""
    rows = connection.execute(
        """SELECT entry_id FROM provenance WHERE namespace = ? GROUP BY entry_id
           HAVING count(*) = count(*) FILTER (trajectory_id = ?) ORDER BY entry_id""",
        [namespace.name, trajectory_id],
    ).fetchall()
    return [row[0] for row in rows]


def delete_trajectory(connection: Connection, namespace: Namespace, trajectory_id: str) -> None:
    """Delete a trajectory and every mention of it as a source."""
    key = [namespace.name, trajectory_id]
    connection.execute("DELETE FROM trajectories WHERE namespace = ? AND id = ?", key)
    connection.execute("DELETE FROM provenance WHERE namespace = ? AND trajectory_id = ?", key)


def delete_entry(connection: Connection, namespace: Namespace, entry_id: str, seq: int) -> None:
    """Delete an entry with its provenance and vector, leaving a tombstone under `seq`."""
    key = [namespace.name, entry_id]
    connection.execute(
        "INSERT INTO tombstones SELECT namespace, ?, seq, id FROM entries WHERE namespace = ? AND id = ?", [seq, *key]
    )
    connection.execute(
        """DELETE FROM vectors WHERE namespace = $1
           AND seq IN (SELECT seq FROM entries WHERE namespace = $1 AND id = $2)""",
        key,
    )
    connection.execute("DELETE FROM provenance WHERE namespace = ? AND entry_id = ?", key)
    connection.execute("DELETE FROM entries WHERE namespace = ? AND id = ?", key)


def find_problems(connection: Connection, namespace: Namespace) -> list[str]:
    """Return one sentence for every broken invariant between the tables; empty where all hold."""
    checks = {
        "{} entries have no vector": """SELECT count(*) FROM entries e WHERE namespace = $1 AND NOT EXISTS
            (SELECT 1 FROM vectors v WHERE v.namespace = e.namespace AND v.seq = e.seq)""",
        "{} vectors have no entry": """SELECT count(*) FROM vectors v WHERE namespace = $1 AND NOT EXISTS
            (SELECT 1 FROM entries e WHERE e.namespace = v.namespace AND e.seq = v.seq)""",
        "{} entries have no provenance": """SELECT count(*) FROM entries e WHERE namespace = $1 AND NOT EXISTS
            (SELECT 1 FROM provenance p WHERE p.namespace = e.namespace AND p.entry_id = e.id)""",
        "{} sources point at a missing trajectory": """SELECT count(*) FROM provenance p WHERE namespace = $1
            AND trajectory_id IS NOT NULL AND NOT EXISTS
            (SELECT 1 FROM trajectories t WHERE t.namespace = p.namespace AND t.id = p.trajectory_id)""",
        "{} sequence numbers are used twice": """SELECT count(*) - count(DISTINCT seq) FROM entries
            WHERE namespace = $1""",
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


def _document(seq: int, entry: Entry) -> LexicalDocument:
    more = [entry.body, *entry.tags]
    if isinstance(entry, Procedure):
        more.append(entry.applicability)
    return LexicalDocument(seq, entry.key, "\n".join(more))


def _provenance_rows(connection: Connection, namespace: Namespace, entry_ids: list[str]) -> set[tuple[object, ...]]:
    rows = connection.execute(
        """SELECT entry_id, source, trajectory_id, part, span_start, span_end FROM provenance
           WHERE namespace = ? AND entry_id IN (SELECT unnest(?::TEXT[]))""",
        [namespace.name, entry_ids],
    ).fetchall()
    return set(rows)


def _provenance(connection: Connection, namespace: Namespace, entry_ids: list[str]) -> dict[str, list[Provenance]]:
    found: dict[str, list[Provenance]] = {}
    for entry_id, source, trajectory_id, part, start, end in _provenance_rows(connection, namespace, entry_ids):
        span = Span(Part(str(part)), int(str(start)), int(str(end))) if part is not None else None
        place = Provenance(None if trajectory_id is None else str(trajectory_id), str(source), span)
        found.setdefault(str(entry_id), []).append(place)
    return found


def _order(place: Provenance) -> tuple[str, str, str, int, int]:
    span = place.span
    return (
        place.trajectory_id or "",
        place.source,
        span.part.value if span else "",
        span.start if span else 0,
        span.end if span else 0,
    )
