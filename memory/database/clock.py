"""The times that rows get: those of the machine, but never earlier than one that was given before.

A machine's clock is set back at times. Rows stored after that would seem older than those before, and a recall as of
"now" would miss what was committed a moment ago.
"""

from datetime import UTC, datetime

from midthought.memory.database.tables import (
    entries,
    generations,
    jobs,
    merges,
    namespaces,
    receipts,
    runs,
    superseded,
)
from midthought.memory.database.tables.statements import Connection

_INSTALL = """SET VARIABLE last_moment = NULL::TIMESTAMP;
CREATE OR REPLACE TEMP MACRO stored_now() AS greatest(now()::TIMESTAMP, getvariable('last_moment'))"""
_TIMED = (entries, superseded, jobs, runs, receipts, merges, generations, namespaces)
_LAST = f"SELECT greatest({', '.join(f'({table.LATEST_TIME})' for table in _TIMED)})"


class StoreClock:
    """What SQL calls as ``stored_now()``. Costs nothing while the machine's clock goes forward."""

    def __init__(self) -> None:
        self._last = datetime.min
        self._committed = datetime.min

    def install(self, connection: Connection) -> None:
        """Let a connection know ``stored_now()``."""
        connection.execute(_INSTALL)
        if self._last > machine_now():
            self._hold(connection)

    def read(self, connection: Connection) -> None:
        """Learn the last time that was given from a database that was just opened and is of today's format."""
        ((last,),) = connection.execute(_LAST).fetchall()
        self._committed = machine_now()
        self._last = max(last or datetime.min, self._last)
        if self._last > self._committed:
            self._hold(connection)

    def begin(self, connection: Connection) -> None:
        """Note the machine's time inside a transaction that was just begun; see that none before is undercut."""
        now = machine_now()
        if now < self._last:
            self._hold(connection)
        self._last, self._committed = max(now, self._last), now

    def resolve(self, moment: datetime) -> datetime:
        """Return what a moment of the machine's means among the times given: from the last commit on, everything."""
        return max(moment, self._last) if moment >= self._committed else moment

    def _hold(self, connection: Connection) -> None:
        connection.execute("SET VARIABLE last_moment = ?::TIMESTAMP", [self._last])


def machine_now() -> datetime:
    """Return the machine's time as the store keeps times: in UTC without a time zone."""
    return datetime.now(UTC).replace(tzinfo=None)
