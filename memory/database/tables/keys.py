"""The table `keys`: keys of current entries other than the main one, each with the number under which its vector lies.

The number of the main key is that of the entry. See `records/keys.py` for what the keys are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from midthought.memory.database.tables.entries import CURRENT
from midthought.memory.database.tables.export_table import Column, ColumnKind, ExportTable
from midthought.memory.database.tables.statements import Connection
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.index_changes import ExtraVectors, Seqs
from midthought.memory.records.keys import EXTRA_FIELDS, KeyField
from midthought.memory.records.namespace import Namespace

KEYS = "SELECT namespace, number, seq, field FROM keys"
"""For joins elsewhere."""
COUNT_KEYS = "(SELECT count(*) FROM keys)"
LOG = "SELECT number AS seq, NULL AS entry_seq FROM keys WHERE namespace = $namespace AND number > $after"
"""As `entries.LOG`."""
GIVEN_NUMBERS = "SELECT number FROM keys"
RENUMBER = "DELETE FROM keys WHERE seq IN (SELECT seq FROM renumbered)"
"""Nobody can tell whose keys those of a number given twice are; the repair inserts them again."""
UNENCODED = """FROM keys k WHERE namespace = ? AND NOT EXISTS (SELECT 1 FROM vectors v
    JOIN generations g ON g.encoder_digest = v.encoder_digest AND g.state = 'current'
    WHERE v.namespace = k.namespace AND v.seq = k.number)"""
"""Keys without a vector of the current generation."""
EXPORT_VECTORS = ExportTable(
    "key_vectors",
    (Column("entry_id"), Column("field"), Column("vector", ColumnKind.VECTOR)),
    ("entry_id", "field"),
    f"""SELECT e.id AS entry_id, k.field, v.vector FROM keys k
        JOIN ({CURRENT}) e ON e.namespace = k.namespace AND e.seq = k.seq
        JOIN vectors v ON v.namespace = k.namespace AND v.seq = k.number AND v.encoder_digest = $encoder
        WHERE k.namespace = $namespace""",
)


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key other than the main one: its number, the number of its entry, and its field."""

    namespace: str
    number: int
    seq: int
    field: KeyField


def insert_keys(connection: Connection, rows: Sequence[KeyRow]) -> None:
    """Insert keys under their numbers."""
    if not rows:
        return
    fresh_keys = pa.table(  # noqa: F841  # found by its name
        {
            "namespace": [row.namespace for row in rows],
            "number": pa.array([row.number for row in rows], pa.int64()),
            "seq": pa.array([row.seq for row in rows], pa.int64()),
            "field": [row.field.value for row in rows],
        }
    )
    connection.execute("INSERT INTO keys SELECT namespace, number, seq, field FROM fresh_keys")


def read_keys(connection: Connection, namespace: Namespace, seqs: Sequence[int] | None = None) -> list[KeyRow]:
    """Return the keys of the entries with these numbers, or all of a namespace, ordered by number."""
    rows = connection.execute(
        """SELECT namespace, number, seq, field FROM keys WHERE namespace = $1
           AND ($2::BIGINT[] IS NULL OR seq IN (SELECT unnest($2::BIGINT[]))) ORDER BY number""",
        [namespace.name, None if seqs is None else list(seqs)],
    ).fetchall()
    return [KeyRow(name, number, seq, KeyField(field)) for name, number, seq, field in rows]


def delete_keys(connection: Connection, namespace: Namespace, numbers: Sequence[int]) -> None:
    """Delete keys by their numbers; their vectors are deleted apart."""
    connection.execute(
        "DELETE FROM keys WHERE namespace = ? AND number IN (SELECT unnest(?::BIGINT[]))",
        [namespace.name, list(numbers)],
    )


def move_keys(connection: Connection, moves: Mapping[int, int]) -> None:
    """Give keys other numbers, by those they have; their vectors are moved apart."""
    connection.execute(
        """UPDATE keys SET number = m.new FROM (SELECT unnest($1::BIGINT[]) AS old, unnest($2::BIGINT[]) AS new) m
           WHERE keys.number = m.old""",
        [list(moves), list(moves.values())],
    )


def read_added(
    connection: Connection, namespace: Namespace, between: tuple[int, int], encoder: EncoderIdentity
) -> list[ExtraVectors]:
    """Return the vectors of keys after the first number and up to the second, by field and entry."""
    rows = connection.sql(
        """SELECT k.field, k.seq, v.vector FROM keys k
           JOIN vectors v ON v.namespace = k.namespace AND v.seq = k.number AND v.encoder_digest = $digest
           WHERE k.namespace = $namespace AND k.number > $after AND k.number <= $upto
           AND v.seq > $after AND v.seq <= $upto ORDER BY k.seq""",
        params={"namespace": namespace.name, "after": between[0], "upto": between[1], "digest": encoder.digest},
    ).to_arrow_table()
    fields, seqs = rows["field"].to_numpy(), rows["seq"].to_numpy()
    flat = rows["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    matrix: NDArray[np.float32] = flat.astype(np.float32, copy=False).reshape(len(seqs), encoder.dimension)
    of_field = {field: fields == field.value for field in EXTRA_FIELDS}
    return [ExtraVectors(field, seqs[where], matrix[where]) for field, where in of_field.items() if where.any()]


def read_encoded(connection: Connection, namespace: Namespace, encoder: EncoderIdentity) -> dict[KeyField, Seqs]:
    """Return the numbers of the entries that have a key with a vector of `encoder`, by field."""
    rows = connection.execute(
        """SELECT k.field, k.seq FROM keys k JOIN vectors v ON v.namespace = k.namespace AND v.seq = k.number
           AND v.encoder_digest = ? WHERE k.namespace = ?""",
        [encoder.digest, namespace.name],
    ).fetchall()
    return {field: np.array([seq for name, seq in rows if name == field], dtype=np.int64) for field in EXTRA_FIELDS}
