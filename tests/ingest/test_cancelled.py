"""A cancelled ingestion stops after its present batch, leaves a consistent memory, and goes on where it stopped."""

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from midthought.ingest.ingest_source import ingest_source
from midthought.ingest.ingestion import Ingestion
from midthought.ingest.progress import Progress
from midthought.ingest.stream.records import BATCH
from midthought.memory.errors import BadInput
from midthought.memory.records.job import Job, JobState
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.memory.store import Store
from midthought.retrieval.encoders.hashing import HashingEncoder

OWNER = DEFAULT_NAMESPACE
ENCODER = HashingEncoder()
RECORDS = 3 * BATCH


@pytest.fixture
def store(tmp_path: Path, lay_store: Callable[[Path], Path]) -> Iterator[Store]:
    """An empty store."""
    with Store(lay_store(tmp_path / "store"), encoder=ENCODER.identity) as opened:
        yield opened


@pytest.fixture
def traces(tmp_path: Path) -> Path:
    """A file of three batches."""
    file = tmp_path / "traces.jsonl"
    lines = [{"question": f"What is {one} doubled?", "thought": f"It is {2 * one}."} for one in range(RECORDS)]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return file


def cancel_at(store: Store, position: int) -> Callable[[Progress], None]:
    """What cancels the only job as soon as so many records are done."""

    def tell(progress: Progress) -> None:
        if progress.done == position:
            store.writer.cancel_job(OWNER, store.reader.list_jobs(OWNER)[0].id)

    return tell


def test_it_stops_after_its_present_batch(store: Store, traces: Path) -> None:
    """Its counts add up, nothing is broken, and the same content again goes on in the same job."""
    ingestion = Ingestion(store, ENCODER, OWNER)
    job = ingest_source(ingestion, traces, on_progress=cancel_at(store, BATCH))
    assert (job.state, job.position, job.counts.stored) == (JobState.CANCELLED, BATCH, BATCH)
    assert store.reader.get_job(OWNER, job.id) == job
    store.check_integrity(OWNER)
    finished = ingest_source(ingestion, traces)
    assert (finished.id, finished.state) == (job.id, JobState.FINISHED)
    assert (finished.counts.read, finished.counts.stored, finished.counts.merged) == (RECORDS, RECORDS, 0)
    assert store.reader.get_job(OWNER, job.id).progress.total == RECORDS


def test_a_given_job_is_run(store: Store, traces: Path) -> None:
    """From where it stopped, over a file and over a stream that was kept."""
    ingestion = Ingestion(store, ENCODER, OWNER)
    job = ingest_source(ingestion, traces, on_progress=cancel_at(store, 0))
    assert (job.state, job.position) == (JobState.CANCELLED, 0)
    store.writer.allow_job(job.id)
    assert ingest_source(ingestion, traces, job=job).id == job.id
    recorded = ingestion.record_job("o-kept", "ingest", "<stdin>")
    begun: list[Job] = []
    stream = io.BytesIO(traces.read_bytes())
    kept = ingest_source(ingestion, "-", stdin=stream, job=recorded, on_begin=begun.append)
    assert (kept.id, kept.state, kept.counts.merged) == ("o-kept", JobState.FINISHED, RECORDS)
    assert [one.id for one in begun] == ["o-kept"]
    assert store.reader.get_job(OWNER, "o-kept").progress.total == RECORDS


def test_a_file_that_changed_is_another_job(store: Store, traces: Path) -> None:
    """A job never goes on in the middle of other content."""
    ingestion = Ingestion(store, ENCODER, OWNER)
    job = ingest_source(ingestion, traces, on_progress=cancel_at(store, BATCH))
    traces.write_bytes(traces.read_bytes() + b"{}\n")
    with pytest.raises(BadInput, match=f"has changed since job {job.id}"):
        ingest_source(ingestion, traces, job=job)
    assert store.reader.get_job(OWNER, job.id) == job
