"""What waits is bounded: one job too many is refused with 503 and a time to try again, and nothing of it is kept."""

from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest
from fastapi.testclient import TestClient

from midthought.api import job_thread
from midthought.api.proxy import exchange as exchanges
from midthought.api.python.client import Client
from midthought.api.python.memory import Memory
from midthought.api.rest.app import create_app
from midthought.api.settings import Settings
from midthought.memory.errors import Overloaded
from midthought.memory.records.job import Job, JobState
from midthought.memory.records.namespace import DEFAULT_NAMESPACE, Namespace

from ...stream_server import Streamed, serve_streams
from ..conftest import PROCEDURE, TRACE, ServiceTransport, service_over


@pytest.fixture
def full(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A service that lets no job wait."""
    monkeypatch.setattr(job_thread, "MAX_WAITING", 0)
    with TestClient(service_over(memory), base_url="http://127.0.0.1") as client:
        yield client


def test_a_job_too_many_is_refused(full: TestClient, memory: Memory) -> None:
    """Uploads and upkeep alike; what was sent for it is not kept, and no job is recorded."""
    before = memory.jobs()
    for path in ("/v1/namespaces/default/trajectories", "/v1/compact"):
        answer = full.post(path, json=TRACE if "traj" in path else None, headers={"Prefer": "respond-async"})
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert answer.json()["type"] == "urn:midthought:problem:overloaded"
    assert memory.jobs() == before
    assert list(memory.store.path.glob("uploads/*")) == []


def test_a_client_raises_the_same_error(full: TestClient) -> None:
    """`Overloaded`, as in process."""
    with (
        Client("http://127.0.0.1", transport=ServiceTransport(full)) as client,
        pytest.raises(Overloaded, match="wait"),
    ):
        client.ingest([TRACE], wait=False)


def test_a_run_too_many_is_left_out_and_said(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer of the model is what the caller came for: it is given, with the hint, and says that it has no run."""
    monkeypatch.setattr(exchanges, "MAX_RECORDING", 0)
    memory.add_entries([PROCEDURE])
    whole = {"choices": [{"index": 0, "message": {"content": "4"}, "finish_reason": "stop"}]}
    chat = {"model": "m", "messages": [{"role": "user", "content": PROCEDURE.key}]}

    def answer(path: str, _: dict[str, Any]) -> Streamed:
        return Streamed(content=whole) if path == "/v1/chat/completions" else Streamed(404, {})

    with (
        serve_streams(answer) as model,
        TestClient(create_app(memory, Settings(upstream=model.url)), base_url="http://127.0.0.1") as client,
    ):
        told = client.post("/v1/chat/completions", json=chat).json()["midthought"]
    assert told["run"] == ""
    assert told["entries"][0]["entry_id"] == PROCEDURE.id
    assert "no run: 0 wait to be recorded, the most there may be" in told["degraded"]


def test_a_job_that_does_not_stop_is_left(memory: Memory) -> None:
    """It is not waited for longer than it may take, and not again; it did not fail, so that it is run again."""
    begun, going_on = Event(), Event()

    def run(namespace: Namespace, job_id: str, is_stopped: object) -> Job:
        begun.set()
        going_on.wait(60)
        raise ValueError("the store is closed by now")

    thread = job_thread.JobThread(memory.store, run)
    job = Job("o-stuck", "ingest", "x", JobState.QUEUED)
    memory.store.writer.put_job(DEFAULT_NAMESPACE, job)
    thread.submit(DEFAULT_NAMESPACE, job.id, memory.store.writer.queue_job(job.id))
    assert begun.wait(60)
    assert thread.close(seconds=0.01) is False
    assert thread.close() is True
    going_on.set()
    left = memory.get_job(job.id)
    assert (left.state in (JobState.QUEUED, JobState.INTERRUPTED), left.error) == (True, None)


def test_an_ingestion_that_is_waited_for_needs_no_place(full: TestClient) -> None:
    """Its caller is the queue."""
    assert full.post("/v1/namespaces/default/trajectories", json=TRACE).status_code == 200
