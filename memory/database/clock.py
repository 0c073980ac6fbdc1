"""The times that rows get: the machine's time, but never earlier than a time that was given before.

A machine's clock may be set back. Rows stored after that would seem older than those before, and a recall as of "now"
would miss what was committed a moment ago.
"""

from datetime import UTC, datetime

from midthought.memory.database.tables import (
    api_keys,
    calibrations,
    completions,
    drafts,
    entries,
    generations,
    job_runs,
    jobs,
    kept_answers,
    merges,
    namespaces,
    outcomes,
    receipts,
    retirements,
    run_evidence,
    runs,
    superseded,
    trajectories,
    trust_marks,
    waiting_traces,
)
from midthought.memory.database.tables.statements import Connection

_INSTALL = """SET VARIABLE last_moment = NULL::TIMESTAMP;
CREATE OR REPLACE TEMP MACRO stored_now() AS greatest(now()::TIMESTAMP, getvariable('last_moment'))"""
_TIMED = (
    entries,
    superseded,
    jobs,
    runs,
    receipts,
    merges,
    generations,
    namespaces,
    calibrations,
    drafts,
    completions,
    job_runs,
    outcomes,
    retirements,
    trust_marks,
    waiting_traces,
    kept_answers,
    api_keys,
    trajectories,
    run_evidence,
)
# Not `greatest` of subqueries: planning them takes 11 ms, a quarter of opening a small store; this takes 2.
_LAST = f"SELECT max(moment) FROM ({' UNION ALL '.join(table.LATEST_TIME for table in _TIMED)}) AS latest(moment)"


class StoreClock:
    """The clock behind ``stored_now()`` in SQL. Costs nothing while the machine's clock goes forward."""

    def __init__(self) -> None:
        self._last = datetime.min
        self._committed = datetime.min

    def install(self, connection: Connection) -> None:
        """Define ``stored_now()`` for a connection."""
        connection.execute(_INSTALL)
        # A new connection has no `last_moment` variable: without this it would give times earlier than those already
        # given.
        if self._last > machine_now():
            self._hold(connection)

    def read(self, connection: Connection) -> None:
        """Read the last time that was given from a database that was just opened and migrated."""
        ((last,),) = connection.execute(_LAST).fetchall()
        self._committed = machine_now()
        # The database may have been written by a machine whose clock was ahead of this one.
        self._last = max(last or datetime.min, self._last)
        if self._last > self._committed:
            self._hold(connection)

    def begin(self, connection: Connection) -> None:
        """Set the time of a transaction that was just begun; it is not earlier than any before."""
        now = machine_now()
        if now < self._last:
            self._hold(connection)
        self._last, self._committed = max(now, self._last), now

    def resolve(self, moment: datetime) -> datetime:
        """Return the store's time for a machine's time: from the last commit on, one that includes every commit."""
        return max(moment, self._last) if moment >= self._committed else moment

    def now(self) -> datetime:
        """Return the store's time: no stored row is newer, and no later one is older."""
        return max(machine_now(), self._last)

    def _hold(self, connection: Connection) -> None:
        connection.execute("SET VARIABLE last_moment = ?::TIMESTAMP", [self._last])


def machine_now() -> datetime:
    """Return the machine's time in UTC, without a time zone, as the store keeps times."""
    return datetime.now(UTC).replace(tzinfo=None)
