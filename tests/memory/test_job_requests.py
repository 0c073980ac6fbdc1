"""How jobs are asked for, wait, are cancelled and make progress; and the bodies that are kept for them."""

import io
from dataclasses import replace
from pathlib import Path

import pytest

from midthought.memory.errors import BadInput, NotFound
from midthought.memory.maintenance.compact import compact_store
from midthought.memory.records.batch import Batch
from midthought.memory.records.job import Counts, Job, JobState
from midthought.memory.records.job_progress import JobProgress, measure_progress
from midthought.memory.records.job_request import JobRequest
from midthought.memory.records.namespace import Namespace
from midthought.memory.store import Store
from midthought.memory.uploads import Uploads

from .conftest import ENCODER, OWNER

JOB = Job("o-1", "ingest", "traces.jsonl", JobState.QUEUED)
ASKED = JobRequest("o-1", "key-1", "d-1", "{}", waits=True)
OTHER = Namespace("other")


def test_a_request_is_found_by_job_and_key(store: Store) -> None:
    """In its namespace alone; asked for again under the same key it is replaced, under another it is added."""
    store.writer.accept_job(OWNER, JOB, ASKED)
    store.writer.accept_job(OTHER, JOB, replace(ASKED, digest="d-2"))
    assert store.reader.request_of_key(OWNER, "key-1") == ASKED
    assert store.reader.find_request(OWNER, "o-1") == ASKED
    assert store.reader.request_of_key(OWNER, "key-2") is None
    assert store.reader.find_request(OWNER, "o-2") is None
    again, more = replace(ASKED, content="[]"), replace(ASKED, key="key-2")
    for one in (again, more):
        store.writer.put_request(OWNER, one)
    assert store.reader.request_of_key(OWNER, "key-1") == again
    assert store.reader.request_of_key(OWNER, "key-2") == more
    store.writer.forget_namespace(OTHER)
    assert store.reader.find_request(OTHER, "o-1") is None


def test_jobs_wait_until_they_are_told_not_to(store: Store) -> None:
    """Also after the store was opened again; each once, oldest first."""
    for number in (2, 1):
        store.writer.accept_job(OWNER, replace(JOB, id=f"o-{number}"), replace(ASKED, job_id=f"o-{number}"))
    store.writer.put_request(OWNER, replace(ASKED, key="key-2"))
    store.close()
    with Store(store.path, encoder=ENCODER) as opened:
        assert opened.reader.waiting_jobs() == [(OWNER, "o-2"), (OWNER, "o-1")]
        opened.writer.set_waiting(OWNER, "o-1", waits=False)
        assert opened.reader.waiting_jobs() == [(OWNER, "o-2")]


def test_a_queued_job_that_nobody_will_run_is_interrupted(store: Store) -> None:
    """As one is that was running when its process was killed."""
    store.writer.accept_job(OWNER, JOB, ASKED)
    assert store.reader.get_job(OWNER, "o-1").state is JobState.INTERRUPTED
    store.writer.queue_job("o-1")
    assert store.reader.get_job(OWNER, "o-1").state is JobState.QUEUED


def test_a_job_that_does_not_run_is_cancelled_at_once(store: Store) -> None:
    """And does not wait any more."""
    store.writer.accept_job(OWNER, JOB, ASKED)
    store.writer.cancel_job(OWNER, "o-1")
    assert store.reader.get_job(OWNER, "o-1").state is JobState.CANCELLED
    assert store.reader.waiting_jobs() == []
    with pytest.raises(NotFound):
        store.writer.cancel_job(OWNER, "o-2")


def test_a_running_job_is_asked_to_stop(store: Store) -> None:
    """Its state is that of its runner, and a restart does not run it again."""
    store.writer.accept_job(OWNER, replace(JOB, state=JobState.RUNNING), ASKED)
    with store.writer.claim_job("o-1"):
        store.writer.cancel_job(OWNER, "o-1")
        assert store.reader.is_cancelling("o-1")
        assert store.reader.get_job(OWNER, "o-1").state is JobState.RUNNING
        assert store.reader.waiting_jobs() == []
    store.writer.allow_job("o-1")
    assert not store.reader.is_cancelling("o-1")


def test_a_finished_job_cannot_be_cancelled(store: Store) -> None:
    """The error names it."""
    store.writer.put_job(OWNER, replace(JOB, state=JobState.FINISHED))
    with pytest.raises(BadInput, match="job o-1 is finished"):
        store.writer.cancel_job(OWNER, "o-1")


def test_progress_is_told_from_the_last_run(store: Store) -> None:
    """A job that never ran has none; one that runs has what its commits tell."""
    store.writer.put_job(OWNER, JOB)
    assert store.reader.get_job(OWNER, "o-1").progress is None
    running = replace(JOB, state=JobState.RUNNING, position=4)
    store.writer.begin_run(OWNER, running, stage="ingest", total=10)
    assert store.reader.get_job(OWNER, "o-1").progress == JobProgress("ingest", 4, 10)
    store.writer.write(OWNER, Batch(job=replace(running, position=8, counts=Counts(read=8, merged=8))))
    progress = store.reader.list_jobs(OWNER)[0].progress
    assert (progress.done, progress.total) == (8, 10)
    assert progress.rate > 0
    assert progress.seconds_left == pytest.approx(2 / progress.rate)


@pytest.mark.parametrize(
    ("done", "total", "seconds", "expected"),
    [
        (4, 10, 2.0, JobProgress("ingest", 4, 10)),
        (8, 10, 2.0, JobProgress("ingest", 8, 10, 2.0, 1.0)),
        (8, None, 2.0, JobProgress("ingest", 8, None, 2.0)),
        (8, 10, 0.0, JobProgress("ingest", 8, 10)),
        (12, 10, 2.0, JobProgress("ingest", 12, 10, 4.0, 0.0)),
    ],
)
def test_rate_and_time_left(done: int, total: int | None, seconds: float, expected: JobProgress) -> None:
    """Of a run that began at the fourth record; without a commit or a total they are not known."""
    assert measure_progress("ingest", done, total, begun=4, seconds=seconds) == expected


def test_a_body_is_kept_whole(tmp_path: Path) -> None:
    """Under a name of its own, with the digest of its content, and nothing beside it."""
    uploads = Uploads(tmp_path)
    first, digest = uploads.keep(io.BytesIO(b"one"))
    second, same = uploads.keep(io.BytesIO(b"one"))
    assert digest == same
    assert uploads.path(first).read_bytes() == uploads.path(second).read_bytes() == b"one"
    assert {file.name for file in (tmp_path / "uploads").iterdir()} == {first, second}
    uploads.remove(first)
    uploads.remove(first)
    uploads.remove("")
    assert {file.name for file in (tmp_path / "uploads").iterdir()} == {second}


class Breaking(io.RawIOBase):
    """A stream that fails after its first block."""

    def __init__(self) -> None:
        self.blocks = [b"one"]

    def read(self, size: int = -1) -> bytes:
        if not self.blocks:
            raise BadInput("the connection is cut")
        return self.blocks.pop()


def test_half_a_body_is_not_kept(tmp_path: Path) -> None:
    """If its sender fails, nothing is left."""
    with pytest.raises(BadInput):
        Uploads(tmp_path).keep(Breaking())
    assert list((tmp_path / "uploads").iterdir()) == []


def test_compact_removes_bodies_that_no_job_waits_to_read(store: Store) -> None:
    """A cancelled or failed job is not run without its body; one that waits keeps it."""
    waits, stopped = (store.state.uploads.keep(io.BytesIO(b"zanzibar"))[0] for _ in range(2))
    store.writer.accept_job(OWNER, JOB, replace(ASKED, upload=waits))
    store.writer.accept_job(OWNER, replace(JOB, id="o-2"), replace(ASKED, job_id="o-2", upload=stopped))
    store.writer.cancel_job(OWNER, "o-2")
    compact_store(store)
    assert store.state.uploads.path(waits).exists()
    assert not store.state.uploads.path(stopped).exists()
    request = store.reader.find_request(OWNER, "o-1")
    store.writer.drop_upload(OWNER, request)
    assert not store.state.uploads.path(waits).exists()
    assert store.reader.find_request(OWNER, "o-1").upload == ""


def test_opening_removes_bodies_that_were_not_accepted(store: Store) -> None:
    """A killed process had received them; what a job is to read stays."""
    wanted, lost = (store.state.uploads.keep(io.BytesIO(b"body"))[0] for _ in range(2))
    store.writer.accept_job(OWNER, JOB, replace(ASKED, upload=wanted))
    store.close()
    with Store(store.path, encoder=ENCODER) as opened:
        assert opened.uploads.names() == {wanted} != {lost}


def test_bodies_of_a_forgotten_namespace_are_gone_after_compact(store: Store) -> None:
    """No byte of them is left in any file."""
    kept, _ = store.state.uploads.keep(io.BytesIO(b"zanzibar"))
    store.writer.accept_job(OTHER, JOB, replace(ASKED, upload=kept))
    store.writer.forget_namespace(OTHER)
    compact_store(store)
    files = [one.read_bytes() for one in Path(store.path).rglob("*") if one.is_file()]
    assert not any(b"zanzibar" in one for one in files)
