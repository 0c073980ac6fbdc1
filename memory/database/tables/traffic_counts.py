"""The table `traffic_counts`: how many answers passed through the proxy and did not become traces, and why."""

from collections.abc import Mapping

from midthought.memory.database.tables.statements import Connection
from midthought.memory.records.namespace import Namespace


def add_counts(connection: Connection, namespace: Namespace, counts: Mapping[str, int]) -> None:
    """Add to the counts of some reasons."""
    for reason, number in counts.items():
        changed = connection.execute(
            "UPDATE traffic_counts SET number = number + ? WHERE namespace = ? AND reason = ? RETURNING reason",
            [number, namespace.name, reason],
        ).fetchall()
        if not changed:
            connection.execute("INSERT INTO traffic_counts VALUES (?, ?, ?)", [namespace.name, reason, number])


def read_counts(connection: Connection, namespace: Namespace) -> dict[str, int]:
    """Return the count of each reason."""
    rows = connection.execute(
        "SELECT reason, number FROM traffic_counts WHERE namespace = ? ORDER BY reason", [namespace.name]
    ).fetchall()
    return dict(rows)
