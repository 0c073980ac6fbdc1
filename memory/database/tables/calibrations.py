"""The table `calibrations`: when recall answers, as fitted to a namespace's own queries, for each set of vectors."""

from midthought.memory.database.tables.statements import Connection
from midthought.memory.records.calibration_state import StoredCalibration
from midthought.memory.records.namespace import Namespace

LATEST_TIME = "SELECT max(made_at) FROM calibrations"
CELLS = "SELECT encoder_digest, content FROM calibrations WHERE namespace = ?"
"""What `unreadable_rows` reads; the encoder's digest stands for an id."""


def put_calibration(connection: Connection, namespace: Namespace, digest: str, content: str) -> None:
    """Store the calibration of a namespace for the vectors of an encoder, in place of an earlier one."""
    connection.execute(
        "INSERT OR REPLACE INTO calibrations VALUES (?, ?, ?, stored_now())", [namespace.name, digest, content]
    )


def read_calibration(connection: Connection, namespace: Namespace, digest: str) -> str | None:
    """Return the calibration of a namespace for the vectors of an encoder, as JSON; None if there is none."""
    row = connection.execute(
        "SELECT content FROM calibrations WHERE namespace = ? AND encoder_digest = ?", [namespace.name, digest]
    ).fetchone()
    return None if row is None else str(row[0])


def list_calibrations(connection: Connection, namespace: Namespace) -> list[StoredCalibration]:
    """Return the calibrations of a namespace, for the vectors of every encoder, by the encoder's name."""
    rows = connection.execute(
        """SELECT coalesce(e.name, c.encoder_digest), c.encoder_digest, c.content, c.made_at
           FROM calibrations c LEFT JOIN encoders e ON e.digest = c.encoder_digest
           WHERE c.namespace = ? ORDER BY 1, 2""",
        [namespace.name],
    ).fetchall()
    return [StoredCalibration(*row) for row in rows]


def delete_calibrations(connection: Connection, namespace: Namespace) -> None:
    """Delete the calibrations of a namespace, for the vectors of every encoder."""
    connection.execute("DELETE FROM calibrations WHERE namespace = ?", [namespace.name])


def keep_calibrations(connection: Connection) -> None:
    """Delete the calibrations for vectors that are gone."""
    connection.execute("DELETE FROM calibrations WHERE encoder_digest NOT IN (SELECT encoder_digest FROM generations)")
