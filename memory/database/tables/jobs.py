"""The tables `operations`, one row per job, and `rejections`, the records that a job did not store.

The first keeps the name that jobs had when stores and exports got theirs: a rename would make every store unreadable to
the version before.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

import pyarrow as pa

from midthought.memory.database.tables.export_table import Column, ColumnKind, ExportTable
from midthought.memory.database.tables.page_start import UNBOUNDED, check_start
from midthought.memory.database.tables.statements import Connection, insert_imported
from midthought.memory.database.tables.trajectories import known_trajectories
from midthought.memory.errors import StoreDamaged
from midthought.memory.records.job import Counts, Job, JobState, Rejection
from midthought.memory.records.job_progress import JobProgress, measure_progress
from midthought.memory.records.kept_completion import KeptCompletion
from midthought.memory.records.namespace import Namespace

LATEST_TIME = "SELECT max(updated_at) FROM operations"
_WITH_EXAMPLES = """namespace = ? AND NOT contains(counts, '"examples": []')"""
# The id of the job that plants the starter memory contains the namespace; in an export it is the word alone.
_EXPORTED_ID = "CASE WHEN {0} = $starter THEN 'starter' ELSE {0} END"
EXPORT = ExportTable(
    "operations",
    (
        Column("id"),
        Column("kind"),
        Column("source"),
        Column("state"),
        Column("position", ColumnKind.INTEGER),
        Column("counts"),
        Column("error", optional=True),
        Column("started_at", ColumnKind.MOMENT),
        Column("updated_at", ColumnKind.MOMENT),
    ),
    ("id",),
    f"SELECT * REPLACE ({_EXPORTED_ID.format('id')} AS id) FROM operations WHERE namespace = $namespace",
)
EXPORT_REJECTIONS = ExportTable(
    "rejections",
    (Column("operation_id"), Column("number", ColumnKind.INTEGER), Column("place"), Column("reason")),
    ("operation_id", "number"),
    f"""SELECT {_EXPORTED_ID.format("operation_id")} AS operation_id, place, reason,
        row_number() OVER (PARTITION BY operation_id ORDER BY rowid) AS number
        FROM rejections WHERE namespace = $namespace""",
)

CELLS = "SELECT id, state, counts FROM operations WHERE namespace = ?"
"""What `unreadable_rows` reads."""


def put_job(connection: Connection, namespace: Namespace, job: Job, *, fresh: Collection[str] = ()) -> None:
    """Insert a job, or update its state, position and counts.

    The cost is the greater one of each figure, see `add_cost`. Examples of trajectories that are neither stored nor
    `fresh` are left out: a job that runs has its counts from its last batch, and a trajectory may have been forgotten
    since. Fresh ones are inserted in this transaction, but later.
    """
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
            _without_forgotten(connection, namespace, _with_stored_cost(connection, namespace, job), fresh).to_json(),
            job.error,
        ],
    )


def count_states(connection: Connection) -> dict[JobState, int]:
    """Return how many jobs are in each state, of all namespaces."""
    rows = connection.execute("SELECT state, count(*) FROM operations GROUP BY state").fetchall()
    return dict.fromkeys(JobState, 0) | {JobState(state): count for state, count in rows}


def add_cost(connection: Connection, namespace: Namespace, job_id: str, answer: KeptCompletion) -> None:
    """Count an answer of a language model in the job that paid for it; do nothing if there is no such job."""
    counts = _read_counts(connection, namespace, job_id)
    if counts is not None:
        counts = counts.add_cost(
            calls=1,
            tokens_in=answer.tokens_in,
            tokens_cached=answer.tokens_cached,
            tokens_out=answer.tokens_out,
        )
        connection.execute(
            "UPDATE operations SET counts = ? WHERE namespace = ? AND id = ?",
            [counts.to_json(), namespace.name, job_id],
        )


def _with_stored_cost(connection: Connection, namespace: Namespace, job: Job) -> Counts:
    """Return the counts of a job with the cost that is stored: answers are counted when they are kept."""
    stored = _read_counts(connection, namespace, job.id)
    return job.counts if stored is None else job.counts.with_cost_of(stored)


def _read_counts(connection: Connection, namespace: Namespace, job_id: str) -> Counts | None:
    found = _read_jobs(connection, "namespace = ? AND id = ?", [namespace.name, job_id])
    return found[0].counts if found else None


def _without_forgotten(connection: Connection, namespace: Namespace, counts: Counts, fresh: Collection[str]) -> Counts:
    shown = {one.trajectory_id for one in counts.examples}
    if shown <= set(fresh):
        return counts
    known = known_trajectories(connection, namespace, list(shown)) | set(fresh)
    return replace(counts, examples=tuple(one for one in counts.examples if one.trajectory_id in known))


def delete_examples(connection: Connection, namespace: Namespace, trajectory_ids: Collection[str]) -> None:
    """Delete the refused drafts of trajectories that jobs show as examples."""
    gone = set(trajectory_ids)
    for job in _read_jobs(connection, _WITH_EXAMPLES, [namespace.name]):
        if gone.isdisjoint(one.trajectory_id for one in job.counts.examples):
            continue
        counts = replace(
            job.counts, examples=tuple(one for one in job.counts.examples if one.trajectory_id not in gone)
        )
        connection.execute(
            "UPDATE operations SET counts = ? WHERE namespace = ? AND id = ?",
            [counts.to_json(), namespace.name, job.id],
        )


def delete_jobs(connection: Connection, namespace: Namespace, ids: Sequence[str]) -> None:
    """Delete jobs by their ids, with what they rejected; see `retaining.remove_rows` for what goes with them."""
    for table, column in (("operations", "id"), ("rejections", "operation_id")):
        connection.execute(
            f"DELETE FROM {table} WHERE namespace = ? AND {column} IN (SELECT unnest(?::TEXT[]))",
            [namespace.name, list(ids)],
        )


def read_job(connection: Connection, namespace: Namespace, job_id: str) -> Job | None:
    """Return one job, or None."""
    found = _read_jobs(connection, "namespace = ? AND id = ?", [namespace.name, job_id])
    return found[0] if found else None


def job_ids(connection: Connection, namespace: Namespace) -> list[str]:
    """Return the ids of the jobs of a namespace."""
    rows = connection.execute("SELECT id FROM operations WHERE namespace = ?", [namespace.name]).fetchall()
    return [job_id for (job_id,) in rows]


def read_jobs(connection: Connection, namespace: Namespace, *, after: str = "", limit: int = UNBOUNDED) -> list[Job]:
    """Return the jobs of a namespace, oldest first, those after one of them; raises `NotFound` if there is no such."""
    check_start(connection, "operations", namespace, after)
    if not after:
        return _read_jobs(connection, "namespace = ?", [namespace.name], limit=limit)
    later = "(started_at, id) > (SELECT (started_at, id) FROM operations WHERE namespace = ? AND id = ?)"
    return _read_jobs(connection, f"namespace = ? AND {later}", [namespace.name, namespace.name, after], limit=limit)


def _read_jobs(connection: Connection, condition: str, values: list[str], *, limit: int = UNBOUNDED) -> list[Job]:
    rows = connection.execute(
        f"""SELECT o.id, o.kind, o.source, o.state, o.position, o.counts, o.error,
            r.stage, r.total, r.position, epoch(o.updated_at - r.begun_at)
            FROM (SELECT * FROM operations WHERE {condition}) o
            LEFT JOIN job_runs r ON r.namespace = o.namespace AND r.job_id = o.id ORDER BY o.started_at, o.id
            LIMIT ?""",
        [*values, limit],
    ).fetchall()
    return [replace(_make_job(*row[:7]), progress=_make_progress(row[4], *row[7:])) for row in rows]


def _make_progress(
    done: int, stage: str | None, total: int | None, begun: int | None, seconds: float | None
) -> JobProgress | None:
    if stage is None or begun is None or seconds is None:
        return None
    return measure_progress(stage, done, total, begun=begun, seconds=seconds)


def _make_job(job_id: str, kind: str, source: str, state: str, position: int, counts: str, error: str | None) -> Job:
    try:
        return Job(job_id, kind, source, JobState(state), position, Counts.from_json(counts), error)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as fault:
        reason = f"the stored job {job_id} cannot be read: {fault!r}; `midthought doctor` names its column"
        raise StoreDamaged(reason) from fault


def insert_rejections(
    connection: Connection, namespace: Namespace, job: Job | None, rejections: Sequence[Rejection]
) -> None:
    """Insert rejected records; they belong to a job.

    As one Arrow table: row by row, 64 of them took 90 ms, so that 400,000 bad lines took ten minutes.
    """
    if not rejections:
        return
    if job is None:
        raise ValueError("rejections need the job they belong to")
    rejected_rows = pa.table(  # noqa: F841  # found by its name
        {
            "namespace": [namespace.name] * len(rejections),
            "operation_id": [job.id] * len(rejections),
            "place": [one.place for one in rejections],
            "reason": [one.reason for one in rejections],
        }
    )
    connection.execute("INSERT INTO rejections SELECT * FROM rejected_rows")


def read_rejections(
    connection: Connection, namespace: Namespace, job_id: str, *, skip: int = 0, limit: int = UNBOUNDED
) -> list[Rejection]:
    """Return a job's rejections in the order they were written, without the first `skip`."""
    rows = connection.execute(
        "SELECT place, reason FROM rejections WHERE namespace = ? AND operation_id = ? ORDER BY rowid LIMIT ? OFFSET ?",
        [namespace.name, job_id, limit, skip],
    ).fetchall()
    return [Rejection(*row) for row in rows]


def import_rejections(connection: Connection, rows: pa.Table, namespace: Namespace) -> int:
    """Insert the rejections of an export that are not stored yet; return how many those were.

    They have no id: those of a job are its first, its second and so on.
    """
    return insert_imported(
        connection,
        """INSERT INTO rejections (namespace, operation_id, place, reason)
           SELECT $namespace, operation_id, place, reason FROM imported_rows m
           WHERE number > (SELECT count(*) FROM rejections t
                           WHERE t.namespace = $namespace AND t.operation_id = m.operation_id)
           ORDER BY operation_id, number""",
        rows,
        namespace,
    )
