"""The table `checkpoints`: which checkpoint of a namespace's indexes belongs to this database."""

from pathlib import Path

from midthought.memory.database.tables.statements import Connection
from midthought.memory.records.namespace import Namespace

CHECKPOINT_PREFIX = "checkpoint-"
"""How the name of a checkpoint's folder begins; the sequence number that it contains follows."""


def checkpoint_seq(checkpoint: Path) -> int:
    """Return the sequence number that a checkpoint says it holds, by its name."""
    return int(checkpoint.name.removeprefix(CHECKPOINT_PREFIX))


def read_checkpoint(connection: Connection, namespace: Namespace) -> str:
    """Return the token of the checkpoint that belongs to this database, or an empty text."""
    row = connection.execute("SELECT token FROM checkpoints WHERE namespace = ?", [namespace.name]).fetchone()
    return str(row[0]) if row else ""


def put_checkpoint(connection: Connection, namespace: Namespace, token: str) -> None:
    """Record which checkpoint belongs to this database."""
    connection.execute("INSERT OR REPLACE INTO checkpoints VALUES (?, ?)", [namespace.name, token])


def clear_checkpoints(connection: Connection) -> None:
    """Trust no checkpoint any more: the files are gone, or hold another generation."""
    connection.execute("DELETE FROM checkpoints")
