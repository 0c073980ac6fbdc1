"""The table `steps`: what each trajectory was split into, in order. A trajectory of an earlier version has none."""

from collections.abc import Collection, Sequence

import pyarrow as pa

from midthought.memory.database.tables.export_table import Column, ColumnKind, ExportTable
from midthought.memory.database.tables.statements import Connection, insert_imported
from midthought.memory.records.batch import TrajectoryWrite
from midthought.memory.records.faults import FaultKind
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.step import Step, StepKind
from midthought.memory.records.trajectory import Part, Span

StepsRow = tuple[str, str, TrajectoryWrite]
"""The namespace's name, the trajectory's id, and what is written."""
_COLUMNS = "trajectory_id, number, part, span_start, span_end, kind, goal, depth"
EXPORT = ExportTable(
    "steps",
    (
        Column("trajectory_id"),
        Column("number", ColumnKind.INTEGER),
        Column("part"),
        Column("span_start", ColumnKind.INTEGER),
        Column("span_end", ColumnKind.INTEGER),
        Column("kind"),
        Column("goal"),
        Column("depth", ColumnKind.INTEGER),
    ),
    ("trajectory_id", "number"),
    "SELECT * FROM steps WHERE namespace = $namespace",
    since=3,
)
CELLS = "SELECT trajectory_id, kind, part FROM steps WHERE namespace = ?"
"""What `unreadable_rows` reads."""
FAULTS = {
    FaultKind.STRAY_STEP: """FROM steps WHERE namespace = $1 AND trajectory_id NOT IN
        (SELECT id FROM trajectories WHERE namespace = $1)""",
    # The steps of a part begin at 0, follow each other without a gap, and end where the text ends.
    FaultKind.BAD_STEPS: """FROM steps WHERE namespace = $1 AND trajectory_id IN (
        SELECT s.trajectory_id FROM (
            SELECT *, lag(span_end, 1, 0) OVER neighbours AS before, lead(span_start) OVER neighbours AS next
            FROM steps WHERE namespace = $1 WINDOW neighbours AS (PARTITION BY trajectory_id, part ORDER BY number)) s
        JOIN trajectories t ON t.namespace = $1 AND t.id = s.trajectory_id
        WHERE s.span_start <> s.before OR (s.next IS NULL AND s.span_end <>
            length(CASE s.part WHEN 'thought' THEN t.thought ELSE t.answer END)))""",
}
"""Rows that should not be there, see `faults.py`."""


def insert_steps(connection: Connection, rows: Sequence[StepsRow], *, fresh: Collection[tuple[str, str]]) -> None:
    """Insert the steps of trajectories that have none stored.

    The trajectories of `fresh`, (namespace, id), are inserted in this transaction, so nothing is looked up for them.
    """
    written = [row for row in rows if row[2].steps]
    known = _with_steps(connection, [(name, one) for name, one, _ in written if (name, one) not in fresh])
    flat = [
        (name, trajectory_id, number, step)
        for name, trajectory_id, write in written
        if (name, trajectory_id) not in known
        for number, step in enumerate(write.steps)
    ]
    if flat:
        step_rows = _table(flat)  # noqa: F841  # found by its name
        connection.execute("INSERT INTO steps SELECT * FROM step_rows")


def _with_steps(connection: Connection, keys: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return those trajectories, (namespace, id), that have steps."""
    if not keys:
        return set()
    ids = [trajectory_id for _, trajectory_id in keys]
    found = connection.execute(
        "SELECT DISTINCT namespace, trajectory_id FROM steps WHERE trajectory_id IN (SELECT unnest(?::TEXT[]))", [ids]
    ).fetchall()
    return set(keys) & set(found)


def _table(rows: Sequence[tuple[str, str, int, Step]]) -> pa.Table:
    columns = {
        "namespace": [name for name, _, _, _ in rows],
        "trajectory_id": [trajectory_id for _, trajectory_id, _, _ in rows],
        "number": [number for _, _, number, _ in rows],
        "part": [step.span.part.value for _, _, _, step in rows],
        "span_start": [step.span.start for _, _, _, step in rows],
        "span_end": [step.span.end for _, _, _, step in rows],
        "kind": [step.kind.value for _, _, _, step in rows],
        "goal": [step.goal for _, _, _, step in rows],
        "depth": [step.depth for _, _, _, step in rows],
    }
    return pa.table(columns)


def read_steps(connection: Connection, namespace: Namespace, trajectory_id: str) -> list[Step]:
    """Return the steps of a trajectory in order; empty if none are stored."""
    rows = connection.execute(
        """SELECT part, span_start, span_end, kind, goal, depth FROM steps
           WHERE namespace = ? AND trajectory_id = ? ORDER BY number""",
        [namespace.name, trajectory_id],
    ).fetchall()
    return [
        Step(Span(Part(part), start, end), StepKind(kind), goal, depth) for part, start, end, kind, goal, depth in rows
    ]


def import_steps(connection: Connection, rows: pa.Table, namespace: Namespace) -> int:
    """Insert the steps of an export whose trajectories are stored and have none; return how many those were.

    The steps of one trajectory may come in several pages: the first of a page follows the last that is stored.
    """
    return insert_imported(
        connection,
        f"""INSERT INTO steps (namespace, {_COLUMNS}) SELECT $namespace, {_COLUMNS} FROM
            (SELECT *, min(number) OVER (PARTITION BY trajectory_id) AS first FROM imported_rows) m
            WHERE first = (SELECT count(*) FROM steps t
                           WHERE t.namespace = $namespace AND t.trajectory_id = m.trajectory_id)
            AND trajectory_id IN (SELECT id FROM trajectories WHERE namespace = $namespace)
            ORDER BY trajectory_id, number""",
        rows,
        namespace,
    )


def delete_of_trajectories(connection: Connection, namespace: Namespace, ids: Sequence[str]) -> None:
    """Delete the steps of trajectories."""
    connection.execute(
        "DELETE FROM steps WHERE namespace = ? AND trajectory_id IN (SELECT unnest(?::TEXT[]))",
        [namespace.name, list(ids)],
    )
