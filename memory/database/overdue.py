"""Which rows of a namespace are beyond what its retention rules keep. The newest of each kind are kept."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from midthought.memory.database.tables.statements import Connection
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.retention import KeepLimit, Protection, RetainedKind, RetentionRules
from midthought.memory.records.retention_report import MAX_IDS, RemovedRows

_OF_ENTRIES = """id IN (SELECT trajectory_id FROM provenance WHERE namespace = $namespace AND trajectory_id IS NOT NULL)
    OR id IN (SELECT place.trajectory_id FROM (SELECT unnest(provenance) AS place FROM drafts
              WHERE namespace = $namespace AND state <> 'rejected') WHERE place.trajectory_id IS NOT NULL)"""
_NEEDED = {
    Protection.LINKED: f"{_OF_ENTRIES} OR id IN (SELECT trajectory_id FROM links WHERE namespace = $namespace)",
    Protection.SOURCES: _OF_ENTRIES,
    Protection.NOTHING: "FALSE",
}
_TRAJECTORIES = """SELECT id, stored_at AS moment, strlen(question) + strlen(thought) + strlen(answer)
    + coalesce(strlen(gold), 0) + strlen(metadata) AS size, {needed} AS needed
    FROM trajectories WHERE namespace = $namespace"""
_SOURCES = {
    # A trace that passed through the proxy waits for what is said of its run.
    RetainedKind.RUNS: """SELECT id, started_at AS moment, strlen(question) + strlen(content) AS size,
        id IN (SELECT run_id FROM waiting_traces WHERE namespace = $namespace) AS needed
        FROM runs WHERE namespace = $namespace""",
    # Those of a run go with it: they tell which entries it repeats, which is asked when one of these is forgotten.
    RetainedKind.RECEIPTS: """SELECT id, written_at AS moment, strlen(query) + strlen(content) AS size, FALSE AS needed
        FROM receipts WHERE namespace = $namespace AND run_id IS NULL""",
    RetainedKind.JOBS: """SELECT id, updated_at AS moment, strlen(source) + strlen(counts) + coalesce(strlen(error), 0)
        + coalesce((SELECT sum(strlen(key) + strlen(cause) + strlen(raw)) FROM dead_letters d
                    WHERE d.namespace = o.namespace AND d.operation_id = o.id), 0)
        + coalesce((SELECT sum(strlen(place) + strlen(reason)) FROM rejections r
                    WHERE r.namespace = o.namespace AND r.operation_id = o.id), 0) AS size,
        list_contains($busy::TEXT[], id)
        OR id IN (SELECT job_id FROM job_requests WHERE namespace = $namespace AND waits) AS needed
        FROM operations o WHERE namespace = $namespace""",
    RetainedKind.COMPLETIONS: """SELECT digest AS id, kept_at AS moment, strlen(text) AS size, FALSE AS needed
        FROM completions WHERE namespace = $namespace""",
}


@dataclass(frozen=True, slots=True)
class OverdueQuery:
    """What is asked about the rows of one kind.

    Attributes:
        now: the age of a row is counted up to here.
        busy: the ids of jobs that run or wait in this process.
    """

    kind: RetainedKind
    rules: RetentionRules
    now: datetime
    busy: Collection[str] = ()

    @property
    def limit(self) -> KeepLimit:
        """The limit of the kind."""
        return self.rules.limit_of(self.kind)

    def find(self, connection: Connection, namespace: Namespace, *, limit: int) -> list[str]:
        """Return the ids of rows beyond the limit that nothing needs, oldest first."""
        sql = f"SELECT id FROM ({self._overdue()}) WHERE NOT needed ORDER BY moment, id LIMIT {int(limit)}"
        return [row_id for (row_id,) in self._ask(connection, namespace, sql, ())]

    def measure(self, connection: Connection, namespace: Namespace) -> RemovedRows:
        """Return what is beyond the limit: what nothing needs, and how many rows are needed."""
        return self._measure(connection, namespace, self._overdue(), ())

    def measure_some(self, connection: Connection, namespace: Namespace, ids: Sequence[str]) -> RemovedRows:
        """Return what of these rows is stored and not needed, beyond the limit or not; all its ids."""
        some = f"SELECT * FROM ({self._source()}) WHERE id IN (SELECT unnest($ids::TEXT[]))"
        return self._measure(connection, namespace, some, ids)

    def _measure(self, connection: Connection, namespace: Namespace, rows: str, ids: Sequence[str]) -> RemovedRows:
        sql = f"""SELECT count(*) FILTER (NOT needed), coalesce(sum(size) FILTER (NOT needed), 0)::BIGINT,
            min(moment) FILTER (NOT needed), max(moment) FILTER (NOT needed), count(*) FILTER (needed),
            coalesce(min_by(id, (moment, id), {max(len(ids), MAX_IDS)}) FILTER (NOT needed), []) FROM ({rows})"""
        ((count, size, oldest, newest, needed, found),) = self._ask(connection, namespace, sql, ids)
        return RemovedRows(self.kind.value, count, size, oldest, newest, tuple(found), needed)

    def _overdue(self) -> str:
        """Return the SELECT of the rows beyond the limit. What the limit does not ask for is not computed."""
        limit = self.limit
        conditions = {
            "moment < $before": limit.max_days is not None,
            f"row_number() OVER newest > {limit.max_count}": limit.max_count is not None,
            f"sum(size) OVER newest > {limit.max_bytes}": limit.max_bytes is not None,
        }
        asked = " OR ".join(text for text, is_asked in conditions.items() if is_asked) or "FALSE"
        return f"""SELECT * FROM (SELECT *, {asked} AS is_overdue FROM ({self._source()})
            WINDOW newest AS (ORDER BY moment DESC, id ROWS UNBOUNDED PRECEDING)) WHERE is_overdue"""

    def _source(self) -> str:
        if self.kind is RetainedKind.TRAJECTORIES:
            return _TRAJECTORIES.format(needed=_NEEDED[self.rules.protect])
        return _SOURCES[self.kind]

    def _ask(self, connection: Connection, namespace: Namespace, sql: str, ids: Sequence[str]) -> list[tuple]:  # type: ignore[type-arg]  # rows of any statement
        given = {
            "namespace": namespace.name,
            "before": self.now - timedelta(days=self.limit.max_days or 0),
            "busy": list(self.busy),
            "ids": list(ids),
        }
        # DuckDB refuses a parameter that a statement does not name.
        return connection.execute(sql, {name: one for name, one in given.items() if f"${name}" in sql}).fetchall()
