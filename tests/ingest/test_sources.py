"""Folders, patterns and containers of records: one job, and an ingestion that was cut short ends like another."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from midthought.ingest.ingest_source import ingest_source
from midthought.ingest.ingestion import Ingestion
from midthought.ingest.progress import IngestStopped, Progress
from midthought.ingest.stream.folders import find_files
from midthought.ingest.stream.records import BATCH
from midthought.memory.errors import BadInput
from midthought.memory.records.job import JobState
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.memory.store import Store
from midthought.retrieval.encoders.hashing import HashingEncoder

from .test_pipeline import INGEST, listing

OWNER = DEFAULT_NAMESPACE
ENCODER = HashingEncoder()
COUNT = 2 * BATCH + 5
RECORDS = [
    {
        "question": f"What is {number} doubled?",
        "thought": f"How do I double {number}? I add it to itself.",
        "answer": str(2 * number),
        "outcome": "correct",
    }
    for number in range(COUNT)
]


def write_pretty(folder: Path) -> Path:
    """A list over several lines, with one record that is not JSON."""
    text = json.dumps(RECORDS, indent=2)
    (folder / "traces.json").write_text(text.replace('"What is 3 doubled?"', '"What is 3 doubled?" oops'))
    return folder / "traces.json"


def write_parquet(folder: Path) -> Path:
    """A table in several row groups."""
    pq.write_table(pa.Table.from_pylist(RECORDS), folder / "traces.parquet", row_group_size=50)
    return folder / "traces.parquet"


def write_feather(folder: Path) -> Path:
    """A Feather file."""
    feather.write_feather(pa.Table.from_pylist(RECORDS), folder / "traces.feather")
    return folder / "traces.feather"


def write_folder(folder: Path) -> Path:
    """A folder of every kind of file, and of some that are not read."""
    runs = folder / "runs"
    (runs / "deep").mkdir(parents=True)
    (runs / "a.jsonl").write_text("".join(json.dumps(record) + "\n" for record in RECORDS[:40]))
    (runs / "b.json").write_text(json.dumps({"data": RECORDS[40:70]}, indent=1))
    pq.write_table(pa.Table.from_pylist(RECORDS[70:]), runs / "deep" / "c.parquet")
    (runs / "config.json").write_text('{"learning_rate": 0.1}\n{"epochs": 3}\n')
    (runs / "plot.png").write_bytes(b"\x89PNG")
    (runs / "README.md").write_text("These are runs.")
    (runs / "none.jsonl").touch()
    (runs / ".hidden.jsonl").write_text("{}")
    return runs


WRITERS = [write_pretty, write_parquet, write_feather, write_folder]


@pytest.fixture
def store(tmp_path: Path, lay_store: Callable[[Path], Path]) -> Iterator[Store]:
    """An empty store."""
    with Store(lay_store(tmp_path / "store"), encoder=ENCODER.identity) as opened:
        yield opened


def test_a_folder_is_one_job(store: Store, tmp_path: Path) -> None:
    """One sum of counts and one progress; a file of which nothing can be read is one rejection, at its path."""
    told: list[Progress] = []
    job = ingest_source(Ingestion(store, ENCODER, OWNER), write_folder(tmp_path), on_progress=told.append)
    assert (job.counts.read, job.counts.stored, job.counts.rejected) == (COUNT + 1, COUNT, 1)
    assert {progress.total for progress in told} == {COUNT + 1}
    assert job.source == str(tmp_path / "runs")
    (rejection,) = store.reader.list_rejections(OWNER, job.id)
    assert rejection.place == f"{tmp_path}/runs/config.json:1"
    assert "none of the 2 records of this file can be read; the first: no thought" in rejection.reason


def test_the_files_of_a_folder(tmp_path: Path) -> None:
    """They are read in the order of their names; what is skipped is told with the reason, hidden files are not."""
    runs = write_folder(tmp_path)
    found = find_files(runs)
    assert found is not None
    assert [Path(file).relative_to(runs).as_posix() for file in found.files] == [
        "a.jsonl",
        "b.json",
        "config.json",
        "deep/c.parquet",
    ]
    assert {Path(file.path).name: file.reason for file in found.skipped} == {
        "README.md": "tells about the data",
        "none.jsonl": "is empty",
        "plot.png": "files that end in .png are not read",
    }
    assert find_files(runs / "a.jsonl") is find_files("-") is None


def test_a_pattern_takes_what_it_names(store: Store, tmp_path: Path) -> None:
    """Whatever the endings; a file whose name looks like a pattern is that file."""
    runs = write_folder(tmp_path)
    found = find_files(f"{runs}/**/*.p*")
    assert found is not None
    assert [Path(file).name for file in found.files] == ["c.parquet", "plot.png"]
    (runs / "a[1].jsonl").write_text(json.dumps(RECORDS[0]))
    assert find_files(runs / "a[1].jsonl") is None
    job = ingest_source(Ingestion(store, ENCODER, OWNER), f"{runs}/?.js*")
    assert (job.counts.read, job.counts.stored) == (70, 70)


@pytest.mark.parametrize("name", ["empty", "empty/*.jsonl"])
def test_nothing_to_read(tmp_path: Path, name: str) -> None:
    """A folder or a pattern without traces is an error that names it."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "plot.png").touch()
    with pytest.raises(BadInput, match="holds no traces") as caught:
        find_files(tmp_path / name)
    assert caught.value.place == str(tmp_path / name)


def test_strict_refuses_a_folder_whole(store: Store, tmp_path: Path) -> None:
    """Nothing of it is stored, and the bad file is named."""
    with pytest.raises(BadInput, match=r"config\.json"):
        ingest_source(Ingestion(store, ENCODER, OWNER), write_folder(tmp_path), strict=True)
    assert store.reader.list_jobs(OWNER) == []


@pytest.mark.slow
def test_every_published_shape_is_ingested(store: Store) -> None:
    """The fixtures as one folder: every record is stored, none is rejected, and every trajectory has its place."""
    fixtures = Path(__file__).parent / "formats" / "fixtures"
    job = ingest_source(Ingestion(store, ENCODER, OWNER), fixtures)
    assert (job.counts.rejected, job.counts.read) == (0, job.counts.stored + job.counts.merged)
    assert job.counts.stored > len(list(fixtures.iterdir()))
    store.check_integrity(OWNER)


def stop_after(number: int) -> Callable[[], bool]:
    """Says stop from the next question on after so many."""
    asked = iter(range(number))
    return lambda: next(asked, None) is None


@pytest.mark.slow
@pytest.mark.parametrize("write", WRITERS)
def test_a_stopped_ingestion_ends_like_another(store: Store, tmp_path: Path, write: Callable[[Path], Path]) -> None:
    """Stopped twice and continued, it is the same job, its counts cover all, and the listing is that of one run."""
    path = write(tmp_path)
    with Store(tmp_path / "whole", encoder=ENCODER.identity) as whole:
        expected_job = ingest_source(Ingestion(whole, ENCODER, OWNER), path)
        expected = listing(whole)
    # The count of the records is a reading of its own, which asks as well.
    for stop in (COUNT + BATCH + 20, COUNT + 2 * BATCH + 3):
        with pytest.raises(IngestStopped):
            ingest_source(Ingestion(store, ENCODER, OWNER), path, is_stopped=stop_after(stop))
    job = ingest_source(Ingestion(store, ENCODER, OWNER), path)
    assert (job.state, job.counts) == (JobState.FINISHED, expected_job.counts)
    assert len(store.reader.list_jobs(OWNER)) == 1
    assert listing(store) == expected


@pytest.mark.slow
@pytest.mark.parametrize("write", WRITERS)
def test_kill_minus_nine_loses_nothing(tmp_path: Path, write: Callable[[Path], Path]) -> None:
    """Killed after each commit and continued, the listing equals an uninterrupted run's byte for byte."""
    path = write(tmp_path)
    with Store(tmp_path / "whole", encoder=ENCODER.identity) as whole:
        ingest_source(Ingestion(whole, ENCODER, OWNER), path)
        expected = listing(whole)
    command = [sys.executable, "-c", INGEST, str(tmp_path / "killed"), str(path)]
    for is_last in (False, False, True):
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdin is not None
        process.stdout.readline()  # the position where it begins
        if not is_last:
            process.stdin.write("\n")
            process.stdin.flush()
            process.stdout.readline()  # a batch is committed
            os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        assert process.returncode == (0 if is_last else -signal.SIGKILL)
    with Store(tmp_path / "killed", encoder=ENCODER.identity) as store:
        store.check_integrity(OWNER)
        (job,) = store.reader.list_jobs(OWNER)
        assert job.state is JobState.FINISHED
        assert listing(store) == expected
