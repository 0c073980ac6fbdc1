"""The table `namespaces`: which exist, and which entries of the starter memory each of them sees.

A namespace does not see a starter entry that it has, or had, or has forgotten itself.
"""

from collections.abc import Sequence
from datetime import datetime

from midthought.memory.database.tables.entries import CURRENT
from midthought.memory.database.tables.statements import Connection
from midthought.memory.database.tables.superseded import WORDINGS
from midthought.memory.database.tables.tombstones import HIDDEN_IDS
from midthought.memory.errors import BadInput, StoreDamaged
from midthought.memory.records.namespace import (
    DEFAULT_NAMESPACE,
    STARTER_NAMESPACE,
    Namespace,
    NamespaceRecord,
    stored_namespace,
)
from midthought.memory.records.retention import DEFAULT_RULES, RetentionRules

LATEST_TIME = "SELECT max(created_at) FROM namespaces"
_OWN_IDS = f"SELECT id FROM ({WORDINGS}) WHERE namespace = $namespace UNION ALL {HIDDEN_IDS}"


def read_records(connection: Connection) -> dict[Namespace, NamespaceRecord]:
    """Return every namespace that exists, by name; the reserved one once it holds the starter memory."""
    rows = connection.execute("SELECT name, created_at, starter, retention FROM namespaces ORDER BY name").fetchall()
    return {stored_namespace(row[0]): _make_record(*row) for row in rows}


def _make_record(name: str, created_at: datetime | None, starter: bool, retention: str | None) -> NamespaceRecord:
    try:
        rules = DEFAULT_RULES if retention is None else RetentionRules.from_json(retention)
    except (BadInput, ValueError, KeyError, TypeError, AttributeError) as fault:
        raise StoreDamaged(f"the retention of namespace {name} cannot be read: {fault!r}") from fault
    return NamespaceRecord(name, created_at, starter, rules)


def begin_namespace(connection: Connection, namespace: Namespace) -> None:
    """Let a namespace exist; one that exists is left as it is."""
    connection.execute("INSERT OR IGNORE INTO namespaces VALUES (?, stored_now(), TRUE, NULL)", [namespace.name])


def switch_starter(connection: Connection, namespace: Namespace, starter: bool) -> None:
    """Let an existing namespace see the starter memory, or not."""
    connection.execute("UPDATE namespaces SET starter = ? WHERE name = ?", [starter, namespace.name])


def set_retention(connection: Connection, namespace: Namespace, rules: RetentionRules | None) -> None:
    """Set what an existing namespace keeps; None for the rules that hold by default."""
    written = None if rules is None else rules.to_json()
    connection.execute("UPDATE namespaces SET retention = ? WHERE name = ?", [written, namespace.name])


def end_namespace(connection: Connection, namespace: Namespace) -> None:
    """Remove a namespace; the default one begins again at once, empty."""
    # The default namespace always exists, so ending it resets what it is set to instead.
    if namespace == DEFAULT_NAMESPACE:
        switch_starter(connection, namespace, True)
        set_retention(connection, namespace, None)
    else:
        connection.execute("DELETE FROM namespaces WHERE name = ?", [namespace.name])


def hidden_starter_ids(connection: Connection, namespace: Namespace) -> set[str]:
    """Return the ids of starter entries that a namespace does not see."""
    rows = connection.execute(
        f"SELECT id FROM ({CURRENT}) WHERE namespace = $starter AND id IN ({_OWN_IDS})",
        {"starter": STARTER_NAMESPACE.name, "namespace": namespace.name},
    ).fetchall()
    return {row[0] for row in rows}


def seen_starter_numbers(connection: Connection, namespace: Namespace, ids: Sequence[str]) -> dict[str, int]:
    """Return the numbers of those starter entries among `ids`, by id, that a namespace sees in this transaction.

    A namespace that does not exist yet sees all of them.
    """
    rows = connection.execute(
        f"""SELECT id, seq FROM ({CURRENT}) WHERE namespace = $starter AND id IN (SELECT unnest($ids::TEXT[]))
            AND coalesce((SELECT starter FROM namespaces WHERE name = $namespace), TRUE) AND id NOT IN ({_OWN_IDS})""",
        {"starter": STARTER_NAMESPACE.name, "namespace": namespace.name, "ids": list(ids)},
    ).fetchall()
    return dict(rows)
