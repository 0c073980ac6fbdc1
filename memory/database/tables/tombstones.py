"""The table `tombstones`: ids and numbers of what was forgotten, never a text."""

from collections.abc import Sequence

from midthought.memory.database.tables.statements import Connection
from midthought.memory.database.tables.superseded import WORDINGS
from midthought.memory.records.namespace import Namespace

HIDDEN_IDS = "SELECT id FROM tombstones WHERE namespace = $namespace AND hides"
"""What a namespace has forgotten, and so does not see in the starter memory either."""
LOG = "SELECT seq, entry_seq FROM tombstones WHERE namespace = $namespace AND seq > $after"
"""As `entries.LOG`."""
GIVEN_NUMBERS = "SELECT DISTINCT entry_seq FROM tombstones UNION ALL SELECT DISTINCT seq FROM tombstones"


def insert_tombstones(
    connection: Connection, namespace: Namespace, seq: int, wordings: Sequence[tuple[int, str, str]]
) -> None:
    """Insert one tombstone per wording, (number, id, lineage), all under `seq`; they hide starter entries."""
    numbers, ids, lineages = (list(column) for column in zip(*wordings, strict=True))
    connection.execute(
        """INSERT INTO tombstones (namespace, seq, entry_seq, id, lineage, hides)
           SELECT $1, $2, unnest($3::BIGINT[]), unnest($4::TEXT[]), unnest($5::TEXT[]), TRUE""",
        [namespace.name, seq, numbers, ids, lineages],
    )


def insert_for_namespace(connection: Connection, namespace: Namespace, seq: int) -> None:
    """Insert a tombstone under `seq` for every wording of a namespace; none of its tombstones hides anything any more.

    The namespace begins again, empty, when it is used again, and then sees all of the starter memory.
    """
    connection.execute(
        f"""INSERT INTO tombstones (namespace, seq, entry_seq, id, lineage, hides)
            SELECT namespace, $2, seq, id, lineage, FALSE FROM ({WORDINGS}) WHERE namespace = $1""",
        [namespace.name, seq],
    )
    connection.execute("UPDATE tombstones SET hides = FALSE WHERE namespace = ? AND hides", [namespace.name])


def count_forgotten(connection: Connection, namespace: Namespace) -> int:
    """Return how many entries were forgotten, each counted once, however many wordings it had."""
    ((count,),) = connection.execute(
        "SELECT count(DISTINCT coalesce(lineage, id)) FROM tombstones WHERE namespace = ?", [namespace.name]
    ).fetchall()
    return int(count)
