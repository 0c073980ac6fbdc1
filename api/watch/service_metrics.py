"""The metrics of one service: counted while it works, and measured when they are asked for."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

import midthought
from midthought.api.operations.recall import Recall
from midthought.api.operations.request import Request
from midthought.api.watch import metric_table as table
from midthought.api.watch.listener import ProxiedRequest, Tell
from midthought.api.watch.metric_table import MetricKind, MetricRow
from midthought.memory.errors import BadInput, MidthoughtError, NotFound, TooManySessions
from midthought.memory.records.namespace import Namespace
from midthought.retrieval import recall as recalling
from midthought.retrieval.hits import RecallResult

if TYPE_CHECKING:
    from prometheus_client.registry import Collector

_REFUSALS = (BadInput, NotFound, TooManySessions)
"""Errors that are the caller's."""
_DEGRADED = frozenset(
    {
        recalling.RERANK_TIMEOUT,
        recalling.RERANK_FAILED,
        recalling.DEADLINE_PASSED,
        recalling.QUERY_REASONING_FAILED,
    }
)
"""The reasons that are words of ours; any other is a sentence, and would be a label without bound."""
OTHER = "other"
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})


class ServiceMetrics:
    """Counts what a service does; it is a `Listener`.

    Attributes:
        registry: holds every metric of this service, and no metric of a library.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = self._counter(table.REQUESTS)
        self._request_seconds = self._histogram(table.REQUEST_SECONDS)
        self.in_flight = self._gauge(table.IN_FLIGHT)
        self._operations = self._counter(table.OPERATIONS)
        self._recalls = self._counter(table.RECALLS)
        self._recall_seconds = self._histogram(table.RECALL_SECONDS)
        self._stage_seconds = self._histogram(table.STAGE_SECONDS)
        self._degraded = self._counter(table.RECALLS_DEGRADED)
        self._proxied = self._counter(table.PROXIED)
        self._upstream = self._counter(table.UPSTREAM)
        self._upstream_seconds = self._histogram(table.UPSTREAM_SECONDS)
        self._gauge(table.BUILD_INFO).labels(midthought.__version__).set(1)
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)

    def measure_with(self, collector: "Collector") -> None:
        """Ask this, too, whenever the metrics are asked for."""
        self.registry.register(collector)

    def answered(self, method: str, route: str, status: int, *, seconds: float) -> None:
        """Count a request. `route` is the pattern of its path, empty if there is none."""
        method = method if method in _METHODS else OTHER
        self._requests.labels(method, route or OTHER, f"{status // 100}xx").inc()
        self._request_seconds.labels(method, route or OTHER).observe(seconds)

    @contextmanager
    def operation(self, request: Request[Any], namespace: Namespace) -> Iterator[Tell]:
        """Count an operation."""
        outcome = "failed"
        try:
            yield _ignore
            outcome = "done"
        except _REFUSALS:
            outcome = "refused"
            raise
        finally:
            self._operations.labels(type(request).__name__, outcome).inc()

    @contextmanager
    def recall(self, request: Recall, namespace: Namespace) -> Iterator[Tell]:
        """Count a recall, its time, and that of its stages."""
        try:
            with self._recall_seconds.time():
                yield self._recalled
        except MidthoughtError as error:
            self._recalls.labels("refused" if isinstance(error, _REFUSALS) else "failed").inc()
            raise
        except Exception:
            self._recalls.labels("failed").inc()
            raise

    def _recalled(self, result: RecallResult) -> None:
        abstention = result.abstention
        self._recalls.labels(abstention.reason.name.lower() if abstention else "answered").inc()
        for reason in result.degraded:
            self._degraded.labels(reason if reason in _DEGRADED else OTHER).inc()
        for stage in dict.fromkeys(lap.stage for lap in result.laps):
            self._stage_seconds.labels(stage.value).observe(getattr(result.usage.stages, stage.value) / 1000)

    @contextmanager
    def upstream(self, path: str) -> Iterator[Tell]:
        """Count a request to the model server, and the time to the headers of its answer."""
        told = "failed"

        def tell(status: int) -> None:
            nonlocal told
            told = f"{status // 100}xx"

        with self._upstream_seconds.time():
            try:
                yield tell
            finally:
                self._upstream.labels(told).inc()

    def headers(self) -> Sequence[tuple[str, str]]:
        """Return none."""
        return ()

    @contextmanager
    def job(self, kind: str, namespace: Namespace) -> Iterator[Tell]:
        """Take no note: jobs are measured when the metrics are asked for."""
        yield _ignore

    def proxied(self, request: ProxiedRequest) -> None:
        """Count a request that the proxy answered."""
        degraded = "true" if request.degraded else "false"
        self._proxied.labels(request.kind, request.mode, request.way, degraded).inc()

    def _counter(self, row: MetricRow) -> Counter:
        assert row.kind is MetricKind.COUNTER
        return Counter(row.name, row.help, row.labels, registry=self.registry)

    def _gauge(self, row: MetricRow) -> Gauge:
        assert row.kind is MetricKind.GAUGE
        return Gauge(row.name, row.help, row.labels, registry=self.registry)

    def _histogram(self, row: MetricRow) -> Histogram:
        assert row.kind is MetricKind.HISTOGRAM
        return Histogram(row.name, row.help, row.labels, registry=self.registry, buckets=row.buckets)


def _ignore(_: object) -> None:
    """Take no note."""
