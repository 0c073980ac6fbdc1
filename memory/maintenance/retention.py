"""Removes what a namespace does not keep any longer, in short transactions, and tells what that was."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from midthought.memory.database.overdue import OverdueQuery
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.retention import Protection, RetainedKind, RetentionChange
from midthought.memory.records.retention_report import RetentionReport
from midthought.memory.store import Store

Tell = Callable[[str, int, int], None]
"""Is told the kind, how many rows were removed of all kinds, and how many there are; may raise to stop."""
MAX_PLANNED = 100_000
"""Ids that are in memory at once."""
_TOGETHER = {
    RetainedKind.TRAJECTORIES: 100,
    RetainedKind.RUNS: 200,
    RetainedKind.RECEIPTS: 1000,
    RetainedKind.JOBS: 100,
    RetainedKind.COMPLETIONS: 500,
}
"""Rows that are removed in one transaction, for which others wait."""
_WITH_ENTRIES = 10
"""The same of trajectories whose entries go with them: each is looked for in receipts, runs and traces."""


def has_overdue(store: Store, namespace: Namespace) -> bool:
    """Return whether anything of a namespace is beyond its limits, and not needed."""
    return any(
        store.reader.find_overdue(namespace, query, limit=1) for query in _queries(store, namespace, RetentionChange())
    )


def apply_retention(
    store: Store,
    namespace: Namespace,
    job_id: str,
    *,
    dry_run: bool,
    tell: Tell,
    tried: RetentionChange | None = None,
) -> RetentionReport:
    """Remove what is beyond the limits of a namespace, and return the report, which is stored with every step.

    Stopped at any moment, what was removed is in the report; the same job then goes on. With `dry_run` nothing is
    removed, and the report tells what would be; then `tried` may change the limits, which are not set by that.
    """
    if tried is not None and not dry_run:
        raise ValueError("tried is only for a dry run")
    queries = list(_queries(store, namespace, tried or RetentionChange()))
    measured = [store.reader.measure_overdue(namespace, query) for query in queries]
    if dry_run:
        report = RetentionReport(dry_run=True, removed=tuple(measured))
    else:
        earlier = store.reader.find_retention_report(namespace, job_id)
        begun = earlier if earlier is not None and not earlier.dry_run else RetentionReport(dry_run=False)
        report = begun.with_needed(measured)
    store.writer.put_retention_report(namespace, job_id, report)
    if dry_run:
        return report
    done, total = 0, sum(rows.count for rows in measured)
    for query, rows in zip(queries, measured, strict=True):
        if rows.count:
            for number in _remove(store, namespace, job_id, query):
                done += number
                tell(query.kind.value, min(done, total), total)
    return store.reader.get_retention_report(namespace, job_id)


def _queries(store: Store, namespace: Namespace, change: RetentionChange) -> Iterator[OverdueQuery]:
    rules = store.reader.get_namespace(namespace).retention.changed(change)
    for kind in RetainedKind:
        if rules.limit_of(kind).is_limited:
            yield store.reader.overdue_query(kind, rules)


def _remove(store: Store, namespace: Namespace, job_id: str, query: OverdueQuery) -> Iterator[int]:
    """Remove what a query finds; yield how many rows each transaction removed, 0 before the first."""
    yield 0
    together = _TOGETHER[query.kind]
    if query.kind is RetainedKind.TRAJECTORIES and query.rules.protect is Protection.NOTHING:
        together = _WITH_ENTRIES
    while ids := store.reader.find_overdue(namespace, query, limit=MAX_PLANNED):
        query = replace(query, busy=store.reader.overdue_query(query.kind, query.rules).busy)
        for begin in range(0, len(ids), together):
            yield store.writer.remove_overdue(namespace, job_id, query, ids[begin : begin + together]).count
