"""The table `numbers`: the last sequence number given out, and the repair of a store where one was given twice."""

from midthought.memory.database.tables import checkpoints, entries, keys, provenance, superseded, tombstones, vectors
from midthought.memory.database.tables.statements import Connection
from midthought.memory.errors import StoreDamaged

_GIVEN = f"""SELECT seq FROM ({entries.CURRENT}) UNION ALL {superseded.GIVEN_NUMBERS}
    UNION ALL {keys.GIVEN_NUMBERS} UNION ALL {tombstones.GIVEN_NUMBERS} UNION ALL {provenance.GIVEN_NUMBERS}"""
"""Every number once for each purpose it was given for: of a wording, of one forgotten, and of a change in the log."""
_DOUBLED = f"SELECT seq FROM ({_GIVEN}) GROUP BY seq HAVING count(*) > 1"
_RENUMBER = (
    provenance.RENUMBER,
    *vectors.RENUMBER,
    keys.RENUMBER,
    entries.RENUMBER,
    superseded.RENUMBER,
    "DROP TABLE renumbered",
)
"""In this order: sources and vectors find their wording by its old number."""


class Numbers:
    """Gives out numbers inside one transaction: read when the first is taken, written back by `save`.

    Nothing outlives the transaction, so one that is rolled back, or whose end is not known, leaves no wrong count.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._read: int | None = None
        self._last = 0

    def take(self, count: int = 1) -> int:
        """Give out `count` numbers in a row; return the first."""
        if self._read is None:
            self._read = self._last = last_number(self._connection)
        self._last += count
        return self._last - count + 1

    def save(self) -> None:
        """Record in the database what was given out; raises `StoreDamaged` if another has changed it since."""
        if self._read is None or self._read == self._last:
            return
        changed = self._connection.execute(
            # Only if no other writer has advanced the number: two writers with the same numbers would mix up entries.
            "UPDATE numbers SET last = $1 WHERE last = $2 RETURNING last",
            [self._last, self._read],
        ).fetchall()
        if len(changed) != 1:
            raise StoreDamaged(f"the last sequence number was {self._read} and is another now: nothing was written")
        self._read = self._last


def last_number(connection: Connection) -> int:
    """Return the last number given out, over all namespaces; raises `StoreDamaged` unless it is recorded once."""
    rows = connection.execute("SELECT last FROM numbers").fetchall()
    if len(rows) != 1:
        raise StoreDamaged(f"the last sequence number is recorded {len(rows)} times, not once: restore a backup")
    return int(rows[0][0])


def forbid_doubles(connection: Connection) -> int:
    """Let the database refuse two entries with one number from now on, or return how many have a number twice.

    The index is created only in a store in which every number was given once, so an index proves that.
    """
    if entries.has_number_index(connection):
        return 0
    doubled = count_doubled(connection)
    if not doubled:
        entries.create_number_index(connection)
    return doubled


def count_doubled(connection: Connection) -> int:
    """Return how many wordings have a number that was given for something else as well."""
    ((count,),) = connection.execute(
        f"SELECT count(*) FROM ({superseded.WORDINGS}) WHERE seq IN ({_DOUBLED})"
    ).fetchall()
    return int(count)


def renumber(connection: Connection) -> int:
    """Give a new number to every wording whose number was given twice; return how many that were.

    Sources follow by the entry's id. Vectors follow if the namespace has one wording under the number. If it has
    several, their owners are unknown, and they are deleted: `repair_namespace` encodes those wordings again. The
    caller has the derived indexes rebuilt.
    """
    # Numbers that were given out may be above the recorded one in a store that an earlier version left so.
    connection.execute(f"UPDATE numbers SET last = (SELECT greatest(last, max(seq)) FROM ({_GIVEN}))")
    given = Numbers(connection)
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE renumbered AS
            SELECT *, row_number() OVER (ORDER BY seq, place, namespace, row) AS position,
            count(*) OVER (PARTITION BY namespace, seq) AS sharing
            FROM ({entries.NUMBERED} UNION ALL {superseded.NUMBERED}) WHERE seq IN ({_DOUBLED})"""
    )
    ((count,),) = connection.execute("SELECT count(*) FROM renumbered").fetchall()
    before = given.take(int(count)) - 1
    for statement in _RENUMBER:
        connection.execute(statement.format(before=before))
    provenance.clear_changes(connection)
    checkpoints.clear_checkpoints(connection)
    given.save()
    return int(count)
