"""Traces of a service: a span for each request, each call of a memory, each stage of a recall, each call of a model."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from midthought.api.operations.recall import Recall
from midthought.api.operations.request import Request
from midthought.api.redaction import clean_text
from midthought.api.watch import memory_words as words
from midthought.api.watch.job_batches import JobBatches
from midthought.api.watch.listener import ProxiedRequest, Tell
from midthought.api.watch.memory_words import MemoryWord, describe_call, name_model_call
from midthought.memory.errors import MissingExtra
from midthought.memory.records.namespace import Namespace
from midthought.retrieval.hits import Hit, RecallResult
from midthought.retrieval.stages import Lap

try:
    from opentelemetry.metrics import Meter
    from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, set_span_in_context, use_span
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
except ImportError:
    raise MissingExtra("opentelemetry-sdk", extra="otel", purpose="traces of OpenTelemetry") from None

__all__ = ["PROPAGATOR", "SpanKind", "Status", "StatusCode", "Tracing"]

_DURATION = "gen_ai.client.operation.duration"
_BOUNDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
"""Seconds, as the conventions ask for."""
_STATUS = "http.response.status_code"
_STAGE = "midthought.recall.stage"
_OUTCOME = "midthought.recall.outcome"
_JOB_KIND = "midthought.job.kind"
_BAD = 400

PROPAGATOR = TraceContextTextMapPropagator()


class Tracing:
    """Makes spans and measures; it is a `Listener`, and an observer of calls to servers.

    Args:
        tracer: makes spans.
        meter: makes the instruments.
        texts: queries and entries are put into spans. Only if somebody asked for it.
    """

    def __init__(self, tracer: Tracer, meter: Meter, *, texts: bool = False) -> None:
        self.tracer = tracer
        self._texts = texts
        self._duration = meter.create_histogram(
            _DURATION, "s", "GenAI operation duration.", explicit_bucket_boundaries_advisory=_BOUNDS
        )

    @contextmanager
    def operation(self, request: Request[Any], namespace: Namespace) -> Iterator[Tell]:
        """Make a span for what writes to a memory. Recalls have theirs from `recall`."""
        call = describe_call(request)
        if call is None:
            yield _ignore
            return
        told: dict[str, str | int] = {words.STORE_ID: namespace.name}
        if call.record_id:
            told[words.RECORD_ID] = call.record_id
        if call.count is not None:
            told[words.RECORD_COUNT] = call.count
        with self._span(call.word, SpanKind.INTERNAL, told):
            yield _ignore

    @contextmanager
    def recall(self, request: Recall, namespace: Namespace) -> Iterator[Tell]:
        """Make a span for a recall, and one for each of its stages."""
        told: dict[str, str | int] = {words.STORE_ID: namespace.name}
        if self._texts:
            told[words.QUERY_TEXT] = request.query
        # Not the current one: the recalls of a batch stand beside each other, and not each in the one before.
        with self._span(MemoryWord.SEARCH, SpanKind.INTERNAL, told, is_current=False) as span:
            yield lambda result: self._describe_recall(span, result)

    @contextmanager
    def job(self, kind: str, namespace: Namespace) -> Iterator[Tell]:
        """Make a span for a run of a job, and one for each of its batches."""
        told: dict[str, str | int] = {words.STORE_ID: namespace.name, _JOB_KIND: kind}
        with self._span("", SpanKind.INTERNAL, told, name=f"job {kind}") as span:
            batches = JobBatches(self.tracer, kind, span)
            yield batches.tell

    @contextmanager
    def upstream(self, path: str) -> Iterator[Tell]:
        """Make a span for a request of the proxy, until the headers of the answer."""
        with self.call(path, "") as tell:
            yield tell

    @contextmanager
    def call(self, path: str, model: str) -> Iterator[Tell]:
        """Make a span for a request to a model server."""
        operation, provider = name_model_call(path)
        told: dict[str, str | int] = {words.PROVIDER: provider} if provider else {}
        told |= {words.MODEL: model} if model else {}
        with self._span(operation, SpanKind.CLIENT, told, model=model) as span:
            yield lambda status: _note_status(span, status)

    def headers(self) -> Sequence[tuple[str, str]]:
        """Return the headers that name the span of now."""
        carrier: dict[str, str] = {}
        PROPAGATOR.inject(carrier)
        return tuple(carrier.items())

    def proxied(self, request: ProxiedRequest) -> None:
        """Take no note: the span of the request tells it."""

    @contextmanager
    def _span(
        self,
        operation: str,
        kind: SpanKind,
        told: dict[str, str | int],
        *,
        model: str = "",
        name: str = "",
        is_current: bool = True,
    ) -> Iterator[Span]:
        """Make a span, and measure what the conventions have a word for; an error is named by its class alone."""
        named = {words.OPERATION: operation} if operation else {}
        measured: dict[str, str | int] = {**named, **{name: told[name] for name in _MEASURED & told.keys()}}
        began = time.perf_counter()
        name = name or f"{operation or 'model server'} {model}".rstrip()
        span = self.tracer.start_span(name, kind=kind, attributes={**named, **_clean(told)})
        quiet = {"record_exception": False, "set_status_on_exception": False}  # a message may hold a text
        try:
            with use_span(span, **quiet) if is_current else nullcontext():
                yield span
        except BaseException as error:
            measured[words.ERROR] = type(error).__name__
            span.set_attribute(words.ERROR, type(error).__name__)
            span.set_status(Status(StatusCode.ERROR))
            raise
        finally:
            span.end()
            if operation:
                self._duration.record(time.perf_counter() - began, measured)

    def _describe_recall(self, span: Span, result: RecallResult) -> None:
        abstention = result.abstention
        span.set_attribute(words.RECORD_COUNT, len(result.hits))
        span.set_attribute(_OUTCOME, abstention.reason.name.lower() if abstention else "answered")
        if self._texts:
            span.set_attribute(words.RECORDS, json.dumps([_record_of(hit) for hit in result.hits]))
        self._make_stages(span, result.laps)

    def _make_stages(self, span: Span, laps: Sequence[Lap]) -> None:
        offset = time.time_ns() - time.perf_counter_ns()
        parent = set_span_in_context(span)
        for lap in laps:
            begin = offset + int(lap.started * 1e9)
            stage = self.tracer.start_span(
                f"recall {lap.stage}", parent, attributes={_STAGE: lap.stage.value}, start_time=begin
            )
            stage.end(begin + int(lap.seconds * 1e9))


_MEASURED = frozenset({words.PROVIDER, words.MODEL})
"""What is told of the duration, too; the conventions name no tenant, and the number of namespaces has no bound."""


def _clean(told: dict[str, str | int]) -> dict[str, str | int]:
    """Return attributes without secrets: an id, or a query, may be one that somebody put into the wrong place."""
    return {name: clean_text(value) if isinstance(value, str) else value for name, value in told.items()}


def _record_of(hit: Hit) -> dict[str, object]:
    """Return a hit as the JSON schema of the conventions has it."""
    return {"id": hit.id, "content": hit.text, "score": hit.score, "metadata": {"kind": hit.kind.value}}


def _note_status(span: Span, status: int) -> None:
    span.set_attribute(_STATUS, status)
    if status >= _BAD:
        span.set_attribute(words.ERROR, str(status))
        span.set_status(Status(StatusCode.ERROR))


def _ignore(_: object) -> None:
    """Take no note."""
