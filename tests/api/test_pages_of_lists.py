"""Lists without a cursor in their answer are read page by page too: what was read, put together, is all there is."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from midthought.api.operations.jobs import ListRejections
from midthought.api.operations.request import MAX_LISTED
from midthought.api.python.client import Client
from midthought.api.python.memory import Memory, open_memory
from midthought.memory.errors import BadInput, NotFound
from midthought.memory.records.batch import Batch
from midthought.memory.records.dead_letter import DeadLetter
from midthought.memory.records.job import Job, JobState, Rejection
from midthought.memory.records.namespace import DEFAULT_NAMESPACE, Namespace
from midthought.memory.records.run import ReceiptRow, RunRow
from midthought.retrieval.encoders.hashing import HashingEncoder

from .conftest import ServiceTransport, service_over

ROOT = f"/v1/namespaces/{DEFAULT_NAMESPACE}"
COUNT = 7
JOB = Job("o-0", "ingest", "night.jsonl", JobState.FINISHED)
LETTER = DeadLetter(JOB.id, "t-0", "subroutine", "How?", "names no passage", "", 3)


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory, lay_store: Callable[[Path], Path]) -> Iterator[Memory]:
    """A memory with several jobs, runs and receipts, and several rejections and dead letters of its first job.

    What tests add is in another namespace.
    """
    place = lay_store(tmp_path_factory.mktemp("lists") / "memory")
    with open_memory(place, encoder=HashingEncoder(), starter=False) as opened:
        write = opened.store.writer.write
        rejections = tuple(Rejection(f"night.jsonl:{number}", "not JSON") for number in range(COUNT))
        letters = tuple(replace(LETTER, trajectory_id=f"t-{number}") for number in range(COUNT))
        write(DEFAULT_NAMESPACE, Batch(rejections=rejections, job=JOB, dead_letters=letters))
        for number in range(1, COUNT):
            write(DEFAULT_NAMESPACE, Batch(job=replace(JOB, id=f"o-{number}")))
        for number in range(COUNT):
            run = RunRow(f"r-{number}", "How many?", "unknown", 7, 0.5, "{}")
            # Receipts of one write have one time.
            receipts = [
                ReceiptRow(f"q-{one}", "recall", "How many?", "{}") for one in range(COUNT) if one // 4 == number
            ]
            opened.store.writer.record_run(DEFAULT_NAMESPACE, run, receipts)
        yield opened


@pytest.fixture(scope="module")
def service(memory: Memory) -> Iterator[TestClient]:
    """The service over it."""
    with TestClient(service_over(memory), base_url="http://127.0.0.1") as opened:
        yield opened


def pages(service: TestClient, path: str, turn: Callable[[list[Any]], dict[str, object]]) -> list[Any]:
    """What the pages of three items have together."""
    found: list[Any] = []
    while True:
        asked = turn(found) if found else {}
        page = service.get(f"{ROOT}/{path}", params={"limit": 3, **asked}).raise_for_status().json()
        found += page
        if len(page) < 3:
            return found


@pytest.mark.parametrize("path", ["jobs", "operations", "runs", "receipts"])
def test_a_page_begins_after_the_last_item(service: TestClient, path: str) -> None:
    """The pages have every item once, in the order of the whole list."""
    whole = service.get(f"{ROOT}/{path}").json()
    assert len(whole) == COUNT
    assert pages(service, path, lambda found: {"after": found[-1]["id"]}) == whole


@pytest.mark.parametrize("path", ["jobs/o-0/rejections", "operations/o-0/rejections", "jobs/o-0/dead-letters"])
def test_a_page_leaves_out_what_was_read(service: TestClient, path: str) -> None:
    """Rows of a job have no id; they are counted."""
    whole = service.get(f"{ROOT}/{path}").json()
    assert len(whole) == COUNT
    assert pages(service, path, lambda found: {"skip": len(found)}) == whole


@pytest.mark.parametrize("path", ["jobs", "runs", "receipts"])
def test_no_page_begins_after_what_is_not_there(service: TestClient, path: str) -> None:
    """An empty page would read as the end of the list."""
    answer = service.get(f"{ROOT}/{path}", params={"after": "x-unknown"})
    assert (answer.status_code, "x-unknown" in answer.json()["detail"]) == (404, True)


@pytest.mark.parametrize("path", ["jobs", "jobs/o-0/rejections", "jobs/o-0/dead-letters"])
def test_one_answer_is_bounded(service: TestClient, path: str) -> None:
    """By default and at most 10,000 items."""
    assert service.get(f"{ROOT}/{path}", params={"limit": MAX_LISTED}).status_code == 200
    for query in ({"limit": MAX_LISTED + 1}, {"limit": 0}):
        assert service.get(f"{ROOT}/{path}", params=query).status_code == 422


def test_a_run_is_listed_after_another_of_the_same_filter(memory: Memory) -> None:
    """The cursor and the conditions hold together; a run that does not meet them may be the cursor."""
    memory.feedback("r-0", "wrong")
    unknown = [one.id for one in memory.runs(outcome="unknown")]
    assert [one.id for one in memory.runs(outcome="unknown", after=unknown[1])] == unknown[2:]
    assert memory.runs(after=memory.runs()[-1].id) == []
    with pytest.raises(NotFound, match="r-none"):
        memory.runs(after="r-none")
    with pytest.raises(NotFound, match="q-none"):
        memory.receipts(after="q-none")


def test_the_library_and_the_client_list_all(memory: Memory, service: TestClient) -> None:
    """However many requests that takes."""
    many = tuple(Rejection(f"day.jsonl:{number}", "not JSON") for number in range(MAX_LISTED + 1))
    memory.store.writer.write(Namespace("many"), Batch(rejections=many, job=JOB))
    client = Client("http://127.0.0.1", transport=ServiceTransport(service))
    found = memory.rejections(JOB.id, namespace="many")
    assert found == client.rejections(JOB.id, namespace="many") == list(many)
    assert memory.jobs() == client.jobs()
    assert len(service.get(f"/v1/namespaces/many/jobs/{JOB.id}/rejections").json()) == MAX_LISTED


def test_a_negative_skip_is_refused(memory: Memory, service: TestClient) -> None:
    """By both, before anything is read."""
    with pytest.raises(BadInput, match="skip must be from 0"):
        memory.send(ListRejections(job_id="o-0", skip=-1))
    assert service.get(f"{ROOT}/jobs/o-0/rejections", params={"skip": -1}).status_code == 422
