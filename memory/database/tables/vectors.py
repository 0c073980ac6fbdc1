"""The table `vectors`: each key under each encoder, as a unit vector.

Its column ``seq`` holds the number of the key: that of the wording if it is its main key, else one of the table `keys`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from midthought.memory.database.tables.export_table import Column, ColumnKind, ExportTable
from midthought.memory.database.tables.keys import COUNT_KEYS, KEYS
from midthought.memory.database.tables.statements import Connection
from midthought.memory.database.tables.superseded import COUNT_WORDINGS, WORDINGS
from midthought.memory.errors import StoreDamaged
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.entry_json import entry_from_json
from midthought.memory.records.faults import FaultKind
from midthought.memory.records.keys import KeyField, entry_keys
from midthought.memory.records.namespace import Namespace

VectorRow = tuple[str, int, NDArray[np.float32]]
"""The namespace's name, the number of the key, and a unit vector of shape ``(dimension,)``."""
_ALL_KEYS = f"SELECT namespace, seq AS number, seq, 'main' AS field FROM ({WORDINGS}) UNION ALL {KEYS}"
MISSING = f"""FROM ({WORDINGS}) e WHERE namespace = ? AND NOT EXISTS (SELECT 1 FROM vectors v
    JOIN generations g ON g.encoder_digest = v.encoder_digest AND g.state = 'current'
    WHERE v.namespace = e.namespace AND v.seq = e.seq)"""
"""Wordings whose main key has no vector of the current generation."""
FAULTS = {
    FaultKind.ORPHAN_VECTOR: f"""FROM vectors WHERE namespace = ? AND NOT EXISTS
        (SELECT 1 FROM ({_ALL_KEYS}) k WHERE k.namespace = vectors.namespace AND k.number = vectors.seq)""",
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


@dataclass(frozen=True, slots=True)
class UnencodedKey:
    """A key without a vector, with its text."""

    namespace: str
    number: int
    field: KeyField
    text: str


def insert_vectors(connection: Connection, rows: Sequence[VectorRow], encoder: EncoderIdentity) -> None:
    """Insert vectors by their namespaces and the numbers of their keys."""
    names, seqs, vectors = zip(*rows, strict=True)
    matrix = np.concatenate(vectors).reshape(len(vectors), -1).astype(np.float32, copy=False)
    column = pa.FixedSizeListArray.from_arrays(pa.array(matrix.ravel()), matrix.shape[1])
    fresh_rows = pa.table({"namespace": names, "seq": pa.array(seqs, pa.int64()), "vector": column})  # noqa: F841  # found by its name
    connection.execute("INSERT INTO vectors SELECT namespace, seq, ?, vector FROM fresh_rows", [encoder.digest])


def copy_vectors(connection: Connection, source: tuple[Namespace, int], target: tuple[Namespace, int]) -> None:
    """Give all vectors of a key, (namespace, number), to its copy in another namespace as well."""
    connection.execute(
        """INSERT INTO vectors SELECT $1, $2, encoder_digest, vector FROM vectors
           WHERE namespace = $3 AND seq = $4""",
        [target[0].name, target[1], source[0].name, source[1]],
    )


def delete_vectors(connection: Connection, namespace: Namespace, seqs: Sequence[int]) -> None:
    """Delete all vectors of keys, by their numbers."""
    connection.execute(
        "DELETE FROM vectors WHERE namespace = ? AND seq IN (SELECT unnest(?::BIGINT[]))", [namespace.name, list(seqs)]
    )


def move_vectors(connection: Connection, moves: Mapping[int, int]) -> None:
    """Give the vectors under some numbers other ones, as `keys.move_keys` does."""
    connection.execute(
        """UPDATE vectors SET seq = m.new FROM (SELECT unnest($1::BIGINT[]) AS old, unnest($2::BIGINT[]) AS new) m
           WHERE vectors.seq = m.old""",
        [list(moves), list(moves.values())],
    )


def read_unencoded(
    connection: Connection, encoder: EncoderIdentity, *, limit: int, names: Sequence[str] | None = None
) -> list[UnencodedKey]:
    """Return keys without a vector of `encoder`, lowest numbers first, of all namespaces or of those named."""
    rows = connection.execute(
        f"""WITH k AS MATERIALIZED (SELECT namespace, number, seq, field FROM ({_ALL_KEYS}) a WHERE NOT EXISTS (
                SELECT 1 FROM vectors v WHERE v.namespace = a.namespace AND v.seq = a.number AND v.encoder_digest = $1)
                AND ($3::TEXT[] IS NULL OR namespace IN (SELECT unnest($3::TEXT[])))
                ORDER BY number LIMIT $2)
            SELECT k.namespace, k.number, k.field, w.key, CASE k.field WHEN 'main' THEN '' ELSE w.content END
            FROM k JOIN ({WORDINGS}) w ON w.namespace = k.namespace AND w.seq = k.seq ORDER BY k.number""",
        [encoder.digest, limit, None if names is None else list(names)],
    ).fetchall()
    return [
        UnencodedKey(name, number, KeyField(field), _text(number, KeyField(field), key, content))
        for name, number, field, key, content in rows
    ]


def _text(number: int, field: KeyField, key: str, content: str) -> str:
    """Return the text of a key: it stands in no table, but in the entry."""
    if field is KeyField.MAIN:
        return key
    for one in entry_keys(entry_from_json(content)):
        if one.field is field:
            return one.text
    raise StoreDamaged(f"key {number} is of a field that its entry does not have: `midthought doctor --repair`")


def still_unencoded(
    connection: Connection, encoder: EncoderIdentity, keys: Sequence[tuple[str, int]]
) -> set[tuple[str, int]]:
    """Return those of (namespace, number) that are still stored and still lack a vector of `encoder`."""
    rows = connection.execute(
        f"""SELECT namespace, number FROM ({_ALL_KEYS}) e
            WHERE number IN (SELECT unnest($1::BIGINT[])) AND NOT EXISTS (SELECT 1 FROM vectors v
            WHERE v.namespace = e.namespace AND v.seq = e.number AND v.encoder_digest = $2)""",
        [[number for _, number in keys], encoder.digest],
    ).fetchall()
    return set(rows).intersection(keys)


def count_encoded(connection: Connection, encoder: EncoderIdentity) -> tuple[int, int]:
    """Return how many keys have a vector of `encoder`, and how many keys there are."""
    ((done, total),) = connection.execute(
        f"SELECT (SELECT count(*) FROM vectors WHERE encoder_digest = ?), {COUNT_WORDINGS} + {COUNT_KEYS}",
        [encoder.digest],
    ).fetchall()
    return done, total
