"""The table `job_runs`: when the last run of each job began, and where; see `JobProgress`."""

from collections.abc import Sequence

from midthought.memory.database.tables.statements import Connection
from midthought.memory.records.namespace import Namespace

LATEST_TIME = "SELECT max(begun_at) FROM job_runs"


def begin_run(
    connection: Connection, namespace: Namespace, job_id: str, *, stage: str, total: int | None, position: int
) -> None:
    """Insert a run in the place of the one before."""
    connection.execute("DELETE FROM job_runs WHERE namespace = ? AND job_id = ?", [namespace.name, job_id])
    connection.execute(
        "INSERT INTO job_runs VALUES (?, ?, ?, ?, ?, stored_now())", [namespace.name, job_id, stage, total, position]
    )


def delete_of_jobs(connection: Connection, namespace: Namespace, job_ids: Sequence[str]) -> None:
    """Delete the rows of jobs."""
    connection.execute(
        "DELETE FROM job_runs WHERE namespace = ? AND job_id IN (SELECT unnest(?::TEXT[]))",
        [namespace.name, list(job_ids)],
    )
