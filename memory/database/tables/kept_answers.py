"""The table `kept_answers`: what was answered to requests with an idempotency key. It is not exported."""

from midthought.memory.database.tables.statements import Connection
from midthought.memory.records.kept_answer import KeptAnswer
from midthought.memory.records.namespace import Namespace

LATEST_TIME = "SELECT max(kept_at) FROM kept_answers"
MAX_KEPT = 10_000
"""Answers of one namespace: with a thousand ids each, the largest, they take 360 MB."""
_FRESH = "kept_at > stored_now() - INTERVAL 1 DAY"


def insert_answer(connection: Connection, namespace: Namespace, answer: KeptAnswer) -> None:
    """Keep an answer; those that are a day old are deleted, and the oldest if there are too many."""
    connection.execute(f"DELETE FROM kept_answers WHERE NOT ({_FRESH})")
    connection.execute(
        """DELETE FROM kept_answers WHERE namespace = $1 AND rowid IN (
            SELECT rowid FROM kept_answers WHERE namespace = $1 ORDER BY kept_at DESC, rowid DESC OFFSET $2)""",
        [namespace.name, MAX_KEPT - 1],
    )
    values = [namespace.name, answer.key, answer.digest, answer.status, answer.headers, answer.body]
    connection.execute("INSERT INTO kept_answers VALUES (?, ?, ?, ?, ?, ?, stored_now())", values)


def read_answer(connection: Connection, namespace: Namespace, key: str) -> KeptAnswer | None:
    """Return what was answered to a key within a day, or None."""
    rows = connection.execute(
        f"SELECT key, digest, status, headers, body FROM kept_answers WHERE namespace = ? AND key = ? AND {_FRESH}",
        [namespace.name, key],
    ).fetchall()
    return KeptAnswer(*rows[0]) if rows else None


def clear_answers(connection: Connection) -> None:
    """Delete all: an answer may hold what was forgotten since."""
    connection.execute("DELETE FROM kept_answers")
