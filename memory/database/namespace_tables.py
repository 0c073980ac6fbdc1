"""The SQL of namespaces: which exist, and which of them see the starter memory."""

import duckdb

from midthought.memory.records.namespace import DEFAULT_NAMESPACE, Namespace, NamespaceRecord, stored_namespace

Connection = duckdb.DuckDBPyConnection


def read_records(connection: Connection) -> dict[Namespace, NamespaceRecord]:
    """Return every namespace that exists, by name; the reserved one once it holds the starter memory."""
    rows = connection.execute("SELECT name, created_at, starter FROM namespaces ORDER BY name").fetchall()
    return {stored_namespace(row[0]): NamespaceRecord(*row) for row in rows}


def begin_namespace(connection: Connection, namespace: Namespace) -> None:
    """Let a namespace exist; one that does is left as it is."""
    connection.execute("INSERT OR IGNORE INTO namespaces VALUES (?, stored_now(), TRUE)", [namespace.name])


def switch_starter(connection: Connection, namespace: Namespace, starter: bool) -> None:
    """Let an existing namespace see the starter memory, or not."""
    connection.execute("UPDATE namespaces SET starter = ? WHERE name = ?", [starter, namespace.name])


def end_namespace(connection: Connection, namespace: Namespace) -> None:
    """Let a namespace exist no more; the default one begins anew at once."""
    if namespace == DEFAULT_NAMESPACE:
        switch_starter(connection, namespace, True)
    else:
        connection.execute("DELETE FROM namespaces WHERE name = ?", [namespace.name])
