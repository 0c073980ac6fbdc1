"""The table `completions`: what a language model answered. It only saves calls, so it is not exported."""

from collections.abc import Sequence

from midthought.memory.database.tables.statements import Connection
from midthought.memory.records.kept_completion import KeptCompletion
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.storable_text import storable

LATEST_TIME = "SELECT max(kept_at) FROM completions"
_COLUMNS = "digest, trajectory_id, model, text, finish, tokens_in, tokens_cached, tokens_out, seconds"


def insert_completion(connection: Connection, namespace: Namespace, completion: KeptCompletion) -> None:
    """Insert an answer; if its request has one already, that one stays."""
    # No primary key: its index is read when the store is opened, and the digests of a scan take a millisecond.
    connection.execute(
        f"""INSERT INTO completions (namespace, {_COLUMNS}, kept_at)
            SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, stored_now()
            WHERE NOT EXISTS (SELECT 1 FROM completions WHERE namespace = $1 AND digest = $2)""",
        [
            namespace.name,
            completion.digest,
            completion.trajectory_id,
            completion.model,
            storable(completion.text),
            completion.finish,
            completion.tokens_in,
            completion.tokens_cached,
            completion.tokens_out,
            completion.seconds,
        ],
    )


def read_completions(connection: Connection, namespace: Namespace, digests: Sequence[str]) -> list[KeptCompletion]:
    """Return the answers to those requests that have one."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM completions WHERE namespace = ? AND digest IN (SELECT unnest(?::TEXT[]))",
        [namespace.name, list(digests)],
    ).fetchall()
    return [KeptCompletion(*row) for row in rows]


def has_completions(connection: Connection, namespace: Namespace, trajectory_id: str) -> bool:
    """Return whether an answer about a trajectory is kept."""
    found = connection.execute(
        "SELECT 1 FROM completions WHERE namespace = ? AND trajectory_id = ? LIMIT 1", [namespace.name, trajectory_id]
    ).fetchall()
    return bool(found)


def delete_answers(connection: Connection, namespace: Namespace, digests: Sequence[str]) -> None:
    """Delete the answers to requests."""
    connection.execute(
        "DELETE FROM completions WHERE namespace = ? AND digest IN (SELECT unnest(?::TEXT[]))",
        [namespace.name, list(digests)],
    )


def delete_of_trajectories(connection: Connection, namespace: Namespace, ids: Sequence[str]) -> None:
    """Delete the answers about trajectories."""
    connection.execute(
        "DELETE FROM completions WHERE namespace = ? AND trajectory_id IN (SELECT unnest(?::TEXT[]))",
        [namespace.name, list(ids)],
    )
