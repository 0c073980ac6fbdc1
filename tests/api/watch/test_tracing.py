"""Spans and measures of a service, by the exporters in memory, against the GenAI conventions of OpenTelemetry."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from fastapi.testclient import TestClient
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from midthought.api.operations.entries import AddEntries, ForgetEntry
from midthought.api.python.memory import Memory, open_memory
from midthought.api.rest.app import create_app
from midthought.api.settings import Settings
from midthought.api.watch.memory_words import MemoryWord, describe_call
from midthought.api.watch.telemetry import Telemetry, make_telemetry
from midthought.api.watch.tracing import Tracing
from midthought.ingest.language_model import CompletionRequest, PromptMessage
from midthought.ingest.stream.records import BATCH
from midthought.memory.errors import MissingExtra
from midthought.memory.records.entry_json import entry_to_dict
from midthought.reasoner.engines.model_endpoint import ModelEndpoint
from midthought.reasoner.engines.openai import OpenAIEngine
from midthought.retrieval.encoders.hashing import HashingEncoder
from midthought.retrieval.encoders.registry import EncoderEndpoint, make_encoder
from midthought.retrieval.endpoint_calls import observing
from midthought.retrieval.json_endpoint import EndpointAccess
from midthought.retrieval.stages import Stage

from ...embeddings_server import serve_embeddings
from ...reasoner.fake_servers import FakeVllm
from ...running_server import QuietServer, run_http
from ...stream_server import Streamed, serve_streams
from ..conftest import LESSON, PROCEDURE, TRACE
from ..thinking import until

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
NAME = "gen_ai.operation.name"
CALLER = {"traceparent": f"00-{TRACE_ID}-b7ad6b7169203331-01"}
ENTRIES = "/v1/namespaces/alice/entries"
RECALL = "/v1/namespaces/alice/recall"
ALLOWED = {
    "gen_ai.operation.name": str,
    "error.type": str,
    "gen_ai.memory.record.id": str,
    "gen_ai.memory.store.id": str,
    "gen_ai.provider.name": str,
    "server.port": int,
    "gen_ai.memory.record.count": int,
    "server.address": str,
    "gen_ai.memory.query.text": str,
    "gen_ai.memory.records": str,
    "midthought.recall.outcome": str,
}
"""The attributes of the span `gen_ai.memory.client` of the conventions with their types, and one of ours."""
RECORDS = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["content"],
        "properties": {
            "content": {},
            "id": {"type": "string"},
            "score": {"type": "number"},
            "metadata": {"type": "object"},
        },
    },
}
"""What `gen_ai.memory.records` must be, as the JSON schema of the conventions says."""


@dataclass(frozen=True, slots=True)
class Traced:
    """A service whose spans and measures stay in memory."""

    client: TestClient
    spans: InMemorySpanExporter
    reader: InMemoryMetricReader

    def calls(self) -> list[ReadableSpan]:
        """The spans of operations on the memory."""
        words = set(MemoryWord)
        return [one for one in self.spans.get_finished_spans() if attributes(one).get(NAME) in words]


def in_memory(*, texts: bool = False) -> tuple[Telemetry, InMemorySpanExporter, InMemoryMetricReader]:
    """A telemetry that exports to this process."""
    spans, reader = InMemorySpanExporter(), InMemoryMetricReader()
    traces = TracerProvider(shutdown_on_exit=False)
    traces.add_span_processor(SimpleSpanProcessor(spans))
    meters = MeterProvider([reader], shutdown_on_exit=False)
    tracing = Tracing(traces.get_tracer("tests"), meters.get_meter("tests"), texts=texts)
    return Telemetry(tracing, lambda: None), spans, reader


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory, lay_store: Callable[[Path], Path]) -> Iterator[Memory]:
    """A memory of one namespace that the tests of this file share."""
    place = lay_store(tmp_path_factory.mktemp("traced") / "memory")
    with open_memory(place, encoder=HashingEncoder(), starter=False) as opened:
        opened.add_entries([PROCEDURE, LESSON], namespace="alice")
        yield opened


@pytest.fixture(scope="module")
def service(memory: Memory) -> Iterator[tuple[TestClient, InMemorySpanExporter, InMemoryMetricReader]]:
    """A service that is traced without texts."""
    telemetry, spans, reader = in_memory()
    with TestClient(create_app(memory, Settings(), telemetry=telemetry), base_url="http://127.0.0.1") as client:
        yield client, spans, reader


@pytest.fixture
def traced(service: tuple[TestClient, InMemorySpanExporter, InMemoryMetricReader]) -> Traced:
    """That service, without the spans of the tests before."""
    service[1].clear()
    return Traced(*service)


def attributes(span: ReadableSpan) -> dict[str, Any]:
    """What a span tells."""
    return dict(span.attributes or {})


def parent(span: ReadableSpan) -> int:
    """The id of the span that it is in."""
    assert span.parent is not None
    return span.parent.span_id


def test_a_recall_is_a_tree_in_the_trace_of_its_caller(traced: Traced) -> None:
    """The request under the caller's span, `search_memory` under it, the stages in it: inside its time, in order."""
    traced.client.post(RECALL, json={"query": PROCEDURE.key}, headers=CALLER)
    found = {one.name: one for one in traced.spans.get_finished_spans()}
    request, search = found["POST /v1/namespaces/{namespace}/recall"], found["search_memory"]
    assert {f"{one.context.trace_id:032x}" for one in found.values()} == {TRACE_ID}
    assert (f"{parent(request):016x}", request.kind) == ("b7ad6b7169203331", SpanKind.SERVER)
    assert attributes(request)["http.response.status_code"] == 200
    assert (parent(search), search.kind) == (request.context.span_id, SpanKind.INTERNAL)
    stages = [one for one in traced.spans.get_finished_spans() if one.name.startswith("recall ")]
    assert {parent(one) for one in stages} == {search.context.span_id}
    left_out = set(Stage) - {one.name.removeprefix("recall ") for one in stages}
    assert left_out == {Stage.REASON, Stage.RERANK}  # this memory has nothing to do them with
    begins = [one.start_time for one in stages]
    assert begins == sorted(begins)
    assert all(one.end_time - one.start_time >= 0 for one in stages)


def test_memory_calls_have_the_words_of_the_conventions(traced: Traced) -> None:
    """Each operation has its name, store, record and count, and nothing that the conventions do not know."""
    entry = replace(PROCEDURE, subquestion="How do I whittle a spoon?")
    traced.client.put("/v1/namespaces/brief")
    traced.client.post(ENTRIES, json={"entries": [entry_to_dict(entry), entry_to_dict(LESSON)]})
    traced.client.post(RECALL, json={"query": PROCEDURE.key, "k": 1})
    revised = replace(entry, subroutine="Whittle away from yourself.")
    traced.client.put(f"{ENTRIES}/{entry.id}", json={"entry": entry_to_dict(revised)})
    traced.client.delete(f"{ENTRIES}/{revised.id}")
    traced.client.delete("/v1/namespaces/brief", params={"confirm": "brief"})
    parts = ("store.id", "record.id", "record.count")
    told = [(one.name, *(attributes(one).get(f"gen_ai.memory.{part}") for part in parts)) for one in traced.calls()]
    assert told == [
        ("create_memory_store", "brief", None, None),
        ("upsert_memory", "alice", None, 2),
        ("search_memory", "alice", None, 1),
        ("update_memory", "alice", entry.id, 1),
        ("delete_memory", "alice", revised.id, 1),
        ("delete_memory_store", "brief", None, None),
    ]
    for span in traced.calls():
        assert span.name == attributes(span)["gen_ai.operation.name"]
        for name, value in attributes(span).items():
            assert isinstance(value, ALLOWED[name]), name


def test_no_text_is_told_unless_somebody_asked_for_it(traced: Traced, memory: Memory) -> None:
    """Neither the query nor an entry; with `otel_texts` both, the entries as the schema of the conventions has them."""
    traced.client.post(RECALL, json={"query": PROCEDURE.key})
    whole = json.dumps([attributes(one) for one in traced.spans.get_finished_spans()])
    assert [text for text in ("pencil", "kettle", "Cut away") if text in whole or text in PROCEDURE.id] == []
    telemetry, spans, _ = in_memory(texts=True)
    with TestClient(create_app(memory, Settings(), telemetry=telemetry), base_url="http://127.0.0.1") as client:
        client.post(RECALL, json={"query": PROCEDURE.key})
    (search,) = [one for one in spans.get_finished_spans() if one.name == "search_memory"]
    assert attributes(search)["gen_ai.memory.query.text"] == PROCEDURE.key
    records = json.loads(attributes(search)["gen_ai.memory.records"])
    jsonschema.validate(records, RECORDS)
    assert records[0]["id"] == PROCEDURE.id
    assert PROCEDURE.subroutine in records[0]["content"]


def test_no_secret_is_told(memory: Memory) -> None:
    """Even if a caller puts one into a path or a query, and texts were asked for."""
    telemetry, spans, _ = in_memory(texts=True)
    key = "sk-proj-qw8831"
    with TestClient(create_app(memory, Settings(), telemetry=telemetry), base_url="http://127.0.0.1") as client:
        client.post(RECALL, json={"query": f"What is {key}?"})
        client.delete(f"{ENTRIES}/{key}")
    whole = json.dumps([attributes(one) for one in spans.get_finished_spans()])
    assert ("What is [masked" in whole, "delete_memory" in str(spans.get_finished_spans()[-2].name)) == (True, True)
    assert key not in whole


def test_recalls_of_a_batch_stand_beside_each_other(traced: Traced) -> None:
    """Each has its own span, in that of the request."""
    asked = {"recalls": [{"query": PROCEDURE.key}, {"query": LESSON.key}, {"query": "zebras on the moon"}]}
    traced.client.post(f"{RECALL}:batch", json=asked)
    (request,) = [one for one in traced.spans.get_finished_spans() if one.kind is SpanKind.SERVER]
    searches = [one for one in traced.calls() if one.name == "search_memory"]
    assert {parent(one) for one in searches} == {request.context.span_id}
    outcomes = sorted(attributes(one)["midthought.recall.outcome"] for one in searches)
    assert outcomes == ["answered", "answered", "nothing_close"]


def test_an_error_is_told_by_its_class_alone(traced: Traced) -> None:
    """The message of an error may hold a text."""
    traced.client.delete(f"{ENTRIES}/{'0' * 32}")
    (span,) = traced.calls()
    assert (span.status.status_code, attributes(span)["error.type"]) == (StatusCode.ERROR, "NotFound")
    assert (span.status.description, span.events) == (None, ())


def test_a_deletion_always_names_its_entry() -> None:
    """Without an id it would say that the whole store is deleted; a dry run writes nothing, and has no span."""
    request = ForgetEntry(entry_id=PROCEDURE.id)
    object.__setattr__(request, "entry_id", " ")
    assert describe_call(request) is None
    assert describe_call(AddEntries(entries=(PROCEDURE,), dry_run=True)) is None


def test_durations_are_measured_without_a_namespace(traced: Traced) -> None:
    """By operation and error alone, in the buckets of the conventions."""
    traced.client.post(RECALL, json={"query": PROCEDURE.key})
    data = traced.reader.get_metrics_data()
    assert data is not None
    (metric,) = data.resource_metrics[0].scope_metrics[0].metrics
    assert (metric.name, metric.unit) == ("gen_ai.client.operation.duration", "s")
    points: Sequence[Any] = metric.data.data_points
    searches = [one for one in points if one.attributes == {"gen_ai.operation.name": "search_memory"}]
    assert isinstance(searches[0], HistogramDataPoint)
    assert searches[0].count >= 1
    assert searches[0].explicit_bounds[:3] == (0.01, 0.02, 0.04)
    assert "alice" not in str(points)


def test_the_upstream_is_asked_in_the_same_trace(memory: Memory) -> None:
    """The proxy's recall and its call are in the trace of the caller, and the model server gets the call as parent."""
    telemetry, spans, _ = in_memory()
    seen: list[str] = []

    def answer(path: str, body: dict[str, Any]) -> Streamed:
        whole = {"choices": [{"index": 0, "message": {"content": "4"}, "finish_reason": "stop"}]}
        return Streamed(content=whole) if path == "/v1/chat/completions" else Streamed(404, {})

    with serve_streams(answer, on_headers=lambda headers: seen.append(headers.get("traceparent", ""))) as model:
        app = create_app(memory, Settings(upstream=model.url, namespace="alice"), telemetry=telemetry)
        with TestClient(app, base_url="http://127.0.0.1", headers=CALLER) as client:
            chat = {"model": "m", "messages": [{"role": "user", "content": PROCEDURE.key}]}
            assert client.post("/v1/chat/completions", json=chat).status_code == 200
    found = spans.get_finished_spans()
    (call,) = [one for one in found if one.name == "chat"]
    assert call.kind is SpanKind.CLIENT
    assert attributes(call) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "http.response.status_code": 200,
    }
    assert f"00-{TRACE_ID}-{call.context.span_id:016x}" in {one.rpartition("-")[0] for one in seen}
    assert {f"{one.context.trace_id:032x}" for one in found if one.name in ("chat", "search_memory")} == {TRACE_ID}


def test_calls_of_models_and_encoders_are_told(tmp_path: Path) -> None:
    """What asks a server for embeddings is a span of its own, with the model, and without a text."""
    telemetry, spans, _ = in_memory()
    with serve_embeddings() as server, observing(telemetry.tracing):
        encoder = make_encoder("openai", EncoderEndpoint(url=server.url, model="e5"))
        encoder.encode_queries(["How do I sharpen a pencil?"])
    span = spans.get_finished_spans()[-1]
    assert (span.name, span.kind) == ("embeddings e5", SpanKind.CLIENT)
    assert attributes(span)["gen_ai.request.model"] == "e5"
    assert "pencil" not in str(attributes(span))


def test_continuations_that_run_at_once_are_in_the_trace_of_their_caller(caplog: pytest.LogCaptureFixture) -> None:
    """Those of a thought and those of an ingestion, read by several threads: none begins a trace, none is left open."""
    telemetry, spans, _ = in_memory()
    with serve_streams(FakeVllm().respond) as server, observing(telemetry.tracing):
        access = EndpointAccess(f"{server.url}/v1", "", 30.0, 0)
        engine = OpenAIEngine(ModelEndpoint(access, "tiny", concurrency=3))
        prompt = engine.open_thought("2 + 2?")
        spans.clear()
        with telemetry.tracing.tracer.start_as_current_span("caller") as caller:
            assert {place for place, _ in engine.generate_many([prompt] * 4, seeds=range(4))} == set(range(4))
            assert len(list(engine.complete([CompletionRequest((PromptMessage("user", "2 + 2?"),))] * 4))) == 4
    asked = [one for one in spans.get_finished_spans() if one.kind is SpanKind.CLIENT]
    assert len(asked) >= 8
    assert {parent(one) for one in asked} == {caller.get_span_context().span_id}
    assert "detach" not in caplog.text


@pytest.mark.parametrize("waits", [True, False])
def test_a_job_has_a_span_for_each_batch(traced: Traced, waits: bool) -> None:
    """In the trace of the request that runs it, or, run by another thread, in one of its own."""
    lines = [{"question": f"What is {one} doubled{waits}?", "thought": f"It is {2 * one}."} for one in range(BATCH + 3)]
    body = "\n".join(map(json.dumps, [TRACE, *lines]))
    headers = CALLER if waits else {"Prefer": "wait=60", **CALLER}
    answer = traced.client.post(f"/v1/namespaces/jobs-{int(waits)}/trajectories", content=body, headers=headers).json()
    assert answer["job"]["state"] == "finished"
    until(lambda: any(one.name == "job ingest" for one in traced.spans.get_finished_spans()))
    found = traced.spans.get_finished_spans()
    (job,) = [one for one in found if one.name == "job ingest"]
    batches = [one for one in found if one.name == "ingest batch"]
    assert (f"{job.context.trace_id:032x}" == TRACE_ID, job.parent is not None) == (waits, waits)
    assert attributes(job) == {
        "gen_ai.memory.store.id": f"jobs-{int(waits)}",
        "midthought.job.kind": "ingest",
        "midthought.job.id": answer["job"]["id"],
        "midthought.job.done": BATCH + 4,
    }
    assert [attributes(one)["midthought.job.done"] for one in batches] == [BATCH, 4]
    learnt = sum(attributes(one)["gen_ai.memory.record.count"] for one in batches)
    assert learnt == answer["job"]["counts"]["entries_stored"] > 0
    assert {parent(one) for one in batches} == {job.context.span_id}
    assert batches[0].end_time is not None
    assert job.start_time <= batches[0].start_time < batches[0].end_time <= batches[1].start_time


def test_the_setting_needs_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its absence is told with the command that installs it."""
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(MissingExtra, match=r"pip install 'midthought\[otel\]'"):
        make_telemetry(texts=False)


def test_a_collector_that_is_not_there_holds_nothing_up(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real exporters, with no collector: requests are answered, and the service ends."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.1")
    with TestClient(create_app(memory, Settings(otel=True)), base_url="http://127.0.0.1") as client:
        assert client.post(RECALL, json={"query": PROCEDURE.key}).status_code == 200


def test_a_collector_gets_what_was_made(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the real exporters, over HTTP, at the latest when the service ends: spans and measures, of this service."""
    taken: list[tuple[str, bytes]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with run_http(QuietServer(Collector)) as url:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        with TestClient(create_app(memory, Settings(otel=True)), base_url="http://127.0.0.1") as client:
            client.post(RECALL, json={"query": PROCEDURE.key})
    sent = [ExportTraceServiceRequest.FromString(body) for path, body in taken if path == "/v1/traces"]
    parts = [part for one in sent for part in one.resource_spans]
    names = {span.name for part in parts for scope in part.scope_spans for span in scope.spans}
    assert {"search_memory", "recall search", "POST /v1/namespaces/{namespace}/recall"} <= names
    service = {one.key: one.value.string_value for one in parts[0].resource.attributes}
    assert service["service.name"] == "midthought"
    assert any(path == "/v1/metrics" and b"gen_ai.client.operation.duration" in body for path, body in taken)
