"""Upkeep through the service: jobs that reindex, compact, back up, import and harvest; exports; progress as events."""

import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from midthought.api.keyring import ApiKey, Keyring
from midthought.api.python.memory import Memory, core_of, open_memory, resume_jobs
from midthought.api.rest.job_events import event_id
from midthought.api.settings import Settings
from midthought.api.upkeep_tasks import UpkeepTask
from midthought.memory.maintenance.backup import restore_backup
from midthought.memory.records.job import JobState
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.retrieval.encoders.base import Vectors
from midthought.retrieval.encoders.hashing import HashingEncoder

from .conftest import LESSON, PROCEDURE, TRACE, give_model, service_over

ROOT = "/v1/namespaces/default"
WAIT = {"Prefer": "wait=60"}


class HeldEncoder(HashingEncoder):
    """Another encoder, which encodes documents only once it may."""

    def __init__(self) -> None:
        super().__init__(dimension=64)
        self.identity = replace(self.identity, name="held")
        self.begun, self.may = threading.Event(), threading.Event()

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Wait, and encode."""
        self.begun.set()
        assert self.may.wait(20)
        return super().encode_documents(texts)


@pytest.fixture
def client(memory: Memory, tmp_path: Path) -> Iterator[TestClient]:
    """The service over a memory with two entries and a trace, with a directory for backups."""
    memory.add_entries([LESSON, PROCEDURE])
    memory.ingest(TRACE)
    app = service_over(memory, Settings(max_body_mb=1))
    app.state.settings = Settings(backups=tmp_path / "backups", max_body_mb=1)
    with TestClient(app, base_url="http://127.0.0.1") as opened:
        yield opened


def ended(client: TestClient, answer: Any) -> dict[str, Any]:
    """The job that an answer names, when it has ended."""
    assert answer.status_code == 202, answer.text
    found = client.get(f"{answer.headers['location']}/wait", params={"seconds": 60})
    assert found.status_code == 200, found.text
    record: dict[str, Any] = found.json()
    return record


def test_a_backup_is_a_job_that_makes_a_folder(client: TestClient, memory: Memory, tmp_path: Path) -> None:
    """In the directory of the settings, under the name that the job tells; it restores to the same entries."""
    job = ended(client, client.post("/v1/backups"))
    assert (job["kind"], job["state"], job["error"]) == ("backup", "finished", None)
    folder = tmp_path / "backups" / job["source"]
    restore_backup(folder, tmp_path / "restored")
    with open_memory(tmp_path / "restored", encoder=HashingEncoder(), starter=False) as restored:
        assert restored.list_entries() == memory.list_entries()
        # The job runs while it is copied; in the copy it must not be work that is left.
        assert {one.id: one.state for one in restored.jobs()}[job["id"]] is JobState.FINISHED
        assert restored.store.reader.waiting_jobs() == []
    again = ended(client, client.post("/v1/backups"))
    assert again["source"] != job["source"]
    assert len(list((tmp_path / "backups").iterdir())) == 2


def test_the_end_of_a_job_may_be_waited_for(client: TestClient, tmp_path: Path) -> None:
    """200 with the ended job, also if the request is sent again; who asks not to wait gets 202."""
    headers = {"Prefer": "wait=60", "Idempotency-Key": "before the move"}
    first, again = (client.post("/v1/backups", headers=headers) for _ in range(2))
    assert (first.status_code, first.json()["state"], first.headers["Preference-Applied"]) == (
        200,
        "finished",
        "wait=60",
    )
    assert (again.status_code, again.json()) == (200, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    assert client.get(first.headers["Location"]).json() == first.json()
    assert [one.name for one in (tmp_path / "backups").iterdir()] == [first.json()["source"]]
    for path in ("/v1/compact", "/v1/namespaces/default/retention"):
        assert client.post(path, headers={"Prefer": "wait=60"}).json()["state"] == "finished", path
    ended(client, client.post("/v1/backups", headers={"Prefer": "respond-async"}))


def test_a_service_without_a_directory_makes_no_backup(memory: Memory) -> None:
    """It says which setting is missing; a caller can name no path at all."""
    with TestClient(service_over(memory), base_url="http://127.0.0.1") as client:
        assert "set `backups`" in client.post("/v1/backups").json()["detail"]
        assert client.post("/v1/backups", json={"name": "../there"}).status_code == 400
        assert client.post("/v1/reindex", json={"encoder": "/etc/passwd"}).status_code == 400


def test_compaction_is_a_job(client: TestClient, memory: Memory) -> None:
    """What was forgotten is in no file any more, and the service answers as before."""
    client.delete(f"{ROOT}/entries/{LESSON.id}")
    job = ended(client, client.post("/v1/compact"))
    assert (job["kind"], job["state"]) == ("compact", "finished")
    files = [one.read_bytes() for one in memory.store.path.rglob("*") if one.is_file()]
    assert not any(LESSON.suggestion.encode() in one for one in files)
    assert client.post(f"{ROOT}/recall", json={"query": PROCEDURE.key}).json()["hits"][0]["id"] == PROCEDURE.id


def hold(memory: Memory) -> HeldEncoder:
    """Let reindexing use an encoder that waits."""
    encoder, upkeep = HeldEncoder(), core_of(memory).jobs.upkeep
    upkeep.plan = replace(upkeep.plan, make_encoder=lambda _: encoder)
    return encoder


def test_a_reindex_shows_its_progress_and_ends_with_another_encoder(client: TestClient, memory: Memory) -> None:
    """The same request while it runs is the same job."""
    encoder = hold(memory)
    answer = client.post("/v1/reindex", json={"encoder": "hashing"})
    assert encoder.begun.wait(20)
    assert client.post("/v1/reindex", json={"encoder": "hashing"}).json()["id"] == answer.json()["id"]
    assert client.get(answer.headers["location"]).json()["state"] == "running"
    encoder.may.set()
    job = ended(client, answer)
    assert (job["state"], job["progress"]["done"]) == ("finished", job["progress"]["total"])
    assert [one["encoder"]["name"] for one in client.get("/v1/generations").json()][-1] == "held"
    assert client.get("/health/ready").json()["encoder"] == "held"


def test_a_reindex_is_cancelled_and_retried(client: TestClient, memory: Memory) -> None:
    """The old encoder stays in use until it has finished."""
    encoder = hold(memory)
    answer = client.post("/v1/reindex", json={"encoder": "hashing"})
    place = answer.headers["location"]
    assert encoder.begun.wait(20)
    client.post(f"{place}/cancel")
    encoder.may.set()
    assert ended(client, answer)["state"] == "cancelled"
    assert memory.encoder.identity.name == "hashing"
    assert ended(client, client.post(f"{place}/retry"))["state"] == "finished"
    assert memory.encoder.identity.name == "held"


def test_an_accepted_job_is_run_by_the_next_process(tmp_path: Path) -> None:
    """It was recorded before it was accepted, with what was sent for it."""
    with open_memory(tmp_path / "first", encoder=HashingEncoder(), starter=False) as first:
        first.add_entries([LESSON])
        first.export(tmp_path / "export.jsonl")
    with open_memory(tmp_path / "second", encoder=HashingEncoder(), starter=False) as second:
        core = core_of(second)
        core.jobs.close()  # as if the process was killed: what is accepted is not run
        with (tmp_path / "export.jsonl").open("rb") as stream:
            name, digest = core.store.uploads.keep(stream)
        told = {"format": "auto", "digest": digest}
        job = core.jobs.upkeep.accept(UpkeepTask.IMPORT, DEFAULT_NAMESPACE, told, source="upload", upload=name)
        assert job.state is JobState.QUEUED
    with open_memory(tmp_path / "second", encoder=HashingEncoder(), starter=False) as second:
        resume_jobs(second)
        assert second.wait_job(job.id, timeout=60).state is JobState.FINISHED
        assert [one.entry for one in second.list_entries()] == [LESSON]
        assert core_of(second).store.uploads.names() == set()


def test_an_export_is_imported_again(client: TestClient, memory: Memory) -> None:
    """What is sent down and up again is the same namespace: entries, traces and jobs."""
    exported = client.get(f"{ROOT}/export", params={"vectors": True})
    assert exported.headers["content-type"] == "application/x-ndjson"
    assert exported.headers["content-disposition"] == 'attachment; filename="default.jsonl"'
    assert len(exported.content) == int(exported.headers["content-length"])
    answer = client.post("/v1/namespaces/copy/import", content=exported.content, headers=WAIT)
    assert (answer.status_code, answer.json()["state"]) == (200, "finished"), answer.text
    assert answer.headers["preference-applied"] == "wait=60"
    assert [one.entry for one in memory.list_entries(namespace="copy")] == [one.entry for one in memory.list_entries()]
    assert memory.list_trajectories(namespace="copy") == memory.list_trajectories()
    assert core_of(memory).store.uploads.names() == set()


def test_what_cannot_be_imported_fails_its_job(client: TestClient) -> None:
    """With the reason; an empty body is refused at once, and an empty namespace cannot be exported."""
    job = ended(client, client.post("/v1/namespaces/copy/import", content=b'{"row":{}, "torn'))
    assert job["state"] == "failed"
    assert "upload: " in job["error"]
    assert "/" not in job["error"]
    assert client.post("/v1/namespaces/copy/import", content=b"").status_code == 400
    client.put("/v1/namespaces/empty", json={"starter": False})
    assert client.get("/v1/namespaces/empty/export").status_code == 404
    too_large = client.post("/v1/namespaces/copy/import", content=b" " * ((1 << 20) + 1))
    assert too_large.status_code == 413


def test_a_harvest_is_a_job(client: TestClient, memory: Memory) -> None:
    """Its attempts are learnt from, in a job of the kind that a harvest records."""
    upkeep = core_of(memory).jobs.upkeep
    asked = client.post(f"{ROOT}/harvest", json={"tasks": [{"question": "What is 12 * 12?", "gold": "144"}]})
    assert (asked.status_code, "no language model" in asked.json()["detail"]) == (501, True)
    give_model(memory)
    upkeep.plan = replace(upkeep.plan, harvest=memory.harvest)
    told: dict[str, object] = {"tasks": [{"question": "What is 12 * 12?", "gold": "144"}], "samples": 2}
    job = ended(client, client.post(f"{ROOT}/harvest", json=told))
    assert job["state"] == "finished", job
    report = client.get(f"{ROOT}/jobs/{job['id']}/report").json()["harvest"]
    assert (report["job"]["kind"], [one["attempts"] for one in report["rounds"]]) == ("harvest", [2])
    for wrong in ({}, told | {"generated": "reasoning-gym:knights"}, {"generated": "/etc/passwd"}):
        assert client.post(f"{ROOT}/harvest", json=wrong).status_code == 400
    assert "harvest" in {one["kind"] for one in client.get(f"{ROOT}/jobs").json()}


def read_events(text: str) -> list[tuple[str, str, dict[str, Any]]]:
    """The id, type and data of each event."""
    found = []
    for block in text.split("\n\n"):
        told = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if told:
            found.append((told["id"], told["event"], json.loads(told["data"])))
    return found


def test_events_show_a_job_until_its_end(client: TestClient, memory: Memory) -> None:
    """Each is the whole job, the last is its end; a reader that comes back gets only what it has not seen."""
    encoder = hold(memory)
    place = client.post("/v1/reindex", json={"encoder": "hashing"}).headers["location"]
    assert encoder.begun.wait(20)
    threading.Timer(0.2, encoder.may.set).start()
    answer = client.get(f"{place}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = read_events(answer.text)
    assert [kind for _, kind, _ in events] == ["progress"] * (len(events) - 1) + ["end"]
    assert [one["state"] for _, _, one in events][-1] == "finished"
    assert len({name for name, _, _ in events}) == len(events)
    seen = {"Last-Event-ID": events[-1][0]}
    assert client.get(f"{place}/events", headers=seen).status_code == 204
    earlier = client.get(f"{place}/events", headers={"Last-Event-ID": "another"})
    assert [name for name, _, _ in read_events(earlier.text)] == [events[-1][0]]
    assert event_id(memory.get_job(events[-1][2]["id"])) == events[-1][0]


@pytest.mark.parametrize("path", ["/v1/reindex", "/v1/compact", "/v1/backups"])
def test_upkeep_of_the_whole_needs_a_key_for_all(memory: Memory, path: str) -> None:
    """A key of one namespace may not begin it."""
    keys = Keyring((ApiKey("own", ("own",)),))
    client = TestClient(service_over(memory, Settings(api_keys=keys)), base_url="http://127.0.0.1")
    answer = client.post(path, json={"encoder": "hashing"}, headers={"Authorization": "Bearer own"})
    assert answer.status_code == 403
