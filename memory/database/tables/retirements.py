"""The table `retirements`: which entries were retired by what their runs showed, and which were restored.

An entry is named by its id alone, which a copy of a starter entry keeps: a starter entry is retired in one namespace. A
revision is another text with another id, and begins without a past. The last decision is the one with the last
`decided_at`: an import brings earlier ones under later numbers.
"""

from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa

from midthought.memory.database.tables.export_table import Column, ColumnKind, ExportTable
from midthought.memory.database.tables.statements import Connection, insert_statements
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.utility import ArmCounts, Retirement, UtilityState

LATEST_TIME = "SELECT max(decided_at) FROM retirements"
EXPORT = ExportTable(
    "retirements",
    (
        Column("entry_id"),
        Column("number", ColumnKind.INTEGER),
        Column("state"),
        Column("reason"),
        Column("run_id"),
        Column("decided_at", ColumnKind.MOMENT),
    ),
    ("entry_id", "number"),
    "SELECT * FROM retirements WHERE namespace = $namespace",
    since=5,
)
CELLS = "SELECT entry_id, state FROM retirements WHERE namespace = ?"
"""What `unreadable_rows` reads."""
_LAST = """SELECT entry_id, unnest(max_by(
    {'state': state, 'reason': reason, 'run_id': run_id, 'decided_at': decided_at}, (decided_at, number)))
    FROM retirements WHERE namespace = $namespace AND ($moment IS NULL OR decided_at <= $moment) GROUP BY entry_id"""

_COUNTED = """namespace = $namespace AND first AND ($ids IS NULL OR entry_id IN (SELECT unnest($ids::TEXT[])))"""
"""Rows that may count, of `run_entries` and `run_evidence`."""


def add_retirement(
    connection: Connection, namespace: Namespace, entry_id: str, state: UtilityState, *, reason: str, run_id: str
) -> None:
    """Add a decision on an entry; it is the last one from here on, whatever was imported with later times."""
    connection.execute(
        """INSERT INTO retirements
           SELECT $1, $2, coalesce(max(number) + 1, 0), $3, $4, $5, greatest(stored_now(), max(decided_at))
           FROM retirements WHERE namespace = $1 AND entry_id = $2""",
        [namespace.name, entry_id, state.value, reason, run_id],
    )


def import_retirements(connection: Connection, rows: pa.Table, namespace: Namespace) -> int:
    """Add the decisions of an export that were not made here; return how many were new."""
    return insert_statements(connection, EXPORT, rows, namespace)


def read_last(connection: Connection, namespace: Namespace) -> dict[str, Retirement]:
    """Return the last decision on each entry that has one, by its id."""
    rows = connection.execute(_LAST, {"namespace": namespace.name, "moment": None}).fetchall()
    return {entry_id: Retirement(entry_id, UtilityState(state), *more) for entry_id, state, *more in rows}


def retired_ids(connection: Connection, namespace: Namespace, moment: datetime | None = None) -> set[str]:
    """Return the ids of entries that are retired, now or at an earlier moment."""
    rows = connection.execute(
        f"SELECT entry_id FROM ({_LAST}) WHERE state = $retired",
        {"namespace": namespace.name, "moment": moment, "retired": UtilityState.RETIRED.value},
    ).fetchall()
    return {entry_id for (entry_id,) in rows}


def count_arms(
    connection: Connection, namespace: Namespace, entry_ids: Sequence[str] | None = None
) -> dict[str, list[ArmCounts]]:
    """Return the judged runs that injected or, by chance, withheld entries; of `entry_ids` if given.

    A run counts once for an entry, however often it was injected, if in one continuation no hint stands before it. Runs
    that retention removed count as before. Those before the entry was last restored do not, even if it was retired
    again since.
    """
    rows = connection.execute(
        f"""WITH used AS (SELECT DISTINCT run_id, entry_id, role FROM run_entries
                WHERE role IN ('injected', 'withheld') AND {_COUNTED}),
            told AS (SELECT used.entry_id, role, holdout, outcome, started_at
                FROM used JOIN runs r ON r.namespace = $namespace AND r.id = used.run_id UNION ALL
                SELECT entry_id, role, holdout, outcome, started_at FROM run_evidence WHERE {_COUNTED}),
            since AS (SELECT entry_id, max(decided_at) AS decided_at FROM retirements
                WHERE namespace = $namespace AND state = $restored GROUP BY entry_id)
            SELECT told.entry_id, 1 - holdout AS share,
            count(*) FILTER (role = 'injected' AND outcome = 'correct'),
            count(*) FILTER (role = 'injected' AND outcome = 'wrong'),
            count(*) FILTER (role = 'withheld' AND outcome = 'correct'),
            count(*) FILTER (role = 'withheld' AND outcome = 'wrong')
            FROM told LEFT JOIN since ON since.entry_id = told.entry_id
            WHERE holdout > 0 AND holdout < 1 AND outcome IN ('correct', 'wrong')
            AND (since.decided_at IS NULL OR started_at > since.decided_at)
            GROUP BY ALL ORDER BY ALL""",
        {
            "namespace": namespace.name,
            "ids": None if entry_ids is None else list(entry_ids),
            "restored": UtilityState.RESTORED.value,
        },
    ).fetchall()
    found: dict[str, list[ArmCounts]] = {}
    for entry_id, *counts in rows:
        found.setdefault(entry_id, []).append(ArmCounts(*counts))
    return found


def count_runs(connection: Connection, namespace: Namespace) -> dict[str, int]:
    """Return in how many runs each entry was injected or withheld, by its id."""
    rows = connection.execute(
        """SELECT entry_id, count(DISTINCT run_id) FROM (
               SELECT run_id, entry_id FROM run_entries WHERE namespace = $1 AND role IN ('injected', 'withheld')
               UNION ALL SELECT run_id, entry_id FROM run_evidence WHERE namespace = $1) GROUP BY entry_id""",
        [namespace.name],
    ).fetchall()
    return dict(rows)


def delete_of_entries(connection: Connection, namespace: Namespace, ids: Sequence[str]) -> None:
    """Delete what was decided on entries, by their ids."""
    connection.execute(
        "DELETE FROM retirements WHERE namespace = ? AND entry_id IN (SELECT unnest(?::TEXT[]))",
        [namespace.name, list(ids)],
    )
