"""The part of the reader that tells what a namespace does not keep any longer, and what was removed."""

from midthought.memory.database.overdue import OverdueQuery
from midthought.memory.database.tables.retention_reports import read_report
from midthought.memory.errors import NotFound
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.retention import RetainedKind, RetentionRules
from midthought.memory.records.retention_report import RemovedRows, RetentionReport
from midthought.memory.store_traffic_reader import TrafficReader


class RetentionReader(TrafficReader):
    """Reads what is beyond limits. It is a base of `StoreReader`."""

    def overdue_query(self, kind: RetainedKind, rules: RetentionRules) -> OverdueQuery:
        """Return what asks for the rows of a kind that are beyond the rules now."""
        return OverdueQuery(kind, rules, self._database.clock.now(), self._state.busy_jobs)

    def find_overdue(self, namespace: Namespace, query: OverdueQuery, *, limit: int) -> list[str]:
        """Return the ids of rows beyond a limit that nothing needs, oldest first; others read and write meanwhile."""
        with self._database.snapshot() as connection:
            return query.find(connection, namespace, limit=limit)

    def measure_overdue(self, namespace: Namespace, query: OverdueQuery) -> RemovedRows:
        """Return what is beyond a limit, with the ids of the oldest; others read and write meanwhile."""
        with self._database.snapshot() as connection:
            return query.measure(connection, namespace)

    def find_retention_report(self, namespace: Namespace, job_id: str) -> RetentionReport | None:
        """Return what a job of retention removed so far; None before it began, and for any other job."""
        with self._database.guarded() as connection:
            return read_report(connection, namespace, job_id)

    def get_retention_report(self, namespace: Namespace, job_id: str) -> RetentionReport:
        """Return what a job of retention removed so far. Raises `NotFound`."""
        found = self.find_retention_report(namespace, job_id)
        if found is None:
            raise NotFound(f"no report of a job of retention {job_id!r} in namespace {namespace}")
        return found
