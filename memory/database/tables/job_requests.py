"""The table `job_requests`: how each job was asked for. It is of this directory, so it is not exported."""

from collections.abc import Sequence

from midthought.memory.database.tables.statements import Connection
from midthought.memory.records.job_request import JobRequest
from midthought.memory.records.namespace import Namespace

_COLUMNS = "job_id, idempotency_key, digest, content, upload, waits"


def put_request(connection: Connection, namespace: Namespace, request: JobRequest) -> None:
    """Insert how a job was asked for; what was known of it under the same key is replaced."""
    connection.execute(
        "DELETE FROM job_requests WHERE namespace = ? AND job_id = ? AND idempotency_key = ?",
        [namespace.name, request.job_id, request.key],
    )
    connection.execute(
        f"INSERT INTO job_requests (namespace, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            namespace.name,
            request.job_id,
            request.key,
            request.digest,
            request.content,
            request.upload,
            request.waits,
        ],
    )


def read_request(connection: Connection, namespace: Namespace, job_id: str) -> JobRequest | None:
    """Return how a job was asked for; of several rows the last that has what is to be read."""
    return _read_one(connection, "namespace = ? AND job_id = ?", [namespace.name, job_id])


def request_of_key(connection: Connection, namespace: Namespace, key: str) -> JobRequest | None:
    """Return what was asked for with a key, or None."""
    return _read_one(connection, "namespace = ? AND idempotency_key = ?", [namespace.name, key])


def _read_one(connection: Connection, condition: str, values: list[str]) -> JobRequest | None:
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM job_requests WHERE {condition} ORDER BY upload = '', rowid DESC LIMIT 1", values
    ).fetchall()
    return JobRequest(*rows[0]) if rows else None


def waiting_jobs(connection: Connection) -> list[tuple[Namespace, str]]:
    """Return the namespace and the id of every job that was accepted and has not ended, in the order they came."""
    rows = connection.execute(
        "SELECT namespace, job_id FROM job_requests WHERE waits GROUP BY ALL ORDER BY min(rowid)"
    ).fetchall()
    return [(Namespace(name), job_id) for name, job_id in rows]


def uploads_of(connection: Connection, *, waiting: bool) -> set[str]:
    """Return the files that jobs read, of all namespaces; with `waiting` only of those that have not ended."""
    rows = connection.execute(
        "SELECT DISTINCT upload FROM job_requests WHERE upload <> '' AND (waits OR NOT ?)", [waiting]
    ).fetchall()
    return {upload for (upload,) in rows}


def uploads_of_namespace(connection: Connection, namespace: Namespace) -> set[str]:
    """Return the files that the jobs of a namespace read."""
    rows = connection.execute(
        "SELECT DISTINCT upload FROM job_requests WHERE upload <> '' AND namespace = ?", [namespace.name]
    ).fetchall()
    return {upload for (upload,) in rows}


def set_waiting(connection: Connection, namespace: Namespace, job_id: str, *, waits: bool) -> None:
    """Say whether a job is to be run without being asked for again."""
    connection.execute(
        "UPDATE job_requests SET waits = ? WHERE namespace = ? AND job_id = ?", [waits, namespace.name, job_id]
    )


def clear_upload(connection: Connection, namespace: Namespace, job_id: str) -> None:
    """Note that what a job had to read is not kept any more."""
    connection.execute(
        "UPDATE job_requests SET upload = '' WHERE namespace = ? AND job_id = ?", [namespace.name, job_id]
    )


def uploads_of_jobs(connection: Connection, namespace: Namespace, job_ids: Sequence[str]) -> set[str]:
    """Return the files that these jobs read."""
    rows = connection.execute(
        """SELECT DISTINCT upload FROM job_requests WHERE upload <> '' AND namespace = ?
           AND job_id IN (SELECT unnest(?::TEXT[]))""",
        [namespace.name, list(job_ids)],
    ).fetchall()
    return {upload for (upload,) in rows}


def delete_of_jobs(connection: Connection, namespace: Namespace, job_ids: Sequence[str]) -> None:
    """Delete how jobs were asked for, and the keys that find them."""
    connection.execute(
        "DELETE FROM job_requests WHERE namespace = ? AND job_id IN (SELECT unnest(?::TEXT[]))",
        [namespace.name, list(job_ids)],
    )
