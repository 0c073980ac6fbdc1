"""What goes together when retention removes rows, across the tables."""

from collections.abc import Sequence

from midthought.memory.database import forgetting
from midthought.memory.database.tables import completions, dead_letters, job_exclusions, job_requests, job_runs, jobs
from midthought.memory.database.tables import receipts as receipt_table
from midthought.memory.database.tables.retention_reports import delete_of_jobs
from midthought.memory.database.tables.run_evidence import keep_evidence
from midthought.memory.database.tables.statements import Connection, count_rows
from midthought.memory.database.write_transaction import WriteTransaction
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.retention import RetainedKind
from midthought.memory.records.retention_report import MAX_IDS, RemovedRows

FORGOTTEN_ENTRIES = "entries"
"""What a report calls the entries that were forgotten with the trajectories they came from."""


def remove_rows(
    writing: WriteTransaction, namespace: Namespace, kind: RetainedKind, ids: Sequence[str]
) -> list[RemovedRows]:
    """Remove rows of a kind with all that belongs to them alone; return what went besides, by kind."""
    connection = writing.connection
    match kind:
        case RetainedKind.TRAJECTORIES:
            return _remove_trajectories(writing, namespace, ids)
        case RetainedKind.RUNS:
            keep_evidence(connection, namespace, ids)
            forgetting.delete_runs(connection, namespace, ids)
        case RetainedKind.RECEIPTS:
            receipt_table.delete_receipts(connection, namespace, ids)
        case RetainedKind.JOBS:
            _remove_jobs(connection, namespace, ids)
        case RetainedKind.COMPLETIONS:
            completions.delete_answers(connection, namespace, ids)
    return []


def _remove_trajectories(writing: WriteTransaction, namespace: Namespace, ids: Sequence[str]) -> list[RemovedRows]:
    """Remove trajectories; entries that come from them alone are forgotten, with the runs that repeat their texts."""
    connection = writing.connection
    orphans = forgetting.delete_trajectories(connection, namespace, ids, writing.next_seq())
    if not orphans:
        return []
    before = count_rows(connection, "runs", namespace)
    for entry_id in orphans:
        forgetting.delete_entry(connection, namespace, entry_id, writing.next_seq())
    runs = before - count_rows(connection, "runs", namespace)
    return [
        RemovedRows(FORGOTTEN_ENTRIES, len(orphans), ids=tuple(orphans[:MAX_IDS])),
        RemovedRows(RetainedKind.RUNS.value, runs),
    ]


def _remove_jobs(connection: Connection, namespace: Namespace, ids: Sequence[str]) -> None:
    jobs.delete_jobs(connection, namespace, ids)
    job_requests.delete_of_jobs(connection, namespace, ids)
    job_runs.delete_of_jobs(connection, namespace, ids)
    job_exclusions.delete_of_jobs(connection, namespace, ids)
    dead_letters.delete_of_jobs(connection, namespace, ids)
    delete_of_jobs(connection, namespace, ids)
