"""The metrics that tell the state of a service at the moment of a scrape: queues, indexes, files, jobs, backups."""

from collections.abc import Iterator, Mapping
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from midthought.api.operations.request import MemoryCore
from midthought.api.python.memory import core_of
from midthought.api.settings import Settings, expand_user
from midthought.api.watch import metric_table as table
from midthought.api.watch.metric_table import MetricRow
from midthought.memory.errors import MidthoughtError
from midthought.memory.maintenance.backup import newest_backup
from midthought.memory.records.store_load import StoreLoad


class StateMetrics(Collector):
    """Measures a service whenever its metrics are asked for.

    Args:
        state: the state of the application; read at each scrape, as the memory may be another by then.
        settings: those of the service.
    """

    def __init__(self, state: Any, settings: Settings) -> None:
        self._state = state
        self._settings = settings

    def collect(self) -> Iterator[Metric]:
        """Yield every metric of the state; a store that cannot be measured now has none."""
        yield _gauge(table.READY, float(not self._state.readiness.why_not))
        yield _by(table.STREAMS, self._count_streams())
        if self._settings.backups is not None:
            newest = newest_backup(expand_user(self._settings.backups))
            yield _gauge(table.BACKUP_TIME, newest or 0.0)
        core = core_of(self._state.memory)
        try:
            load = core.store.measure()
        except MidthoughtError:
            return
        yield _gauge(table.SESSIONS, len(core.sessions))
        yield _by(table.QUEUE, self._measure_queues(load, core))
        yield from _of_store(load)

    def _count_streams(self) -> dict[str, float]:
        counts = {"thought": len(self._state.thoughts.running), "job": len(self._state.job_streams.open)}
        proxy = getattr(self._state, "proxy", None)
        return counts | ({"proxy": proxy.running} if proxy is not None else {})

    def _measure_queues(self, load: StoreLoad, core: MemoryCore) -> dict[str, float]:
        counts = {
            "commit": load.commits.waiting,
            "jobs": core.jobs.waiting,
            "recalls": self._state.recalls.waiting,
            "encoder": core.current.waiting_queries,
        }
        proxy = getattr(self._state, "proxy", None)
        return counts | ({"runs": proxy.recording} if proxy is not None else {})


def _of_store(load: StoreLoad) -> Iterator[Metric]:
    yield _counter(table.COMMITS, load.commits.commits)
    yield _counter(table.CHANGES, load.commits.changes)
    yield _gauge(table.ROWS_BEHIND, load.rows_behind)
    yield _gauge(table.NAMESPACES_BEHIND, load.namespaces_behind)
    yield _gauge(table.INDEXES_OPEN, load.open_indexes)
    yield _by(table.STORE_BYTES, load.bytes)
    if load.jobs is not None:
        yield _by(table.JOBS, {state.value: count for state, count in load.jobs.items()})


def _gauge(row: MetricRow, value: float) -> Metric:
    return GaugeMetricFamily(row.name, row.help, value=value)


def _counter(row: MetricRow, value: float) -> Metric:
    return CounterMetricFamily(row.name, row.help, value=value)


def _by(row: MetricRow, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(row.name, row.help, labels=row.labels)
    for label, value in values.items():
        family.add_metric([label], value)
    return family
