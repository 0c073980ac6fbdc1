"""The table `retention_reports`: what each job of retention removed. It is of this directory, so it is not exported."""

from collections.abc import Sequence

from midthought.memory.database.tables.statements import Connection
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.retention_report import RetentionReport

CELLS = "SELECT job_id, content FROM retention_reports WHERE namespace = ?"
"""What `unreadable_rows` reads."""


def put_report(connection: Connection, namespace: Namespace, job_id: str, report: RetentionReport) -> None:
    """Insert the report of a job, in the place of the one before."""
    delete_of_jobs(connection, namespace, [job_id])
    connection.execute("INSERT INTO retention_reports VALUES (?, ?, ?)", [namespace.name, job_id, report.to_json()])


def read_report(connection: Connection, namespace: Namespace, job_id: str) -> RetentionReport | None:
    """Return the report of a job, or None."""
    row = connection.execute(
        "SELECT content FROM retention_reports WHERE namespace = ? AND job_id = ?", [namespace.name, job_id]
    ).fetchone()
    return RetentionReport.from_json(row[0]) if row else None


def delete_of_jobs(connection: Connection, namespace: Namespace, job_ids: Sequence[str]) -> None:
    """Delete the reports of jobs."""
    connection.execute(
        "DELETE FROM retention_reports WHERE namespace = ? AND job_id IN (SELECT unnest(?::TEXT[]))",
        [namespace.name, list(job_ids)],
    )
