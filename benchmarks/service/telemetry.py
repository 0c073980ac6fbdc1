"""What watching costs a recall: nobody listens, metrics alone, metrics and traces; in one process, taking turns.

    .venv/bin/python benchmarks/service/telemetry.py [recalls] [rounds]

What is told is the processor time of all threads of the process: of a machine that others use, the clock says nothing.
The spans are made, put into the queue of the exporter, and exported to nowhere: what a collector costs is its own.
"""

import statistics
import sys
import tempfile
import time
import timeit
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from midthought.api.python.memory import Memory, core_of, open_memory
from midthought.api.watch.listener import WatchPoint
from midthought.api.watch.service_metrics import ServiceMetrics
from midthought.api.watch.telemetry import Telemetry, watching
from midthought.api.watch.tracing import Tracing
from midthought.memory.records.entry import Procedure
from midthought.retrieval.encoders.hashing import HashingEncoder

ENTRIES = 500


class Nowhere(SpanExporter):
    """Takes spans, and drops them."""

    def export(self, spans: "tuple[ReadableSpan, ...]") -> SpanExportResult:
        return SpanExportResult.SUCCESS


def make_traces() -> Telemetry:
    traces = TracerProvider(shutdown_on_exit=False)
    traces.add_span_processor(BatchSpanProcessor(Nowhere()))
    tracing = Tracing(traces.get_tracer("bench"), MeterProvider(shutdown_on_exit=False).get_meter("bench"))
    return Telemetry(tracing, traces.shutdown)


def time_recalls(memory: Memory, count: int) -> float:
    """Return milliseconds of processor time per recall; no query twice, so that none is in the cache."""
    began = time.process_time()
    for number in range(count):
        memory.recall(f"How do I count case {time.perf_counter_ns()} of {number} letters?", k=5)
    return 1000 * (time.process_time() - began) / count


def main(count: int, rounds: int) -> None:
    metrics, telemetry = ServiceMetrics(), make_traces()

    @contextmanager
    def alone() -> Iterator[None]:
        yield

    with (
        tempfile.TemporaryDirectory() as folder,
        open_memory(Path(folder) / "memory", encoder=HashingEncoder(), starter=False, receipts=False) as memory,
    ):
        memory.add_entries([Procedure(f"How do I count case {n} of letters?", f"Rule {n}.") for n in range(ENTRIES)])
        watch = core_of(memory).watch
        ways: dict[str, Callable[[], object]] = {
            "nobody listens": alone,
            "metrics": lambda: watching(watch, metrics, None),
            "metrics and traces": lambda: watching(watch, metrics, telemetry),
        }
        times: dict[str, list[float]] = {name: [] for name in ways}
        time_recalls(memory, count)
        for _ in range(rounds):
            for name, way in ways.items():
                with way():  # type: ignore[attr-defined]  # a context
                    times[name].append(time_recalls(memory, count))
    idle = WatchPoint()
    unheard = timeit.timeit(lambda: idle.recalls([], list), number=100_000) * 10
    base = statistics.median(times["nobody listens"])
    print(f"{rounds} rounds of {count} recalls each, {ENTRIES} entries, hashing encoder, no receipts")
    print(f"{unheard:.2f} microseconds for a place where nobody listens")
    for name, taken in times.items():
        paired = statistics.median(one / first for one, first in zip(taken, times["nobody listens"], strict=True))
        print(
            f"{name:20} {statistics.median(taken):7.3f} ms a recall, {paired:.3f} of the round's first ({base:.3f} ms)"
        )


if __name__ == "__main__":
    main(*(int(one) for one in (*sys.argv[1:], 50, 40)[:2]))
