"""The table `trajectories`: recorded attempts, each once."""

from collections.abc import Sequence

import pyarrow as pa

from midthought.memory.database.tables.export_table import Column, ColumnKind, ExportTable
from midthought.memory.database.tables.statements import Connection, Where, insert_imported
from midthought.memory.records.batch import TrajectoryWrite
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.trajectory import Outcome, Trajectory

TrajectoryRow = tuple[str, TrajectoryWrite]
"""The namespace's name, and what is written."""
EXPORT = ExportTable(
    "trajectories",
    (
        Column("id"),
        Column("question"),
        Column("thought"),
        Column("answer"),
        Column("gold", optional=True),
        Column("outcome"),
        Column("finished", ColumnKind.FLAG),
        Column("source"),
        Column("model"),
        Column("metadata"),
        Column("extractor"),
    ),
    ("id",),
    "SELECT * FROM trajectories WHERE namespace = $namespace",
    page=500,
    read=2000,  # a thought may be a hundred thousand characters
)

LATEST_TIME = "SELECT max(stored_at) FROM trajectories"
CELLS = "SELECT id, outcome, metadata FROM trajectories WHERE namespace = ?"
"""What `unreadable_rows` reads."""


def insert_trajectories(connection: Connection, rows: Sequence[TrajectoryRow]) -> set[tuple[str, str]]:
    """Insert trajectories, each once, that are not stored yet; return (namespace, id) of those."""
    if not rows:
        return set()
    texts = [(name, w.trajectory, w.extractor) for name, w in rows]
    columns = {
        "namespace": [name for name, _, _ in texts],
        "id": [t.id for _, t, _ in texts],
        "question": [t.question for _, t, _ in texts],
        "thought": [t.thought for _, t, _ in texts],
        "answer": [t.answer for _, t, _ in texts],
        "gold": pa.array([t.gold for _, t, _ in texts], pa.string()),
        "outcome": [t.outcome.value for _, t, _ in texts],
        "finished": [t.finished for _, t, _ in texts],
        "source": [t.source for _, t, _ in texts],
        "model": [t.model for _, t, _ in texts],
        "metadata": [t.metadata for _, t, _ in texts],
        "extractor": [extractor for _, _, extractor in texts],
    }
    fresh_rows = pa.table(columns)  # noqa: F841  # found by its name
    inserted = connection.execute(
        "INSERT OR IGNORE INTO trajectories SELECT *, stored_now() FROM fresh_rows RETURNING namespace, id"
    ).fetchall()
    return set(inserted)


def known_trajectories(connection: Connection, namespace: Namespace, ids: Sequence[str]) -> set[str]:
    """Return those of `ids` that are stored."""
    rows = connection.execute(
        "SELECT id FROM trajectories WHERE namespace = ? AND id IN (SELECT unnest(?::TEXT[]))",
        [namespace.name, list(ids)],
    ).fetchall()
    return {trajectory_id for (trajectory_id,) in rows}


def find_attempts(
    connection: Connection, namespace: Namespace, attempts: Sequence[Trajectory]
) -> dict[tuple[str, str, str, str], str]:
    """Return those attempts, as (question, thought, answer, model), that are stored with the same outcome; with an id.

    An attempt with a gold answer is stored with the outcome that follows from it, which is not compared.
    """
    given = {
        "question": [one.question for one in attempts],
        "thought": [one.thought for one in attempts],
        "answer": [one.answer for one in attempts],
        "model": [one.model for one in attempts],
        "outcome": pa.array([None if one.gold else one.outcome.value for one in attempts], pa.string()),
    }
    given_attempts = pa.table(given)  # noqa: F841  # found by its name
    rows = connection.execute(
        """SELECT t.question, t.thought, t.answer, t.model, min(t.id) FROM trajectories t JOIN given_attempts g
           ON t.question = g.question AND t.thought = g.thought AND t.answer = g.answer AND t.model = g.model
           AND (g.outcome IS NULL OR t.outcome = g.outcome) WHERE t.namespace = ? GROUP BY ALL""",
        [namespace.name],
    ).fetchall()
    return {(question, thought, answer, model): found for question, thought, answer, model, found in rows}


def solved_questions(connection: Connection, namespace: Namespace, questions: Sequence[str]) -> set[str]:
    """Return those of `questions` at which a right and finished attempt is stored."""
    rows = connection.execute(
        """SELECT DISTINCT question FROM trajectories
           WHERE namespace = ? AND outcome = ? AND finished AND question IN (SELECT unnest(?::TEXT[]))""",
        [namespace.name, Outcome.CORRECT.value, list(questions)],
    ).fetchall()
    return {question for (question,) in rows}


def read_trajectories(
    connection: Connection,
    namespace: Namespace,
    *,
    ids: Sequence[str] | None = None,
    after: str = "",
    limit: int | None = None,
) -> list[tuple[str, Trajectory]]:
    """Return (id, trajectory) ordered by id, narrowed by the arguments that are given."""
    where = Where(namespace)
    where.any_of("id", ids)
    where.add("id > ?", after or None)
    columns = "id, question, thought, answer, gold, outcome, finished, source, model, metadata"
    rows = where.select(connection, f"SELECT {columns} FROM trajectories", limit)
    return [
        (row[0], Trajectory(row[1], row[2], row[3], row[4], Outcome(row[5]), row[6], row[7], row[8], row[9]))
        for row in rows
    ]


def count_by_outcome(connection: Connection, namespace: Namespace) -> tuple[tuple[str, bool, int], ...]:
    """Return (outcome, finished, how many), ordered."""
    rows = connection.execute(
        "SELECT outcome, finished, count(*) FROM trajectories WHERE namespace = ? GROUP BY ALL ORDER BY ALL",
        [namespace.name],
    ).fetchall()
    return tuple(rows)


def count_by_extractor(connection: Connection, namespace: Namespace) -> dict[str, int]:
    """Return how many trajectories each extractor read, by its name; those that none read are left out."""
    rows = connection.execute(
        """SELECT extractor, count(*) FROM trajectories WHERE namespace = ? AND extractor <> ''
           GROUP BY ALL ORDER BY ALL""",
        [namespace.name],
    ).fetchall()
    return dict(rows)


def import_trajectories(connection: Connection, rows: pa.Table, namespace: Namespace) -> int:
    """Insert the trajectories of an export that are not stored yet; return how many those were."""
    names = ", ".join(column.name for column in EXPORT.columns)
    return insert_imported(
        connection,
        f"""INSERT INTO trajectories (namespace, {names}, stored_at) SELECT $namespace, {names}, stored_now()
            FROM imported_rows m
            WHERE NOT EXISTS (SELECT 1 FROM trajectories t WHERE t.namespace = $namespace AND t.id = m.id)""",
        rows,
        namespace,
    )


def delete_rows_of(connection: Connection, namespace: Namespace, ids: Sequence[str]) -> None:
    """Delete the rows of trajectories; see `forgetting.delete_trajectories` for what goes with them."""
    connection.execute(
        "DELETE FROM trajectories WHERE namespace = ? AND id IN (SELECT unnest(?::TEXT[]))",
        [namespace.name, list(ids)],
    )
