"""The SQL of generations: complete sets of vectors, one of them current."""

from collections.abc import Sequence

import duckdb

from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.generation import Generation, GenerationState

Connection = duckdb.DuckDBPyConnection


def read_generations(connection: Connection) -> list[Generation]:
    """Return every generation by number."""
    rows = connection.execute(
        """SELECT g.number, e.name, e.digest, e.dimension, g.state
           FROM generations g JOIN encoders e ON e.digest = g.encoder_digest ORDER BY g.number"""
    ).fetchall()
    return [Generation(row[0], EncoderIdentity(*row[1:4]), GenerationState(row[4])) for row in rows]


def current_generation(connection: Connection) -> Generation | None:
    """Return the generation that is searched, or None while there are no vectors."""
    return next((one for one in read_generations(connection) if one.state is GenerationState.CURRENT), None)


def insert_first_generation(connection: Connection, encoder: EncoderIdentity) -> None:
    """Record the first generation, current at once, unless there is one: it comes with the first vector."""
    _insert_encoder(connection, encoder)
    connection.execute(
        """INSERT INTO generations SELECT 1, ?, 'current', stored_now(), stored_now()
           WHERE NOT EXISTS (SELECT 1 FROM generations)""",
        [encoder.digest],
    )


def begin_generation(connection: Connection, encoder: EncoderIdentity) -> Generation:
    """Record that vectors of `encoder` are being made, unless that is recorded; return its generation."""
    _insert_encoder(connection, encoder)
    connection.execute(
        """INSERT INTO generations SELECT coalesce(max(number), 0) + 1, $1, 'building', stored_now(), NULL
           FROM generations HAVING count(*) FILTER (encoder_digest = $1) = 0""",
        [encoder.digest],
    )
    connection.execute(
        "UPDATE generations SET state = 'building' WHERE encoder_digest = ? AND state = 'earlier'", [encoder.digest]
    )
    return next(one for one in read_generations(connection) if one.encoder.digest == encoder.digest)


def switch_generation(connection: Connection, number: int) -> None:
    """Make a generation the current one, and the current one an earlier one; its checkpoints are not believed."""
    connection.execute("UPDATE generations SET state = 'earlier' WHERE state = 'current'")
    connection.execute(
        "UPDATE generations SET state = 'current', switched_at = stored_now() WHERE number = ?", [number]
    )
    connection.execute("DELETE FROM checkpoints")


def drop_generations(connection: Connection, *, but: int) -> None:
    """Delete the vectors of all generations but one."""
    connection.execute(
        """DELETE FROM vectors WHERE encoder_digest NOT IN (SELECT encoder_digest FROM generations WHERE number = ?)""",
        [but],
    )
    connection.execute("DELETE FROM generations WHERE number <> ?", [but])
    connection.execute("DELETE FROM encoders WHERE digest NOT IN (SELECT encoder_digest FROM generations)")


def read_unencoded(connection: Connection, encoder: EncoderIdentity, *, limit: int) -> list[tuple[str, int, str]]:
    """Return (namespace, seq, key) of entries and retired wordings without a vector of `encoder`, oldest first."""
    return connection.execute(
        """SELECT namespace, seq, key FROM (SELECT namespace, seq, key FROM entries
                                            UNION ALL SELECT namespace, seq, key FROM retired) e
           WHERE NOT EXISTS (SELECT 1 FROM vectors v WHERE v.namespace = e.namespace AND v.seq = e.seq
                             AND v.encoder_digest = ?) ORDER BY seq LIMIT ?""",
        [encoder.digest, limit],
    ).fetchall()


def still_unencoded(
    connection: Connection, encoder: EncoderIdentity, keys: Sequence[tuple[str, int]]
) -> set[tuple[str, int]]:
    """Return those of (namespace, seq) that are still stored and still lack a vector of `encoder`."""
    rows = connection.execute(
        """SELECT namespace, seq FROM (SELECT namespace, seq FROM entries
                                       UNION ALL SELECT namespace, seq FROM retired) e
           WHERE seq IN (SELECT unnest($1::BIGINT[])) AND NOT EXISTS (SELECT 1 FROM vectors v
           WHERE v.namespace = e.namespace AND v.seq = e.seq AND v.encoder_digest = $2)""",
        [[seq for _, seq in keys], encoder.digest],
    ).fetchall()
    return set(rows).intersection(keys)


def count_encoded(connection: Connection, encoder: EncoderIdentity) -> tuple[int, int]:
    """Return how many keys have a vector of `encoder`, and how many keys there are."""
    ((done, total),) = connection.execute(
        """SELECT (SELECT count(*) FROM vectors WHERE encoder_digest = ?),
                  (SELECT count(*) FROM entries) + (SELECT count(*) FROM retired)""",
        [encoder.digest],
    ).fetchall()
    return done, total


def _insert_encoder(connection: Connection, encoder: EncoderIdentity) -> None:
    connection.execute(
        "INSERT OR IGNORE INTO encoders VALUES (?, ?, ?)", [encoder.digest, encoder.name, encoder.dimension]
    )
