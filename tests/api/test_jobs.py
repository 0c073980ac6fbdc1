"""Ingestions as jobs: accepted before they run, found by key, stopped, run again, and followed from every entrance."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from midthought.api.python.memory import Memory, open_memory, resume_jobs
from midthought.api.rest.preference import Preference, read_preference
from midthought.api.settings import Settings
from midthought.ingest.ingestion import Ingestion
from midthought.ingest.stream.records import BATCH
from midthought.memory.errors import BadInput, NotFound
from midthought.memory.records.batch import Batch
from midthought.memory.records.dead_letter import DeadLetter
from midthought.memory.records.job import Counts, Job, JobState
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.retrieval.encoders.hashing import HashingEncoder

from .conftest import TRACE, Cli, service_over

OWNER = DEFAULT_NAMESPACE
RECORDS = 3 * BATCH
UPLOADED = [{"question": f"What is {one} doubled?", "thought": f"It is {2 * one}."} for one in range(RECORDS)]
PATH = "/v1/namespaces/default/trajectories"


class Gate(HashingEncoder):
    """An encoder that waits at its first text until it is let on: whatever runs meanwhile is in the middle."""

    def __init__(self) -> None:
        super().__init__()
        self.reached, self.open = threading.Event(), threading.Event()

    def encode_documents(self, texts: Any) -> Any:
        """Encode once the gate is open."""
        self.reached.set()
        assert self.open.wait(30)
        return super().encode_documents(texts)


@pytest.fixture
def gated(tmp_path: Path, lay_store: Callable[[Path], Path]) -> Iterator[tuple[Memory, Gate]]:
    """A memory whose first batch that teaches stops at a gate, which is opened at the end."""
    gate = Gate()
    with open_memory(lay_store(tmp_path / "gated"), encoder=gate, starter=False) as memory:
        yield memory, gate
        gate.open.set()


@pytest.fixture
def traces(tmp_path: Path) -> Path:
    """A file of three batches, of which the second teaches."""
    file = tmp_path / "traces.jsonl"
    lines = [*UPLOADED[:BATCH], TRACE, *UPLOADED[BATCH:]]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return file


def kept(memory: Memory) -> list[str]:
    """The bodies that are kept to be read."""
    folder = Path(memory.store.path) / "uploads"
    return sorted(file.name for file in folder.iterdir()) if folder.is_dir() else []


def test_a_job_is_returned_before_it_has_run(gated: tuple[Memory, Gate], traces: Path) -> None:
    """It is recorded then, tells how far it is, and ends as the ingestion that is waited for."""
    memory, gate = gated
    job = memory.ingest(traces, wait=False)
    assert job.state is JobState.QUEUED
    assert gate.reached.wait(30)
    running = memory.wait_job(job.id, timeout=0)
    assert (running.state, running.position, running.progress.total) == (JobState.RUNNING, BATCH, RECORDS + 1)
    assert running.progress.rate > 0
    gate.open.set()
    ended = memory.wait_job(job.id)
    assert (ended.state, ended.counts.read) == (JobState.FINISHED, RECORDS + 1)
    assert ended.progress.seconds_left == 0
    assert memory.jobs() == [ended]
    memory.check_integrity()


def test_two_jobs_at_once(gated: tuple[Memory, Gate], traces: Path) -> None:
    """One runs and the other waits for its turn; both end, and nothing is stored twice."""
    memory, gate = gated
    first, second = memory.ingest(traces, wait=False), memory.ingest([*UPLOADED[5:], TRACE], wait=False)
    assert gate.reached.wait(30)
    assert memory.get_job(second.id).state is JobState.QUEUED
    meanwhile = threading.Thread(target=memory.ingest, args=(UPLOADED[:5],))
    meanwhile.start()
    gate.open.set()
    meanwhile.join()
    ended = [memory.wait_job(one.id) for one in (first, second)]
    assert [one.state for one in ended] == [JobState.FINISHED] * 2
    assert len(memory.jobs()) == 3
    assert sum(one.counts.stored for one in memory.jobs()) == len(memory.list_trajectories()) == RECORDS + 1
    assert kept(memory) == []
    memory.check_integrity()


def test_a_retry_follows_a_cancellation_that_is_not_done_yet(gated: tuple[Memory, Gate], traces: Path) -> None:
    """The job runs again when its present batch has ended."""
    memory, gate = gated
    job = memory.ingest(traces, wait=False)
    assert gate.reached.wait(30)
    memory.cancel_job(job.id)
    assert memory.retry_job(job.id).state is JobState.QUEUED
    gate.open.set()
    ended = memory.wait_job(job.id)
    assert (ended.state, ended.counts.stored) == (JobState.FINISHED, RECORDS + 1)
    memory.check_integrity()


def test_a_retry_can_be_cancelled_before_it_begins(gated: tuple[Memory, Gate], traces: Path) -> None:
    """The last word counts."""
    memory, gate = gated
    job = memory.ingest(traces, wait=False)
    assert gate.reached.wait(30)
    for act in (memory.cancel_job, memory.retry_job, memory.cancel_job):
        act(job.id)
    gate.open.set()
    assert memory.wait_job(job.id).state is JobState.CANCELLED
    assert memory.retry_job(job.id).state is JobState.QUEUED
    assert memory.wait_job(job.id).state is JobState.FINISHED


def test_a_job_that_is_cancelled_while_it_waits_for_its_runner_does_not_run(
    gated: tuple[Memory, Gate], traces: Path
) -> None:
    """Another thread ran the same content; when that has ended, nothing is left to do."""
    memory, gate = gated
    memory.ingest(traces, wait=False)
    assert gate.reached.wait(30)
    waiting = memory.ingest([{"question": "Alone?", "thought": "Alone."}], wait=False)
    with memory.store.writer.claim_job(waiting.id):
        gate.open.set()
        time.sleep(0.2)  # the thread may wait for the claim by now; if it does not yet, it finds no ticket
        memory.cancel_job(waiting.id)
    last = memory.ingest([{"question": "Last?", "thought": "Last."}], wait=False)
    assert memory.wait_job(last.id).state is JobState.FINISHED
    assert memory.get_job(waiting.id).position == 0


def test_a_job_is_cancelled_in_the_middle_and_run_again(gated: tuple[Memory, Gate], traces: Path) -> None:
    """Its present batch is stored, the memory is consistent, and a retry goes on where it stopped."""
    memory, gate = gated
    job = memory.ingest(traces, wait=False)
    assert gate.reached.wait(30)
    assert memory.cancel_job(job.id).state is JobState.RUNNING
    gate.open.set()
    cancelled = memory.wait_job(job.id)
    assert (cancelled.state, cancelled.position) == (JobState.CANCELLED, 2 * BATCH)
    memory.check_integrity()
    assert memory.retry_job(job.id).state is JobState.QUEUED
    ended = memory.wait_job(job.id)
    assert (ended.state, ended.counts.read, ended.counts.merged) == (JobState.FINISHED, RECORDS + 1, 0)
    with pytest.raises(BadInput, match=f"job {job.id} is finished"):
        memory.retry_job(job.id)
    with pytest.raises(BadInput, match="nothing is left to cancel"):
        memory.cancel_job(job.id)


def test_a_queued_job_is_cancelled_at_once(gated: tuple[Memory, Gate], traces: Path) -> None:
    """It is not run, and what was sent for it is kept until it is run again."""
    memory, gate = gated
    memory.ingest(traces, wait=False)
    assert gate.reached.wait(30)
    second = memory.ingest([TRACE, *UPLOADED], wait=False)
    assert memory.cancel_job(second.id).state is JobState.CANCELLED
    gate.open.set()
    memory.close()
    with open_memory(memory.store.path, encoder=HashingEncoder(), starter=False) as opened:
        resume_jobs(opened)
        assert opened.get_job(second.id).position == 0
        assert len(kept(opened)) == 1
        opened.retry_job(second.id)
        assert opened.wait_job(second.id).state is JobState.FINISHED
        assert kept(opened) == []


def test_closing_stops_jobs_and_a_service_goes_on(gated: tuple[Memory, Gate], traces: Path) -> None:
    """What was accepted is interrupted, and run when jobs are resumed, without being sent again."""
    memory, gate = gated
    jobs = [memory.ingest(traces, wait=False), memory.ingest([TRACE, *UPLOADED], wait=False)]
    assert gate.reached.wait(30)
    closing = threading.Thread(target=memory.close)
    closing.start()
    while not memory._core.jobs._thread._stopping.is_set():
        closing.join(0.01)
    gate.open.set()
    closing.join()
    with open_memory(memory.store.path, encoder=HashingEncoder(), starter=False) as opened:
        assert [one.state for one in opened.jobs()] == [JobState.INTERRUPTED] * 2
        assert opened.jobs()[0].position == 2 * BATCH
        resume_jobs(opened)
        ended = [opened.wait_job(one.id) for one in jobs]
        assert [(one.state, one.counts.read) for one in ended] == [(JobState.FINISHED, RECORDS + 1)] * 2
        assert len(opened.list_trajectories()) == RECORDS + 1
        assert kept(opened) == []
        opened.check_integrity()


@pytest.mark.parametrize("wait", [True, False])
def test_the_same_key_gives_the_same_job(memory: Memory, traces: Path, *, wait: bool) -> None:
    """Also when it is finished; other content or another choice under the key is refused, and nothing is read."""
    first = memory.ingest([TRACE, *UPLOADED], idempotency_key="night 1", wait=wait)
    assert memory.wait_job(first.id).state is JobState.FINISHED
    again = memory.ingest([TRACE, *UPLOADED], idempotency_key="night 1", wait=wait)
    assert (again.id, again.counts.read) == (first.id, RECORDS + 1)
    with pytest.raises(BadInput, match=f"'night 1' was given with other content, as job {first.id}"):
        memory.ingest(UPLOADED, idempotency_key="night 1", wait=wait)
    with pytest.raises(BadInput, match="night 1"):
        memory.ingest([TRACE, *UPLOADED], idempotency_key="night 1", draft=True, wait=wait)
    with pytest.raises(BadInput, match="idempotency_key must be"):
        memory.ingest(UPLOADED, idempotency_key="n\n", wait=wait)
    other = memory.ingest([TRACE, *UPLOADED], idempotency_key="night 2", wait=True)
    assert (other.id != first.id, other.counts.merged) == (True, RECORDS + 1)
    in_file = memory.ingest(traces, idempotency_key="night 1 in a file", wait=True)
    assert in_file.id not in (first.id, other.id)
    assert [one.id for one in memory.jobs()] == [first.id, other.id, in_file.id]
    assert kept(memory) == []


def test_an_ingestion_that_was_waited_for_is_run_again_by_its_id(memory: Memory, traces: Path) -> None:
    """If its file is still there, and as it was; of a stream nothing was kept."""

    def cancel(progress: Any) -> None:
        if progress.done == BATCH:
            memory.cancel_job(memory.jobs()[-1].id)

    job = memory.ingest(traces, on_progress=cancel)
    assert (job.state, job.position) == (JobState.CANCELLED, BATCH)
    memory.retry_job(job.id)
    assert memory.wait_job(job.id).counts.read == RECORDS + 1
    streamed = memory.ingest(UPLOADED[:1] * (2 * BATCH), on_progress=cancel)
    assert streamed.state is JobState.CANCELLED
    with pytest.raises(BadInput, match="ingest the same content again"):
        memory.retry_job(streamed.id)
    with pytest.raises(NotFound):
        memory.retry_job("o-none")


def test_a_job_that_cannot_be_read_fails_with_its_cause(memory: Memory, traces: Path) -> None:
    """Loudly: its state and its error say so, and it can be run again once the cause is gone."""
    text = traces.read_text()

    def cancel(progress: Any) -> None:
        memory.cancel_job(memory.jobs()[-1].id)

    job = memory.ingest(traces, on_progress=cancel)
    traces.write_text(text + "{}\n")
    memory.retry_job(job.id)
    failed = memory.wait_job(job.id)
    assert failed.state is JobState.FAILED
    assert "has changed since job" in failed.error
    traces.write_text(text)
    memory.retry_job(job.id)
    ended = memory.wait_job(job.id)
    assert (ended.state, ended.error) == (JobState.FINISHED, None)


@pytest.fixture
def service(memory: Memory) -> Iterator[TestClient]:
    """The service over that memory."""
    with TestClient(service_over(memory), base_url="http://127.0.0.1") as client:
        yield client


def body(*records: dict[str, Any]) -> str:
    """Records as lines."""
    return "".join(json.dumps(one) + "\n" for one in records)


def test_an_upload_is_accepted_and_followed(service: TestClient, memory: Memory) -> None:
    """202 says where the job is; there it can be waited for, and its body is gone when it has ended."""
    answer = service.post(PATH, content=body(TRACE, *UPLOADED), headers={"Prefer": "respond-async"})
    assert (answer.status_code, answer.headers["Preference-Applied"]) == (202, "respond-async")
    place = answer.headers["Location"]
    assert place == f"/v1/namespaces/default/jobs/{answer.json()['job']['id']}"
    ended = service.get(f"{place}/wait", params={"seconds": 30}).json()
    assert (ended["state"], ended["counts"]["read"]) == ("finished", RECORDS + 1)
    assert service.get(place).json() == ended
    assert service.get(f"{place}/dead-letters").json() == []
    assert kept(memory) == []
    assert service.post(f"{place}/cancel").status_code == 400
    assert service.post(f"{place}/retry").status_code == 400
    assert service.post("/v1/namespaces/default/jobs/o-none/cancel").status_code == 404


def test_an_accepted_upload_keeps_the_limits_of_the_service(memory: Memory) -> None:
    """A record that is too long is rejected in the background, too."""
    settings = Settings(max_thought_characters=len(TRACE["thought"]) - 1)
    with TestClient(service_over(memory, settings), base_url="http://127.0.0.1") as client:
        answer = client.post(PATH, content=body(TRACE, *UPLOADED[:2]), headers={"Prefer": "respond-async"})
        ended = client.get(f"{answer.headers['Location']}/wait", params={"seconds": 30}).json()
    assert (ended["state"], ended["counts"]["stored"], ended["counts"]["rejected"]) == ("finished", 2, 1)


def test_an_upload_may_be_waited_for(service: TestClient) -> None:
    """200 with what it did if it ends in time; without the header it is answered when all is stored."""
    answer = service.post(PATH, content=body(TRACE, {"question": "Q?"}), headers={"Prefer": "wait=30"})
    assert (answer.status_code, answer.headers["Preference-Applied"]) == (200, "wait=30")
    assert (answer.json()["job"]["state"], len(answer.json()["rejections"])) == ("finished", 1)
    direct = service.post(PATH, content=body(TRACE))
    assert (direct.status_code, "Location" in direct.headers) == (200, False)


def test_an_upload_has_its_key(service: TestClient) -> None:
    """The same key gives the same job, another body under it is refused."""
    headers = {"Idempotency-Key": "night-1"}
    first, again = (service.post(PATH, content=body(TRACE), headers=headers) for _ in range(2))
    assert first.json()["job"]["id"] == again.json()["job"]["id"]
    assert service.post(PATH, content=body(*UPLOADED), headers=headers).status_code == 400
    assert service.post(PATH, content=body(TRACE), headers={"Idempotency-Key": "x" * 201}).status_code == 400


def test_what_cannot_be_read_is_refused_before_it_is_accepted(service: TestClient, memory: Memory) -> None:
    """No job is made of it, and nothing is kept."""
    answer = service.post(PATH, content=body({"question": "Q?"}), headers={"Prefer": "respond-async"})
    assert answer.status_code == 422
    assert (memory.jobs(), kept(memory)) == ([], [])


def test_a_service_runs_what_one_before_it_accepted(gated: tuple[Memory, Gate]) -> None:
    """From the bodies that were kept."""
    memory, gate = gated
    job = memory.ingest([TRACE, *UPLOADED], wait=False)
    assert gate.reached.wait(30)
    closing = threading.Thread(target=memory.close)
    closing.start()
    while not memory._core.jobs._thread._stopping.is_set():
        closing.join(0.01)
    gate.open.set()
    closing.join()
    with (
        open_memory(memory.store.path, encoder=HashingEncoder(), starter=False) as opened,
        TestClient(service_over(opened), base_url="http://127.0.0.1") as client,
    ):
        found = client.get(f"/v1/namespaces/default/jobs/{job.id}/wait", params={"seconds": 30}).json()
        while found["state"] != "finished":  # it may not have begun
            found = client.get(f"/v1/namespaces/default/jobs/{job.id}/wait", params={"seconds": 1}).json()
        assert found["counts"]["read"] == RECORDS + 1


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", None),
        ("return=minimal", None),
        ("respond-async", Preference(0, "respond-async")),
        ("Wait = 7", Preference(7, "wait=7")),
        ("respond-async, wait=9999", Preference(60, "respond-async, wait=60")),
        ("wait=-1", None),
        ("wait=3;foo=1, return=minimal", Preference(3, "wait=3")),
    ],
)
def test_preferences(header: str, expected: Preference | None) -> None:
    """What is not known is passed over."""
    assert read_preference(header) == expected


LETTER = DeadLetter("o-dead", "t-1", "subroutine", "How do I count?", "names no passage", "I count.\nI do.", 3)


def test_the_command_line_shows_jobs(cli: Cli, memory_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line a job; one job with its counts and dead letters, each with its cause and what the model said."""
    listed = cli("jobs", "list")
    assert listed.code == 0
    assert [line.split()[:2] for line in listed.out.splitlines()] == [
        ["o-dead", "finished"],
        ["o-stopped", "cancelled"],
    ]
    shown = cli("jobs", "show", "o-dead")
    assert "asked the language model 5 times: 900 tokens" in shown.out
    assert "cost" not in shown.out
    monkeypatch.setenv("MIDTHOUGHT_MODEL_PRICE_IN", "1000")
    assert "cost: 0.9 by the prices set" in cli("jobs", "show", "o-dead").out
    assert "dead letter t-1 subroutine 'How do I count?': names no passage (3 attempts)" in shown.out
    assert "| I count. I do." in shown.out
    record = cli("jobs", "show", "o-dead", "-o", "json").json
    assert (record["counts"]["tokens_in"], record["letters"][0]["raw"]) == (900, LETTER.raw)
    assert [one["id"] for one in cli("jobs", "list", "-o", "json").lines] == ["o-dead", "o-stopped"]


def test_an_ingestion_that_is_cancelled_meanwhile_fails(
    cli: Cli, traces: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command says which job goes on."""
    run = Ingestion.is_cancelled
    monkeypatch.setattr(Ingestion, "is_cancelled", lambda self, job: job.position > 0 or run(self, job))
    ran = cli("ingest", str(traces))
    (job,) = cli("jobs", "list", "-o", "json").lines
    assert (ran.code, job["state"], job["position"]) == (1, "cancelled", BATCH)
    assert f"`midthought jobs retry {job['id']}` goes on" in ran.err


def test_the_command_line_waits_cancels_and_retries(cli: Cli, memory_home: Path, traces: Path) -> None:
    """Errors name the job, and the exit code is 1 unless it is finished."""
    assert cli("jobs", "wait", "o-dead").code == 0
    stopped = cli("jobs", "wait", "o-stopped")
    assert (stopped.code, "job o-stopped is cancelled" in stopped.err) == (1, True)
    refused = cli("jobs", "cancel", "o-dead")
    assert (refused.code, "job o-dead is finished" in refused.err) == (1, True)
    refused = cli("jobs", "retry", "o-stopped")
    assert (refused.code, "job o-stopped has not kept what it read" in refused.err) == (1, True)
    assert cli("jobs", "show", "o-none").code == 1
    with open_memory(memory_home, encoder=HashingEncoder(), starter=False) as memory:
        job = memory.ingest(traces, on_progress=lambda progress: memory.cancel_job(memory.jobs()[-1].id))
    again = cli("jobs", "retry", job.id, "-o", "json")
    assert (again.code, again.json["state"], again.json["counts"]["read"]) == (0, "finished", RECORDS + 1)


@pytest.fixture
def memory_home(home: Path, lay_store: Callable[[Path], Path]) -> Path:
    """The directory the command line works on, with a finished job that has a dead letter, and a cancelled one."""
    with open_memory(lay_store(home), encoder=HashingEncoder(), starter=False) as memory:
        counts = Counts(read=1, merged=1, calls=5, tokens_in=900, tokens_out=70, dead_letters=1)
        job = Job("o-dead", "ingest", "night.jsonl", JobState.FINISHED, 1, counts)
        memory.store.writer.write(OWNER, Batch(job=job, dead_letters=(LETTER,)))
        memory.store.writer.put_job(OWNER, Job("o-stopped", "ingest", "more.jsonl", JobState.CANCELLED))
    return home


def test_a_retry_says_how_many_dead_letters_it_answered(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None by a model that recites, which fails again; the line stands under that of the job."""
    monkeypatch.setenv("MIDTHOUGHT_ENGINE", "scripted")
    monkeypatch.setenv("MIDTHOUGHT_MODEL", "recites")
    file = tmp_path / "one.jsonl"
    file.write_text(json.dumps({**TRACE, "outcome": "correct"}) + "\n")
    assert cli("ingest", str(file)).code == 0
    (job,) = cli("jobs", "list", "-o", "json").lines
    letters = len(cli("jobs", "show", job["id"], "-o", "json").json["letters"])
    assert letters
    again = cli("jobs", "retry", job["id"])
    assert again.code == 0, again.err
    assert again.out.splitlines()[-1] == f"  0 of {letters} dead letters answered now"
