"""The tables `generations`, complete sets of vectors of which one is current, and `encoders`, who made them."""

from midthought.memory.database.tables.statements import Connection
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.generation import Generation, GenerationState

LATEST_TIME = "SELECT max(greatest(started_at, switched_at)) FROM generations"


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
    """Record the first generation, which is current, unless there is one already: the first vector needs it."""
    _insert_encoder(connection, encoder)
    connection.execute(
        """INSERT INTO generations SELECT 1, ?, 'current', stored_now(), stored_now()
           WHERE NOT EXISTS (SELECT 1 FROM generations)""",
        [encoder.digest],
    )


def begin_generation(connection: Connection, encoder: EncoderIdentity) -> Generation:
    """Record that vectors of `encoder` are being made, unless they exist; return its generation."""
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
    """Make a generation the current one; the one that was current becomes an earlier one."""
    connection.execute("UPDATE generations SET state = 'earlier' WHERE state = 'current'")
    connection.execute(
        "UPDATE generations SET state = 'current', switched_at = stored_now() WHERE number = ?", [number]
    )


def keep_generation(connection: Connection, number: int) -> None:
    """Delete all generations but one, their vectors, and encoders that have none."""
    connection.execute(
        "DELETE FROM vectors WHERE encoder_digest NOT IN (SELECT encoder_digest FROM generations WHERE number = ?)",
        [number],
    )
    connection.execute("DELETE FROM generations WHERE number <> ?", [number])
    connection.execute("DELETE FROM encoders WHERE digest NOT IN (SELECT encoder_digest FROM generations)")


def _insert_encoder(connection: Connection, encoder: EncoderIdentity) -> None:
    connection.execute(
        "INSERT OR IGNORE INTO encoders VALUES (?, ?, ?)", [encoder.digest, encoder.name, encoder.dimension]
    )
