"""The table `vectors`: the key of each wording under each encoder, as a unit vector."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from midthought.memory.database.tables.export_table import Column, ColumnKind, ExportTable
from midthought.memory.database.tables.statements import Connection
from midthought.memory.database.tables.superseded import COUNT_WORDINGS, WORDINGS
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.faults import FaultKind
from midthought.memory.records.namespace import Namespace

VectorRow = tuple[str, int, NDArray[np.float32]]
"""The namespace's name, the sequence number, and a unit vector of shape ``(dimension,)``."""
MISSING = f"""FROM ({WORDINGS}) e WHERE namespace = ? AND NOT EXISTS (SELECT 1 FROM vectors v
    JOIN generations g ON g.encoder_digest = v.encoder_digest AND g.state = 'current'
    WHERE v.namespace = e.namespace AND v.seq = e.seq)"""
"""Wordings without a vector of the current generation."""
FAULTS = {
    FaultKind.ORPHAN_VECTOR: f"""FROM vectors WHERE namespace = ? AND NOT EXISTS
        (SELECT 1 FROM ({WORDINGS}) w WHERE w.namespace = vectors.namespace AND w.seq = vectors.seq)""",
    FaultKind.WRONG_GENERATION: """FROM vectors WHERE namespace = ?
        AND encoder_digest NOT IN (SELECT encoder_digest FROM generations)""",
    FaultKind.DOUBLE_VECTOR: """FROM vectors WHERE namespace = ? AND rowid NOT IN
        (SELECT min(rowid) FROM vectors GROUP BY namespace, seq, encoder_digest)""",
}
"""Rows that should not be there, see `faults.py`."""
RENUMBER = (
    """DELETE FROM vectors WHERE EXISTS (SELECT 1 FROM renumbered n
       WHERE n.namespace = vectors.namespace AND n.seq = vectors.seq AND n.sharing > 1)""",
    """UPDATE vectors SET seq = {before} + position FROM renumbered n
       WHERE n.namespace = vectors.namespace AND n.seq = vectors.seq""",
)
EXPORT = ExportTable(
    "vectors",
    (Column("entry_id"), Column("vector", ColumnKind.VECTOR)),
    ("entry_id",),
    f"SELECT id AS entry_id, min(seq) AS seq FROM ({WORDINGS}) WHERE namespace = $namespace GROUP BY id",
    join="""JOIN (SELECT seq, vector FROM vectors WHERE namespace = $namespace AND encoder_digest = $encoder) v
            ON v.seq = page.seq""",
)


def insert_vectors(connection: Connection, rows: Sequence[VectorRow], encoder: EncoderIdentity) -> None:
    """Insert vectors by their namespaces and sequence numbers."""
    names, seqs, vectors = zip(*rows, strict=True)
    matrix = np.stack(vectors).astype(np.float32, copy=False)
    column = pa.FixedSizeListArray.from_arrays(pa.array(matrix.ravel()), matrix.shape[1])
    fresh_rows = pa.table({"namespace": names, "seq": pa.array(seqs, pa.int64()), "vector": column})  # noqa: F841  # found by its name
    connection.execute("INSERT INTO vectors SELECT namespace, seq, ?, vector FROM fresh_rows", [encoder.digest])


def copy_vectors(connection: Connection, source: tuple[Namespace, int], target: tuple[Namespace, int]) -> None:
    """Give all vectors of an entry, (namespace, number), to its copy in another namespace as well."""
    connection.execute(
        """INSERT INTO vectors SELECT $1, $2, encoder_digest, vector FROM vectors
           WHERE namespace = $3 AND seq = $4""",
        [target[0].name, target[1], source[0].name, source[1]],
    )


def delete_vectors(connection: Connection, namespace: Namespace, seqs: Sequence[int]) -> None:
    """Delete all vectors of wordings, by their numbers."""
    connection.execute(
        "DELETE FROM vectors WHERE namespace = ? AND seq IN (SELECT unnest(?::BIGINT[]))", [namespace.name, list(seqs)]
    )


def read_unencoded(connection: Connection, encoder: EncoderIdentity, *, limit: int) -> list[tuple[str, int, str]]:
    """Return (namespace, number, key) of wordings without a vector of `encoder`, oldest first."""
    return connection.execute(
        f"""SELECT namespace, seq, key FROM ({WORDINGS}) e
            WHERE NOT EXISTS (SELECT 1 FROM vectors v WHERE v.namespace = e.namespace AND v.seq = e.seq
                              AND v.encoder_digest = ?) ORDER BY seq LIMIT ?""",
        [encoder.digest, limit],
    ).fetchall()


def still_unencoded(
    connection: Connection, encoder: EncoderIdentity, keys: Sequence[tuple[str, int]]
) -> set[tuple[str, int]]:
    """Return those of (namespace, number) that are still stored and still lack a vector of `encoder`."""
    rows = connection.execute(
        f"""SELECT namespace, seq FROM ({WORDINGS}) e
            WHERE seq IN (SELECT unnest($1::BIGINT[])) AND NOT EXISTS (SELECT 1 FROM vectors v
            WHERE v.namespace = e.namespace AND v.seq = e.seq AND v.encoder_digest = $2)""",
        [[seq for _, seq in keys], encoder.digest],
    ).fetchall()
    return set(rows).intersection(keys)


def count_encoded(connection: Connection, encoder: EncoderIdentity) -> tuple[int, int]:
    """Return how many keys have a vector of `encoder`, and how many keys there are."""
    ((done, total),) = connection.execute(
        f"SELECT (SELECT count(*) FROM vectors WHERE encoder_digest = ?), {COUNT_WORDINGS}",
        [encoder.digest],
    ).fetchall()
    return done, total
