"""The SQL that adds trajectories, entries, vectors and provenance; many rows at once, through Arrow.

Row by row DuckDB inserts some 500 entries a second; a table handed over whole costs three milliseconds however few its
rows are, so writers collect theirs (see `WriteTransaction`). SQL finds such a table as the local variable of its name;
giving it a name in the database first takes half a millisecond more.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from midthought.memory.records.batch import TrajectoryWrite
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.entry import Entry, Provenance
from midthought.memory.records.entry_json import entry_to_json
from midthought.memory.records.namespace import Namespace

Connection = duckdb.DuckDBPyConnection
_FEW = 64
"""Values up to which DuckDB looks each up in an index: 1.2 ms for 8 of 100,000, where reading all of them takes 4."""
TrajectoryRow = tuple[str, TrajectoryWrite]
"""The namespace's name, and what is written."""
VectorRow = tuple[str, int, NDArray[np.float32]]
"""The namespace's name, the sequence number, and a unit vector of shape ``(dimension,)``."""


@dataclass(frozen=True, slots=True)
class FreshEntry:
    """An entry about to be inserted under its sequence number; `vector` has shape ``(dimension,)``."""

    seq: int
    namespace: Namespace
    id: str
    entry: Entry
    vector: NDArray[np.float32]


def current_ids(connection: Connection, namespace: Namespace, ids: Collection[str]) -> dict[str, str]:
    """Return those of `ids` that are stored, each with the id of its entry now: another where it was revised.

    Most entries were never revised, and their id is their lineage, which is indexed. The others are few, and are looked
    for among themselves.
    """
    if not ids:
        return {}
    wanted = list(ids)
    places, values = (
        (", ".join("?" * len(wanted)), wanted) if len(wanted) <= _FEW else ("SELECT unnest(?::TEXT[])", [wanted])
    )
    rows = connection.execute(
        f"""SELECT lineage, id FROM entries WHERE lineage IN ({places}) AND namespace = ?
            UNION ALL SELECT NULL, NULL FROM (SELECT 1 FROM retired LIMIT 1)""",
        [*values, namespace.name],
    ).fetchall()
    found = {lineage: entry_id for lineage, entry_id in rows if lineage is not None}
    return found | _revised_ids(connection, namespace, wanted) if len(rows) > len(found) else found


def _revised_ids(connection: Connection, namespace: Namespace, ids: list[str]) -> dict[str, str]:
    rows = connection.execute(
        """SELECT r.id, e.id FROM retired r JOIN entries e ON e.namespace = r.namespace AND e.lineage = r.lineage
           WHERE r.namespace = $1 AND r.id IN (SELECT unnest($2::TEXT[]))
           UNION ALL SELECT id, id FROM entries WHERE namespace = $1 AND id IN (SELECT unnest($2::TEXT[]))
           AND lineage IN (SELECT lineage FROM retired WHERE namespace = $1)""",
        [namespace.name, ids],
    ).fetchall()
    return dict(rows)


def insert_trajectories(connection: Connection, rows: Sequence[TrajectoryRow]) -> None:
    """Insert trajectories, each once, that are not stored yet."""
    if not rows:
        return
    texts = [(name, w.trajectory, w.extractor) for name, w in rows]
    columns = {
        "namespace": [name for name, _, _ in texts],
        "id": [t.id for _, t, _ in texts],
        "question": [t.question for _, t, _ in texts],
        "thought": [t.thought for _, t, _ in texts],
        "answer": [t.answer for _, t, _ in texts],
        "gold": pa.array([t.gold for _, t, _ in texts], pa.string()),
        "outcome": [t.outcome.value for _, t, _ in texts],
        "finished": [t.finished for _, t, _ in texts],
        "source": [t.source for _, t, _ in texts],
        "model": [t.model for _, t, _ in texts],
        "metadata": [t.metadata for _, t, _ in texts],
        "extractor": [extractor for _, _, extractor in texts],
    }
    fresh_rows = pa.table(columns)  # noqa: F841  # found by its name
    connection.execute("INSERT OR IGNORE INTO trajectories SELECT * FROM fresh_rows")


def insert_entries(connection: Connection, fresh: Sequence[FreshEntry], encoder: EncoderIdentity) -> None:
    """Insert entries that are not stored yet, as the first version of each, with their vectors."""
    columns = {
        "namespace": [one.namespace.name for one in fresh],
        "id": [one.id for one in fresh],
        "seq": pa.array([one.seq for one in fresh], pa.int64()),
        "kind": [one.entry.kind.value for one in fresh],
        "domain": [one.entry.domain for one in fresh],
        "key": [one.entry.key for one in fresh],
        "content": [entry_to_json(one.entry) for one in fresh],
        "tags": pa.array([list(one.entry.tags) for one in fresh], pa.list_(pa.string())),
        "vector": _vector_column([one.vector for one in fresh]),
    }
    fresh_rows = pa.table(columns)  # noqa: F841  # found by its name
    connection.execute(
        """INSERT INTO entries SELECT namespace, id, seq, kind, 1, domain, key, content, id, stored_now(), tags
           FROM fresh_rows"""
    )
    connection.execute(_INSERT_VECTORS, [encoder.digest])


def insert_vectors(connection: Connection, rows: Sequence[VectorRow], encoder: EncoderIdentity) -> None:
    """Insert vectors by their namespaces and sequence numbers."""
    names, seqs, vectors = zip(*rows, strict=True)
    columns = {"namespace": names, "seq": pa.array(seqs, pa.int64()), "vector": _vector_column(vectors)}
    fresh_rows = pa.table(columns)  # noqa: F841  # found by its name
    connection.execute(_INSERT_VECTORS, [encoder.digest])


_INSERT_VECTORS = "INSERT INTO vectors SELECT namespace, seq, ?, vector FROM fresh_rows"


def _vector_column(vectors: Sequence[NDArray[np.float32]]) -> pa.Array:
    matrix = np.stack(vectors).astype(np.float32, copy=False)
    return pa.FixedSizeListArray.from_arrays(pa.array(matrix.ravel()), matrix.shape[1])


def insert_provenance(
    connection: Connection,
    rows: Sequence[tuple[str, str, Provenance]],
    *,
    fresh: Mapping[tuple[str, str], int],
    next_seq: Callable[[], int],
) -> None:
    """Insert where entries come from, (namespace, entry, place) each; a place already known is not repeated.

    Those of `fresh` entries, inserted in this transaction under the numbers given, need no comparing. Others that gain
    a source are noted under a number that `next_seq` gives, for the derived indexes to follow.
    """
    certain = [(*_provenance_row(row), fresh[row[0], row[1]]) for row in rows if (row[0], row[1]) in fresh]
    if certain:
        connection.execute(_INSERT_PROVENANCE, [list(column) for column in zip(*certain, strict=True)])
    compared = [row for row in rows if (row[0], row[1]) not in fresh]
    if compared:
        fresh_rows = _provenance_table(compared)  # noqa: F841  # found by its name
        changed = connection.execute(
            """INSERT INTO provenance SELECT f.*, e.seq
               FROM fresh_rows f JOIN entries e ON e.namespace = f.namespace AND e.id = f.entry_id
               WHERE NOT EXISTS (SELECT 1 FROM provenance p
               WHERE p.namespace = e.namespace AND p.entry_seq = e.seq AND p.source = f.source
               AND p.trajectory_id IS NOT DISTINCT FROM f.trajectory_id AND p.part IS NOT DISTINCT FROM f.part
               AND p.span_start IS NOT DISTINCT FROM f.span_start AND p.span_end IS NOT DISTINCT FROM f.span_end)
               RETURNING namespace, entry_seq"""
        ).fetchall()
        if changed:
            note_source_changes(connection, changed, next_seq())


def note_source_changes(connection: Connection, entries: Collection[tuple[str, int]], seq: int) -> None:
    """Note under `seq` that sources of stored entries, (namespace, sequence number) each, came or went."""
    names, numbers = zip(*dict.fromkeys(entries), strict=True)
    connection.execute(
        f"INSERT INTO source_changes SELECT unnest(?::TEXT[]), {int(seq)}, unnest(?::BIGINT[])",
        [list(names), list(numbers)],
    )


_TYPES = ("TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "BIGINT", "BIGINT", "BIGINT")
_INSERT_PROVENANCE = f"INSERT INTO provenance SELECT {', '.join(f'unnest(?::{one}[])' for one in _TYPES)}"
"""With a list a column: for the few rows of a small write half as long as by Arrow, for many about the same."""


def _provenance_row(row: tuple[str, str, Provenance]) -> tuple[str | int | None, ...]:
    name, entry_id, place = row
    span = place.span
    where = (span.part.value, span.start, span.end) if span else (None, None, None)
    return (name, entry_id, place.source, place.trajectory_id, *where)


def _provenance_table(rows: Sequence[tuple[str, str, Provenance]]) -> pa.Table:
    names = ("namespace", "entry_id", "source", "trajectory_id", "part", "span_start", "span_end")
    columns = zip(*map(_provenance_row, rows), strict=True)
    types = [pa.string() if one == "TEXT" else pa.int64() for one in _TYPES]
    return pa.table({name: pa.array(column, kind) for name, column, kind in zip(names, columns, types, strict=False)})
