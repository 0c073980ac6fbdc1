"""The SQL of operations, rejections, runs and receipts."""

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from midthought.memory.errors import NotFound
from midthought.memory.records.job import Counts, Job, JobState, Rejection
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.run import ReceiptRow, RunRow

Connection = duckdb.DuckDBPyConnection


def put_job(connection: Connection, namespace: Namespace, job: Job) -> None:
    """Insert an operation, or bring its state, position and counts up to date."""
    connection.execute(
        """INSERT INTO operations VALUES ($1, $2, $3, $4, $5, $6, $7, $8, stored_now(), stored_now())
           ON CONFLICT (namespace, id) DO UPDATE SET
           state = $5, position = $6, counts = $7, error = $8, updated_at = stored_now()""",
        [
            namespace.name,
            job.id,
            job.kind,
            job.source,
            job.state.value,
            job.position,
            job.counts.to_json(),
            job.error,
        ],
    )


def read_job(connection: Connection, namespace: Namespace, job_id: str) -> Job | None:
    """Return one operation, or None."""
    found = _read_jobs(connection, "namespace = ? AND id = ?", [namespace.name, job_id])
    return found[0] if found else None


def read_jobs(connection: Connection, namespace: Namespace) -> list[Job]:
    """Return every operation of a namespace, oldest first."""
    return _read_jobs(connection, "namespace = ?", [namespace.name])


def _read_jobs(connection: Connection, condition: str, values: list[str]) -> list[Job]:
    rows = connection.execute(
        f"""SELECT id, kind, source, state, position, counts, error FROM operations
            WHERE {condition} ORDER BY started_at, id""",
        values,
    ).fetchall()
    return [Job(row[0], row[1], row[2], JobState(row[3]), row[4], Counts.from_json(row[5]), row[6]) for row in rows]


def insert_rejections(
    connection: Connection, namespace: Namespace, job: Job | None, rejections: Sequence[Rejection]
) -> None:
    """Insert rejected records; they belong to an operation.

    As one Arrow table: row by row, 64 of them took 90 ms, so that 400,000 bad lines took ten minutes.
    """
    if not rejections:
        return
    if job is None:
        raise ValueError("rejections need the operation they belong to")
    rejected_rows = pa.table(  # noqa: F841  # found by its name
        {
            "namespace": [namespace.name] * len(rejections),
            "operation_id": [job.id] * len(rejections),
            "place": [one.place for one in rejections],
            "reason": [one.reason for one in rejections],
        }
    )
    connection.execute("INSERT INTO rejections SELECT * FROM rejected_rows")


def read_rejections(connection: Connection, namespace: Namespace, job_id: str) -> list[Rejection]:
    """Return an operation's rejections in the order they were written."""
    rows = connection.execute(
        "SELECT place, reason FROM rejections WHERE namespace = ? AND operation_id = ? ORDER BY rowid",
        [namespace.name, job_id],
    ).fetchall()
    return [Rejection(*row) for row in rows]


def insert_run(connection: Connection, namespace: Namespace, run: RunRow) -> None:
    """Insert one run."""
    connection.execute(
        "INSERT INTO runs VALUES (?, ?, stored_now(), ?, ?, ?, ?, ?)",
        [namespace.name, run.id, run.question, run.outcome, run.tokens, run.seconds, run.content],
    )


def insert_receipts(connection: Connection, namespace: Namespace, receipts: Sequence[ReceiptRow]) -> None:
    """Insert receipts."""
    rows = [[namespace.name, r.id, r.run_id, r.kind, r.query, r.content] for r in receipts]
    if rows:
        connection.executemany("INSERT INTO receipts VALUES (?, ?, ?, ?, ?, ?, stored_now())", rows)


def read_runs(connection: Connection, namespace: Namespace, limit: int) -> list[RunRow]:
    """Return the newest runs first."""
    rows = connection.execute(
        """SELECT id, question, outcome, tokens, seconds, content FROM runs
           WHERE namespace = ? ORDER BY started_at DESC, id LIMIT ?""",
        [namespace.name, limit],
    ).fetchall()
    return [RunRow(*row) for row in rows]


def read_run(connection: Connection, namespace: Namespace, run_id: str) -> RunRow:
    """Return one run; raises `NotFound`."""
    row = connection.execute(
        "SELECT id, question, outcome, tokens, seconds, content FROM runs WHERE namespace = ? AND id = ?",
        [namespace.name, run_id],
    ).fetchone()
    if row is None:
        raise NotFound(f"no run {run_id!r} in namespace {namespace}")
    return RunRow(*row)


def read_receipts(connection: Connection, namespace: Namespace, limit: int) -> list[ReceiptRow]:
    """Return the newest receipts first."""
    rows = connection.execute(
        """SELECT id, kind, query, content, run_id FROM receipts
           WHERE namespace = ? ORDER BY written_at DESC, id LIMIT ?""",
        [namespace.name, limit],
    ).fetchall()
    return [ReceiptRow(*row) for row in rows]
