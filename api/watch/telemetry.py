"""Where spans and measures go: to a collector, by the protocol of OpenTelemetry over HTTP."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING

import midthought
from midthought.api.watch.listener import Listener, WatchPoint
from midthought.memory.errors import MissingExtra
from midthought.retrieval.endpoint_calls import observing

if TYPE_CHECKING:
    from midthought.api.watch.tracing import Tracing

_CLOSE_SECONDS = 5.0
"""How long an ending service waits for a collector to take what is left."""


@dataclass(frozen=True, slots=True)
class Telemetry:
    """What makes spans, and how what was made is handed on at the end."""

    tracing: "Tracing"
    flush: Callable[[], object]

    def close(self) -> None:
        """Hand on what is left; a collector that does not answer is not waited for."""
        closing = Thread(target=self.flush, name="midthought-telemetry", daemon=True)
        closing.start()
        closing.join(_CLOSE_SECONDS)


@contextmanager
def watching(watch: WatchPoint, metrics: Listener, telemetry: Telemetry | None) -> Iterator[None]:
    """Count what a memory does meanwhile, and trace it if there is a telemetry."""
    if telemetry is None:
        with watch.listening(metrics):
            yield
        return
    with watch.listening(metrics, telemetry.tracing), observing(telemetry.tracing):
        yield


def make_telemetry(*, texts: bool) -> Telemetry:
    """Return what exports to the collector that the variables of OpenTelemetry name (``OTEL_EXPORTER_OTLP_ENDPOINT``).

    Raises `MissingExtra`.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
        from opentelemetry.sdk.resources import OTELResourceDetector, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise MissingExtra("opentelemetry-sdk", purpose="the setting otel", extra="otel") from None
    from midthought.api.watch.tracing import Tracing

    own = {"service.name": "midthought", "service.version": midthought.__version__}
    resource = Resource(own).merge(OTELResourceDetector().detect())  # what the environment names goes first
    traces = TracerProvider(resource=resource, shutdown_on_exit=False)
    traces.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    reader = PeriodicExportingMetricReader(OTLPMetricExporter())
    meters = MeterProvider([reader], resource=resource, shutdown_on_exit=False)

    def flush() -> None:
        traces.shutdown()
        meters.shutdown()

    version = midthought.__version__
    tracing = Tracing(traces.get_tracer("midthought", version), meters.get_meter("midthought", version), texts=texts)
    return Telemetry(tracing, flush)
