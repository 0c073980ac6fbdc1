"""Ingestion: counts add up, nothing is learnt twice, a crash costs no record, and bad input names its place."""

import gzip
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from midthought.ingest import record_work
from midthought.ingest.ingest_source import ingest_source
from midthought.ingest.ingestion import Ingestion
from midthought.ingest.progress import Progress
from midthought.ingest.steps.split import split_steps
from midthought.ingest.stream.records import BATCH
from midthought.memory.errors import BadInput
from midthought.memory.interrupts import stop_if_left
from midthought.memory.records.entry_json import stored_to_dict
from midthought.memory.records.job import Job, JobState
from midthought.memory.records.namespace import DEFAULT_NAMESPACE, Namespace
from midthought.memory.records.step import Step
from midthought.memory.records.trajectory import Trajectory
from midthought.memory.store import Store
from midthought.retrieval.encoders.base import Vectors
from midthought.retrieval.encoders.hashing import HashingEncoder

from ..scale import DRAWS

OWNER = DEFAULT_NAMESPACE
ENCODER = HashingEncoder()
TRAJECTORIES = Path(__file__).parents[2] / "data" / "trajectories"


def record(number: int, **more: object) -> str:
    """One line of our own format."""
    fields = {"question": f"What is {number} doubled?", "thought": f"I double it. It is {2 * number}.", **more}
    return json.dumps(fields) + "\n"


TRACES = 59
"""The trajectories of our own that `taught_file` writes."""


def taught_file(folder: Path, copies: int = 1) -> Path:
    """A file of our own traces, each `copies` times under another question, so that it spans several batches."""
    files = sorted(TRAJECTORIES.glob("*.jsonl"))
    lines = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    path = folder / "traces.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        for copy in range(copies):
            file.writelines(json.dumps({**line, "source": f"copy {copy}"}) + "\n" for line in lines)
    return path


def listing(store: Store) -> str:
    """Everything a namespace holds, listed by id, as text."""
    trajectories = [trajectory_id for trajectory_id, _ in store.reader.list_trajectories(OWNER, limit=10**9)]
    entries = [stored_to_dict(stored) for stored in store.reader.list_entries(OWNER, limit=10**9)]
    steps = [str(store.reader.get_steps(OWNER, one)) for one in trajectories]
    links = sorted(str(one) for one in store.reader.list_links(OWNER, limit=10**9))
    return json.dumps([trajectories, entries, steps, links], sort_keys=True)


@pytest.fixture
def store(tmp_path: Path, lay_store: Callable[[Path], Path]) -> Iterator[Store]:
    """An empty store."""
    with Store(lay_store(tmp_path / "store"), encoder=ENCODER.identity) as opened:
        yield opened


@pytest.mark.slow
def test_traces_become_procedures_with_their_source(store: Store, tmp_path: Path) -> None:
    """Right and finished traces teach; each procedure's spans lie in the trace that taught it."""
    job = ingest_source(Ingestion(store, ENCODER, OWNER), taught_file(tmp_path))
    counts = job.counts
    assert (counts.read, counts.stored, counts.merged, counts.rejected) == (TRACES, TRACES, 0, 0)
    assert counts.taught >= 25
    assert job.state is JobState.FINISHED
    store.check_integrity(OWNER)
    for stored in store.reader.list_entries(OWNER):
        for place in stored.provenance:
            assert place.trajectory_id is not None
            assert place.span is not None
            trajectory = store.reader.get_trajectory(OWNER, place.trajectory_id)
            assert trajectory.text(place.span).strip()
            assert (trajectory.outcome.value, trajectory.finished) == ("correct", True)


@pytest.mark.slow
def test_ingesting_again_changes_nothing(store: Store, tmp_path: Path) -> None:
    """The second run stores nothing, merges everything, and the listing is the same to the byte."""
    path = taught_file(tmp_path)
    ingest_source(Ingestion(store, ENCODER, OWNER), path)
    before = listing(store)
    again = ingest_source(Ingestion(store, ENCODER, OWNER), path)
    assert (again.counts.stored, again.counts.merged, again.counts.drafted) == (0, TRACES, 0)
    assert listing(store) == before
    assert [op.state for op in store.reader.list_jobs(OWNER)] == [JobState.FINISHED] * 2


@pytest.mark.slow
def test_wrong_and_unfinished_traces_teach_nothing(store: Store, tmp_path: Path) -> None:
    """They are recorded, and no entry names them as its source."""
    ingest_source(Ingestion(store, ENCODER, OWNER), taught_file(tmp_path))
    idle = {tid for tid, t in store.reader.list_trajectories(OWNER) if t.outcome.value != "correct" or not t.finished}
    assert idle
    assert not idle & {p.trajectory_id for stored in store.reader.list_entries(OWNER) for p in stored.provenance}


def test_bad_records_are_counted_and_named(store: Store, tmp_path: Path) -> None:
    """A bad line costs itself alone; its place and reason are kept with the operation."""
    path = tmp_path / "mixed.jsonl"
    path.write_bytes(record(1).encode() + b"{broken\n" + b'{"question": "q"}\n' + b"\xff\xfe\n" + record(2).encode())
    job = ingest_source(Ingestion(store, ENCODER, OWNER), path)
    counts = job.counts
    assert (counts.read, counts.stored, counts.rejected) == (5, 2, 3)
    rejections = store.reader.list_rejections(OWNER, job.id)
    assert [r.place for r in rejections] == [f"{path}:{line}" for line in (2, 3, 4)]
    assert all(r.reason for r in rejections)


def test_strict_refuses_the_whole_file(store: Store, tmp_path: Path) -> None:
    """With strict nothing is written, and the error names file and line."""
    path = tmp_path / "mixed.jsonl"
    path.write_text(record(1) + "{broken\n")
    with pytest.raises(BadInput, match=r"1 of 2 records.*nothing was ingested.*mixed.jsonl:2"):
        ingest_source(Ingestion(store, ENCODER, OWNER), path, strict=True)
    assert store.reader.list_trajectories(OWNER) == []
    assert store.reader.list_jobs(OWNER) == []


@pytest.mark.parametrize(
    ("bad", "last"), [(5, "; expected one object a line$"), (6, "; and 1 more$"), (7, "; and 2 more$")]
)
def test_strict_names_the_first_five(store: Store, tmp_path: Path, bad: int, last: str) -> None:
    """Of more records that cannot be read only the number is told."""
    path = tmp_path / "mixed.jsonl"
    path.write_text("{broken\n" * bad + record(1))
    with pytest.raises(BadInput, match=rf"^{bad} of {bad + 1} records.*{last}") as refused:
        ingest_source(Ingestion(store, ENCODER, OWNER), path, strict=True)
    assert str(refused.value).count("mixed.jsonl:") == 5


def test_strict_on_standard_input(store: Store) -> None:
    """A strict stream is read whole before anything is written, and its places are named as standard input."""
    with pytest.raises(BadInput, match="<stdin>:2"):
        ingest_source(Ingestion(store, ENCODER, OWNER), "-", strict=True, stdin=io.BytesIO(record(1).encode() + b"{\n"))
    assert store.reader.list_trajectories(OWNER) == []
    good = ingest_source(Ingestion(store, ENCODER, OWNER), "-", strict=True, stdin=io.BytesIO(record(1).encode()))
    assert good.counts.stored == 1


def test_duplicates_in_one_file_merge(store: Store, tmp_path: Path) -> None:
    """The same record twice in one batch, and again in a later one, is stored once."""
    path = tmp_path / "twice.jsonl"
    path.write_text(record(1) * 2 + "".join(record(n) for n in range(2, BATCH + 5)) + record(1))
    counts = ingest_source(Ingestion(store, ENCODER, OWNER), path).counts
    assert (counts.read, counts.stored, counts.merged) == (BATCH + 6, BATCH + 4, 2)


def test_progress_is_told(store: Store, tmp_path: Path) -> None:
    """Progress starts at nothing, ends at the total, and never goes back."""
    path = tmp_path / "many.jsonl"
    path.write_text("".join(record(number) for number in range(2 * BATCH + 1)))
    told: list[Progress] = []
    ingest_source(Ingestion(store, ENCODER, OWNER), path, on_progress=told.append)
    assert [(p.done, p.total) for p in told] == [(n, 2 * BATCH + 1) for n in (0, BATCH, 2 * BATCH, 2 * BATCH + 1)]


@pytest.mark.slow
def test_interrupted_ingestion_goes_on(store: Store, tmp_path: Path) -> None:
    """Stopped after its first batch, the same operation goes on from there and its counts cover the whole file."""
    path = taught_file(tmp_path, copies=4)

    def stop(progress: Progress) -> None:
        if progress.done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest_source(Ingestion(store, ENCODER, OWNER), path, on_progress=stop)
    (interrupted,) = store.reader.list_jobs(OWNER)
    assert (interrupted.state, interrupted.position) == (JobState.INTERRUPTED, BATCH)
    finished = ingest_source(Ingestion(store, ENCODER, OWNER), path)
    assert finished.id == interrupted.id
    assert finished.counts.read == finished.counts.stored == 4 * TRACES
    assert len(store.reader.list_jobs(OWNER)) == 1


def test_a_failure_is_recorded_and_raised(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An operation that fails keeps its raw cause, and a second run finishes it."""
    path = tmp_path / "one.jsonl"
    path.write_text(record(1, outcome="correct"))

    def fail(_: object) -> None:
        raise RuntimeError("the extractor broke")

    with monkeypatch.context() as patch:
        patch.setattr(record_work, "split_steps", fail)
        with pytest.raises(RuntimeError, match="the extractor broke"):
            ingest_source(Ingestion(store, ENCODER, OWNER), path)
    (failed,) = store.reader.list_jobs(OWNER)
    assert (failed.state, failed.error) == (JobState.FAILED, "RuntimeError: the extractor broke")
    assert ingest_source(Ingestion(store, ENCODER, OWNER), path).state is JobState.FINISHED


class Interrupting(HashingEncoder):
    """Interrupts whoever waits for its first batch, and ends that batch only when the wait is given up."""

    batches = 0

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        self.batches += 1
        if self.batches == 1:
            interrupt_whoever_waits()
        return super().encode_documents(texts)


def interrupt_whoever_waits() -> None:
    """Send SIGINT to this process, and return once the main thread waits no longer for this one."""
    os.kill(os.getpid(), signal.SIGINT)
    with suppress(KeyboardInterrupt):
        while True:
            stop_if_left()
            time.sleep(0.001)


@pytest.mark.slow
def test_an_interrupt_is_noticed_between_two_texts_to_encode(store: Store, tmp_path: Path) -> None:
    """What one step has begun is finished, nothing of the batch is stored, and the next call ingests all of it."""
    encoder, path = Interrupting(), taught_file(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        ingest_source(Ingestion(store, encoder, OWNER), path)
    assert store.reader.list_trajectories(OWNER) == []
    assert encoder.batches == 1
    assert ingest_source(Ingestion(store, encoder, OWNER), path).counts.stored == TRACES
    assert len(store.reader.list_jobs(OWNER)) == 1


def test_an_interrupt_is_noticed_between_two_records(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the first batch no further trace is read for procedures."""
    read: list[str] = []

    def split_interrupted(trajectory: Trajectory) -> tuple[Step, ...]:
        read.append(trajectory.id)
        interrupt_whoever_waits()
        return split_steps(trajectory)

    monkeypatch.setattr(record_work, "split_steps", split_interrupted)
    with pytest.raises(KeyboardInterrupt):
        ingest_source(Ingestion(store, ENCODER, OWNER), taught_file(tmp_path))
    assert store.reader.list_trajectories(OWNER) == []
    assert len(read) == 1


@pytest.mark.slow
def test_namespaces_do_not_share(store: Store, tmp_path: Path) -> None:
    """The same file in another namespace is new there."""
    path = taught_file(tmp_path)
    ingest_source(Ingestion(store, ENCODER, OWNER), path)
    other: Job = ingest_source(Ingestion(store, ENCODER, Namespace("other")), path)
    assert other.counts.stored == TRACES


def test_a_pipe_is_read_once(store: Store, tmp_path: Path) -> None:
    """A named pipe is read as a stream: everything in it is stored, nothing hangs."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    text = "".join(record(number) for number in range(BATCH + 3))
    writer = Thread(target=pipe.write_text, args=(text,))
    writer.start()
    counts = ingest_source(Ingestion(store, ENCODER, OWNER), pipe).counts
    writer.join()
    assert counts.stored == BATCH + 3


def test_a_name_that_is_no_text_is_no_obstacle(store: Store, tmp_path: Path) -> None:
    """A file name of arbitrary bytes is ingested, and stored in a printable form."""
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/tr\xffaces.jsonl"))
    path.write_text(record(1))
    assert ingest_source(Ingestion(store, ENCODER, OWNER), path).source.endswith("tr\\udcffaces.jsonl")


@pytest.mark.slow
def test_threads_on_one_file_count_each_record_once(store: Store, tmp_path: Path) -> None:
    """Of several threads with the same content one ingests it; the others wait, and find everything known."""
    path = taught_file(tmp_path, copies=4)
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(ingest_source, Ingestion(store, ENCODER, OWNER), path) for _ in range(4)]
    counts = [job.result().counts for job in jobs]
    assert sorted((count.stored, count.merged) for count in counts) == [(0, 4 * TRACES)] * 3 + [(4 * TRACES, 0)]
    store.check_integrity(OWNER)


@pytest.mark.slow
def test_forgetting_while_learning_is_no_error(store: Store, tmp_path: Path) -> None:
    """Entries forgotten between looking what is known and writing are learnt again, and the ingestion finishes."""
    ingest_source(Ingestion(store, ENCODER, OWNER), taught_file(tmp_path))

    class Forgetful(HashingEncoder):
        def encode_documents(self, texts: Sequence[str]) -> Vectors:
            for stored in store.reader.list_entries(OWNER, limit=5):
                store.writer.forget_entry(OWNER, stored.id)
            return super().encode_documents(texts)

    again = ingest_source(Ingestion(store, Forgetful(), OWNER), taught_file(tmp_path, copies=2))
    assert again.state is JobState.FINISHED
    store.check_integrity(OWNER)


KILLS = 3 * DRAWS
INGEST = """
import sys
from midthought.ingest.ingest_source import ingest_source
from midthought.ingest.ingestion import Ingestion
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.memory.store import Store
from midthought.retrieval.encoders.base import Vectors
from midthought.retrieval.encoders.hashing import HashingEncoder
encoder = HashingEncoder()
with Store(sys.argv[1], encoder=encoder.identity) as store:
    tell = lambda progress: (print(progress.done, flush=True), sys.stdin.readline())  # goes on when it is told to
    ingestion = Ingestion(store, encoder, DEFAULT_NAMESPACE)
    print("finished", ingest_source(ingestion, sys.argv[2], on_progress=tell).counts.read)
"""


@pytest.mark.slow
@pytest.mark.scaled
def test_kill_minus_nine_loses_nothing(tmp_path: Path) -> None:
    """Killed again and again in the middle and continued, the listing equals an uninterrupted run's byte for byte."""
    path = taught_file(tmp_path, copies=30)
    with Store(tmp_path / "whole", encoder=ENCODER.identity) as whole:
        ingest_source(Ingestion(whole, ENCODER, OWNER), path)
        expected = listing(whole)
    command = [sys.executable, "-c", INGEST, str(tmp_path / "killed"), str(path)]
    for killed in range(KILLS + 1):
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline()  # the first position: the ingestion is running, and waits
        if killed < KILLS:
            process.stdin.write("\n")
            process.stdin.flush()
            time.sleep(0.1 * killed / KILLS)  # somewhere in the one batch that follows
            os.kill(process.pid, signal.SIGKILL)
        output = process.communicate()[0]
        assert process.returncode == (-signal.SIGKILL if killed < KILLS else 0)
    assert output.endswith(f"finished {30 * TRACES}\n")
    with Store(tmp_path / "killed", encoder=ENCODER.identity) as store:
        store.check_integrity(OWNER)
        assert listing(store) == expected


def test_a_text_of_several_keys_is_encoded_once(store: Store) -> None:
    """The rows are those of the texts, in their order."""

    class CountingEncoder(HashingEncoder):
        def encode_documents(self, texts: Sequence[str]) -> Vectors:
            encoded.extend(texts)
            return super().encode_documents(texts)

    encoded: list[str] = []
    texts = ["what is 7 doubled", "a longer text than the first", "what is 7 doubled"]
    rows = Ingestion(store, CountingEncoder(), OWNER).encode(texts)
    assert sorted(encoded) == sorted(set(texts))
    assert np.array_equal(np.stack(rows), HashingEncoder().encode_documents(texts))
