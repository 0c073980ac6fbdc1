"""The part of the writer that removes what a namespace does not keep any longer."""

from collections.abc import Sequence
from dataclasses import replace

from midthought.memory.database.group_commit import Change
from midthought.memory.database.overdue import OverdueQuery
from midthought.memory.database.retaining import remove_rows
from midthought.memory.database.tables import job_requests
from midthought.memory.database.tables.retention_reports import put_report, read_report
from midthought.memory.database.write_transaction import WriteTransaction
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.retention import Protection, RetainedKind, RetentionChange
from midthought.memory.records.retention_report import RemovedRows, RetentionReport
from midthought.memory.store_job_writer import refuse_starter
from midthought.memory.store_traffic_writer import TrafficWriter


class RetentionWriter(TrafficWriter):
    """Removes what is beyond limits. It is a base of `StoreWriter`, whose commits it shares."""

    def change_retention(self, namespace: Namespace, change: RetentionChange) -> None:
        """Change what a namespace keeps. Raises `NotFound`."""
        with self._database.guarded() as connection:
            self._state.known.get(connection, namespace)
        self._record(namespace, lambda writing: writing.change_retention(namespace, change))

    def put_retention_report(self, namespace: Namespace, job_id: str, report: RetentionReport) -> None:
        """Record what a job removed; raises `NotFound` if its namespace was forgotten meanwhile."""

        def put(writing: WriteTransaction) -> None:
            self._refuse_forgotten_job(writing, namespace, job_id)
            put_report(writing.connection, namespace, job_id, report)

        self._record(namespace, put)

    def remove_overdue(self, namespace: Namespace, job_id: str, query: OverdueQuery, ids: Sequence[str]) -> RemovedRows:
        """Remove those of `ids` that nothing needs, and say so in the report of the job, in one commit.

        Return what was removed of the kind. Raises `NotFound` if the namespace was forgotten meanwhile.
        """

        def remove(writing: WriteTransaction) -> tuple[RemovedRows, set[str]]:
            self._refuse_forgotten_job(writing, namespace, job_id)
            # Asked again here: an entry may have been learnt from one of them since, or a job been started again.
            asked = replace(query, busy=self._state.busy_jobs)
            rows = asked.measure_some(writing.connection, namespace, ids)
            uploads = set[str]()
            if query.kind is RetainedKind.JOBS:
                uploads = job_requests.uploads_of_jobs(writing.connection, namespace, rows.ids)
            besides = remove_rows(writing, namespace, query.kind, rows.ids)
            report = read_report(writing.connection, namespace, job_id) or RetentionReport(dry_run=False)
            for one in (rows, *besides):
                report = report.plus(one)
            put_report(writing.connection, namespace, job_id, report)
            return rows, uploads

        refuse_starter(namespace)
        reaches_entries = query.kind is RetainedKind.TRAJECTORIES and query.rules.protect is Protection.NOTHING
        change = Change(namespace, remove, of_entries=reaches_entries, of_utility=reaches_entries)
        removed, uploads = self._commits.run(change)
        for name in uploads:
            self._state.uploads.remove(name)
        return removed
