"""The table `job_exclusions`: what was forgotten before a job ended, which the job must not store again. Ids only."""

from collections.abc import Sequence

from midthought.memory.database.tables.statements import Connection
from midthought.memory.records.job import JobState
from midthought.memory.records.namespace import Namespace


def exclude_from_unfinished(connection: Connection, namespace: Namespace, trajectory_ids: Sequence[str]) -> None:
    """Let no job of a namespace that has not finished store these trajectories again."""
    connection.execute(
        """INSERT INTO job_exclusions SELECT o.namespace, o.id, g.id FROM operations o
           CROSS JOIN (SELECT unnest($2::TEXT[]) AS id) g
           WHERE o.namespace = $1 AND o.state <> $3 AND NOT EXISTS (
               SELECT 1 FROM job_exclusions e
               WHERE e.namespace = $1 AND e.job_id = o.id AND e.trajectory_id = g.id)""",
        [namespace.name, list(trajectory_ids), JobState.FINISHED.value],
    )


def read_exclusions(connection: Connection, namespace: Namespace, job_id: str) -> set[str]:
    """Return the ids of the trajectories that a job must not store."""
    rows = connection.execute(
        "SELECT trajectory_id FROM job_exclusions WHERE namespace = ? AND job_id = ?", [namespace.name, job_id]
    ).fetchall()
    return {trajectory_id for (trajectory_id,) in rows}


def delete_of_jobs(connection: Connection, namespace: Namespace, job_ids: Sequence[str]) -> None:
    """Delete the rows of jobs."""
    connection.execute(
        "DELETE FROM job_exclusions WHERE namespace = ? AND job_id IN (SELECT unnest(?::TEXT[]))",
        [namespace.name, list(job_ids)],
    )


def clear_exclusions(connection: Connection, namespace: Namespace, job_id: str) -> None:
    """Let a job store everything that it reads: it is finished, or its content was given again."""
    connection.execute("DELETE FROM job_exclusions WHERE namespace = ? AND job_id = ?", [namespace.name, job_id])
