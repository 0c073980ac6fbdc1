"""What waits is bounded: one job too many is refused with 503 and a time to try again, and nothing of it is kept."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from midthought.api import job_thread
from midthought.api.python.client import Client
from midthought.api.python.memory import Memory
from midthought.memory.errors import Overloaded

from ..conftest import TRACE, ServiceTransport, service_over


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


def test_an_ingestion_that_is_waited_for_needs_no_place(full: TestClient) -> None:
    """Its caller is the queue."""
    assert full.post("/v1/namespaces/default/trajectories", json=TRACE).status_code == 200
