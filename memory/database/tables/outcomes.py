"""The table `outcomes`: what was said of runs, and by whom. Rows are added, and never changed.

The column `outcome` of `runs` repeats the one that counts, which is the latest of the strongest source. The latest is
the one with the last `given_at`: an import brings earlier statements under later numbers. Statements of one commit have
one time; of these the last number is the latest.
"""

from collections.abc import Sequence

import pyarrow as pa

from midthought.memory.database.tables.export_table import Column, ColumnKind, ExportTable
from midthought.memory.database.tables.statements import Connection, insert_statements
from midthought.memory.records.faults import FaultKind
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.run import OutcomeSource, RunOutcome

LATEST_TIME = "SELECT max(given_at) FROM outcomes"
EXPORT = ExportTable(
    "outcomes",
    (
        Column("run_id"),
        Column("number", ColumnKind.INTEGER),
        Column("outcome"),
        Column("source"),
        Column("note"),
        Column("given_at", ColumnKind.MOMENT),
    ),
    ("run_id", "number"),
    "SELECT * FROM outcomes WHERE namespace = $namespace",
    since=5,
)
CELLS = "SELECT run_id, outcome, source FROM outcomes WHERE namespace = ?"
"""What `unreadable_rows` reads."""
FAULTS = {
    FaultKind.STRAY_OUTCOME: """FROM outcomes WHERE namespace = $1
        AND run_id NOT IN (SELECT id FROM runs WHERE namespace = $1)"""
}
"""Rows that should not be there, see `faults.py`."""
_STRENGTH = [source.value for source in OutcomeSource]
_COUNTS = """SELECT arg_min(outcome, (list_position($strength::TEXT[], source), -epoch_us(given_at), -number))
    FROM outcomes o
    WHERE o.namespace = $namespace AND o.run_id = runs.id"""
"""The outcome that counts, of a row of `runs`; null if nothing was said."""
_OF_STORED_RUNS = "run_id IN (SELECT id FROM runs WHERE namespace = $namespace)"


def add_outcome(connection: Connection, namespace: Namespace, run_id: str, said: RunOutcome) -> bool:
    """Add what was said of a stored run, unless its source said just that last; return whether it was added.

    It is later than everything said before, also than what was imported from a machine whose clock is ahead.
    """
    ((number, latest),) = connection.execute(
        "SELECT coalesce(max(number) + 1, 0), max(given_at) FROM outcomes WHERE namespace = ? AND run_id = ?",
        [namespace.name, run_id],
    ).fetchall()
    if number:
        last = connection.execute(
            """SELECT outcome, note FROM outcomes WHERE namespace = ? AND run_id = ? AND source = ?
               ORDER BY given_at DESC, number DESC LIMIT 1""",
            [namespace.name, run_id, said.source.value],
        ).fetchone()
        if last == (said.outcome, said.note):
            return False
    connection.execute(
        "INSERT INTO outcomes VALUES (?, ?, ?, ?, ?, ?, greatest(stored_now(), ?::TIMESTAMP))",
        [namespace.name, run_id, number, said.outcome, said.source.value, said.note, latest],
    )
    update_runs(connection, namespace, [run_id])
    return True


def update_runs(connection: Connection, namespace: Namespace, run_ids: Sequence[str]) -> None:
    """Write the outcome that counts to runs of which something was said."""
    connection.execute(
        f"""UPDATE runs SET outcome = coalesce(({_COUNTS}), outcome)
            WHERE namespace = $namespace AND id IN (SELECT unnest($ids::TEXT[]))""",
        {"namespace": namespace.name, "ids": list(run_ids), "strength": _STRENGTH},
    )


def import_outcomes(connection: Connection, rows: pa.Table, namespace: Namespace) -> int:
    """Add what an export says of runs that are stored, and was not said of them here; return how many were new.

    What was said here in the meantime stays, and the outcome that counts is computed from both.
    """
    added = insert_statements(connection, EXPORT, rows, namespace, where=_OF_STORED_RUNS)
    if added:
        update_runs(connection, namespace, list(set(rows.column("run_id").to_pylist())))
    return added


def read_outcomes(
    connection: Connection, namespace: Namespace, run_ids: Sequence[str]
) -> dict[str, tuple[RunOutcome, ...]]:
    """Return what was said of runs, oldest first, by their ids."""
    rows = connection.execute(
        """SELECT run_id, outcome, source, note, given_at FROM outcomes
           WHERE namespace = ? AND run_id IN (SELECT unnest(?::TEXT[])) ORDER BY run_id, given_at, number""",
        [namespace.name, list(run_ids)],
    ).fetchall()
    found: dict[str, tuple[RunOutcome, ...]] = {}
    for run_id, outcome, source, *more in rows:
        found[run_id] = (*found.get(run_id, ()), RunOutcome(outcome, OutcomeSource(source), *more))
    return found


def delete_of_runs(connection: Connection, namespace: Namespace, run_ids: Sequence[str]) -> None:
    """Delete what was said of runs."""
    connection.execute(
        "DELETE FROM outcomes WHERE namespace = ? AND run_id IN (SELECT unnest(?::TEXT[]))",
        [namespace.name, list(run_ids)],
    )
