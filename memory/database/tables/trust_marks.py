"""The table `trust_marks`: the trust in a wording, if it is not what its sources tell.

A wording is named by its id alone, a hash of its text: a revision is another text, and has its own mark or none.
"""

from collections.abc import Collection

from midthought.memory.database.tables.entries import CURRENT
from midthought.memory.database.tables.statements import Connection
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.trust import Trust

LATEST_TIME = "SELECT max(marked_at) FROM trust_marks"
CELLS = "SELECT entry_id, trust FROM trust_marks WHERE namespace = ?"
"""What `unreadable_rows` reads."""


def mark_entries(connection: Connection, namespace: Namespace, ids: Collection[str], trust: Trust) -> None:
    """Give wordings a mark instead of the one that they may have."""
    if not ids:
        return
    connection.execute(
        """DELETE FROM trust_marks WHERE namespace = ? AND entry_id IN (SELECT unnest(?::TEXT[])) AND trust <> ?""",
        [namespace.name, list(ids), trust.value],
    )
    connection.execute(
        """INSERT INTO trust_marks SELECT $1, id, $3, stored_now() FROM (SELECT DISTINCT unnest($2::TEXT[]) AS id)
           WHERE id NOT IN (SELECT entry_id FROM trust_marks WHERE namespace = $1)""",
        [namespace.name, list(ids), trust.value],
    )


def mark_learnt(connection: Connection, namespace: Namespace, ids: Collection[str]) -> None:
    """Mark those of `ids` that were learnt from traces alone, before an import adds its own sources to them."""
    connection.execute(
        f"""INSERT INTO trust_marks SELECT $1, e.id, $3, stored_now() FROM ({CURRENT}) e
            JOIN provenance p ON p.namespace = e.namespace AND p.entry_seq = e.seq
            WHERE e.namespace = $1 AND e.id IN (SELECT unnest($2::TEXT[]))
            AND e.id NOT IN (SELECT entry_id FROM trust_marks WHERE namespace = $1)
            GROUP BY e.id HAVING count(*) = count(p.trajectory_id)""",
        [namespace.name, list(ids), Trust.LEARNT.value],
    )


def follow_revision(connection: Connection, namespace: Namespace, before: str, now: str) -> None:
    """Mark the new wording of an entry that no person wrote: as imported if the one before it is, else not at all."""
    marked = read_marks(connection, namespace, [before]).get(before)
    if before != now:
        delete_marks(connection, namespace, [now])
    if marked is Trust.IMPORTED:
        mark_entries(connection, namespace, [now], Trust.IMPORTED)


def read_marks(connection: Connection, namespace: Namespace, ids: Collection[str] | None = None) -> dict[str, Trust]:
    """Return the marks of wordings, of `ids` if given."""
    rows = connection.execute(
        """SELECT entry_id, trust FROM trust_marks WHERE namespace = $1
           AND ($2 IS NULL OR entry_id IN (SELECT unnest($2::TEXT[])))""",
        [namespace.name, None if ids is None else list(ids)],
    ).fetchall()
    return {entry_id: Trust(trust) for entry_id, trust in rows}


def imported_ids(connection: Connection, namespace: Namespace) -> set[str]:
    """Return the ids of wordings that came by an import, and that nobody has verified."""
    rows = connection.execute(
        "SELECT entry_id FROM trust_marks WHERE namespace = ? AND trust = ?", [namespace.name, Trust.IMPORTED.value]
    ).fetchall()
    return {entry_id for (entry_id,) in rows}


def clear_imported(connection: Connection, namespace: Namespace, ids: Collection[str]) -> None:
    """Let the sources of imported wordings tell their trust: their owner says that the import is the owner's own."""
    connection.execute(
        """DELETE FROM trust_marks WHERE namespace = ? AND trust = ? AND entry_id IN (SELECT unnest(?::TEXT[]))""",
        [namespace.name, Trust.IMPORTED.value, list(ids)],
    )


def delete_marks(connection: Connection, namespace: Namespace, ids: Collection[str]) -> None:
    """Delete the marks of wordings."""
    connection.execute(
        "DELETE FROM trust_marks WHERE namespace = ? AND entry_id IN (SELECT unnest(?::TEXT[]))",
        [namespace.name, list(ids)],
    )
