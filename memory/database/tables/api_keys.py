"""The table `api_keys`: the keys of the service. They belong to no namespace, and are not exported."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from midthought.memory.database.tables.statements import Connection
from midthought.memory.records.api_key import Scope, StoredKey
from midthought.memory.records.namespace import Namespace

LATEST_TIME = "SELECT max(greatest(created_at, revoked_at)) FROM api_keys"
_COLUMNS = "id, name, namespaces, scope, created_at, expires_at, revoked_at, last_used_at, coalesce(replaced_by, '')"


def insert_key(connection: Connection, key: StoredKey, digest: str) -> None:
    """Store a new key."""
    connection.execute(
        "INSERT INTO api_keys VALUES (?, ?, ?, ?, ?, ?, ?, NULL, NULL, NULL)",
        [key.id, key.name, digest, list(key.namespaces), key.scope.value, key.created_at, key.expires_at],
    )


def read_keys(connection: Connection) -> dict[str, tuple[StoredKey, str]]:
    """Return every key with its hash by its id, oldest first."""
    rows = connection.execute(f"SELECT digest, {_COLUMNS} FROM api_keys ORDER BY created_at, id").fetchall()
    return {
        key_id: (StoredKey(key_id, name, tuple(names), Scope(scope), *more), digest)
        for digest, key_id, name, names, scope, *more in rows
    }


def revoke_key(connection: Connection, key_id: str) -> None:
    """End a key now; one that was revoked keeps its time."""
    connection.execute("UPDATE api_keys SET revoked_at = stored_now() WHERE id = ? AND revoked_at IS NULL", [key_id])


def delete_keys(connection: Connection, key_ids: Sequence[str]) -> None:
    """Delete keys by their ids."""
    connection.execute("DELETE FROM api_keys WHERE list_contains(?::TEXT[], id)", [list(key_ids)])


def replace_key(connection: Connection, key_id: str, by: str, *, until: datetime) -> None:
    """Note by which key another is replaced, and let it end then, unless it ends before."""
    connection.execute(
        "UPDATE api_keys SET replaced_by = ?, expires_at = least(expires_at, ?::TIMESTAMP) WHERE id = ?",
        [by, until, key_id],
    )


def note_uses(connection: Connection, uses: Mapping[str, datetime]) -> None:
    """Note when keys were last used."""
    connection.execute(
        """UPDATE api_keys SET last_used_at = used.moment
           FROM (SELECT unnest($ids::TEXT[]) AS id, unnest($moments::TIMESTAMP[]) AS moment) AS used
           WHERE api_keys.id = used.id""",
        {"ids": list(uses), "moments": list(uses.values())},
    )


def close_namespace(connection: Connection, namespace: Namespace) -> None:
    """Let no key open a namespace by its name; a key that opens no other is revoked.

    Whoever makes a namespace of that name later is another owner.
    """
    connection.execute(
        """UPDATE api_keys SET namespaces = list_filter(namespaces, lambda name: name <> $name),
           revoked_at = CASE WHEN len(namespaces) = 1 THEN coalesce(revoked_at, stored_now()) ELSE revoked_at END
           WHERE list_contains(namespaces, $name)""",
        {"name": namespace.name},
    )
