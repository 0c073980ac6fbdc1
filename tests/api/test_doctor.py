"""What doctor tells of a memory that is not as it should be."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from midthought.api.doctor import check_all
from midthought.api.doctor_finding import Finding
from midthought.api.doctor_models import check_thinking
from midthought.api.doctor_texts import describe_readers
from midthought.api.python.memory import Memory, open_memory
from midthought.api.settings import Settings
from midthought.api.upkeep_tasks import UpkeepTask
from midthought.ingest.replaced_entries import read_replaced
from midthought.ingest.starter import read_starter
from midthought.memory.errors import StoreDamaged
from midthought.memory.records.batch import Batch, EntryWrite
from midthought.memory.records.entry import Procedure, Provenance
from midthought.memory.records.job import Job, JobState
from midthought.memory.records.merge import Merge, MergeVerdict
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.memory.records.run import ReceiptRow, RunRow
from midthought.memory.records.trajectory import Part, Span, Trajectory
from midthought.memory.store import Store
from midthought.retrieval.encoders.hashing import HashingEncoder

from .conftest import LESSON, PROCEDURE, Cli, write_traces


def settings_of(home: Path) -> Settings:
    """Settings of a memory without models."""
    return Settings(home=home, encoder="hashing", starter=False)


def find(home: Path, name: str) -> Finding:
    """The finding of that name about a memory."""
    (found,) = [one for one in check_all(settings_of(home)) if one.name == name]
    return found


def run_doctor(home: Path) -> "subprocess.CompletedProcess[str]":
    """The command in a process of its own."""
    settings = {"MIDTHOUGHT_HOME": str(home), "MIDTHOUGHT_ENCODER": "hashing", "MIDTHOUGHT_STARTER": "false"}
    command = [sys.executable, "-m", "midthought", "doctor"]
    return subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", ["file", "x" * 300])
def test_an_impossible_home_is_not_well(tmp_path: Path, name: str) -> None:
    """A file, and a name that no directory can have."""
    (tmp_path / "file").write_text("")
    found = find(tmp_path / name, "store")
    assert (found.well, "--home" in found.mend) == (False, True)


def test_other_extractors_are_told(cli: Cli, traces: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an extractor read is not read again by another: doctor says how many, and of which."""
    cli("ingest", str(traces))
    assert "another extractor" not in cli("doctor").out
    monkeypatch.setenv("MIDTHOUGHT_EXTRACTOR", "examples-2")
    told = cli("doctor")
    assert told.code == 0
    assert "read by another extractor than examples-2: 2 by parts-2" in " ".join(told.out.split())


@pytest.mark.slow
def test_an_unfinished_stream_is_not_to_be_given_again(tmp_path: Path, traces: Path) -> None:
    """A file goes on when it is given again; of standard input what was committed is kept."""
    with open_memory(tmp_path / "m", encoder=HashingEncoder(), starter=False) as memory:
        with traces.open("rb") as stream:
            jobs = [memory.ingest(traces), memory.ingest("-", stream=stream)]
        for one in jobs:
            memory.store.writer.put_job(DEFAULT_NAMESPACE, replace(one, state=JobState.RUNNING))
        upkeep = Job("o-1", UpkeepTask.BACKUP, "byhand", JobState.FAILED)
        memory.store.writer.put_job(DEFAULT_NAMESPACE, upkeep)
    detail = find(tmp_path / "m", "namespace default").detail
    assert f"ingestion of {traces} not finished" in detail
    assert "backup of byhand failed: `midthought jobs retry o-1` to go on" in detail
    assert "1 uploads or standard inputs cut off: what was committed is kept" in detail


@pytest.mark.slow
def test_faults_are_told_and_repaired(memory: Memory, tmp_path: Path) -> None:
    """A vector that is gone and index files that are torn: doctor names each, and says how to mend them."""
    memory.add_entries([PROCEDURE, LESSON])
    memory.recall(PROCEDURE.key)
    with memory.store.transaction() as connection:
        connection.execute("DELETE FROM vectors WHERE seq = (SELECT min(seq) FROM vectors)")
    memory.close()
    home = tmp_path / "library"
    for file in (home / "derived").rglob("rows.npy"):
        file.write_bytes(file.read_bytes()[:-1])
    found = find(home, "namespace default")
    assert (found.well, found.mend) == (False, "midthought doctor --repair")
    assert "1 entries have no vector" in found.detail
    mended = [one for one in check_all(settings_of(home), repair=True) if one.name == "mended in default"]
    assert [one.well for one in mended] == [True] * len(mended) != []
    assert any("entries have no vector" in one.detail for one in mended)
    assert find(home, "namespace default").well
    with open_memory(home, encoder=HashingEncoder(), starter=False) as again:
        assert {hit.stored.id for one in (PROCEDURE, LESSON) for hit in again.recall(one.key, k=1).hits} == {
            PROCEDURE.id,
            LESSON.id,
        }


@pytest.mark.slow
def test_numbers_given_twice_are_told_and_repaired(memory: Memory, tmp_path: Path) -> None:
    """Doctor names the command that mends them, which loses no entry."""
    memory.add_entries([PROCEDURE, LESSON])
    with memory.store.transaction() as connection:
        connection.execute("DROP INDEX entries_seq")
    with memory.store.transaction() as connection:
        connection.execute("UPDATE entries SET seq = (SELECT min(seq) FROM entries)")
        connection.execute("UPDATE provenance SET entry_seq = (SELECT min(entry_seq) FROM provenance)")
        connection.execute("UPDATE vectors SET seq = (SELECT min(seq) FROM vectors)")
    memory.close()
    home = tmp_path / "library"
    found = find(home, "store")
    assert (found.well, found.mend) == (False, "midthought doctor --repair")
    assert "2 entries share a sequence number" in found.detail
    assert [one.detail[:9] for one in check_all(settings_of(home), repair=True) if one.name == "mended"] == [
        "2 entries"
    ]
    assert find(home, "namespace default").well
    with open_memory(home, encoder=HashingEncoder(), starter=False) as again:
        for entry in (PROCEDURE, LESSON):
            assert again.recall(entry.key, k=1).hits[0].stored.entry == entry


@pytest.mark.slow
def test_torn_index_files_are_a_fault(memory: Memory, tmp_path: Path) -> None:
    """They cost nothing but time; doctor still tells."""
    memory.add_entries([PROCEDURE])
    memory.recall(PROCEDURE.key)
    memory.close()
    torn = [file for file in (tmp_path / "library" / "derived").rglob("rows.npy") if "live" not in file.parts]
    for file in torn:
        file.write_bytes(file.read_bytes()[:-1])
    assert torn
    found = find(tmp_path / "library", "namespace default")
    assert (found.well, "index files are missing, torn" in found.detail) == (False, True)


def fill_every_table(memory: Memory, traces: Path) -> None:
    """Give each table that doctor reads at least one row."""
    writer, owner = memory.store.writer, DEFAULT_NAMESPACE
    memory.add_entries([PROCEDURE, LESSON])
    memory.revise(PROCEDURE.id, replace(PROCEDURE, subroutine="Cut away from yourself."))
    memory.ingest(traces)
    merge = Merge(LESSON.id, PROCEDURE.id, PROCEDURE, 0.9, MergeVerdict.MERGED, "alike")
    writer.write(owner, Batch(merges=(merge,)))
    writer.record_run(
        owner, RunRow("r-1", "Why?", "unknown", 1, 1.0, "{}"), [ReceiptRow("t-1", "recall", "Why?", "{}")]
    )
    writer.put_calibration(owner, "{}")


@pytest.fixture(scope="module")
def every_table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed memory with a row in each table that doctor reads, to be copied: a third of a test's time to make."""
    place = tmp_path_factory.mktemp("tables")
    with open_memory(place / "memory", encoder=HashingEncoder(), starter=False) as memory:
        fill_every_table(memory, write_traces(place / "traces.jsonl"))
    return place / "memory"


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("table", "column", "text", "reason"),
    [
        ("entries", "content", '{"kind": "procedure", "mood": 1}', "unknown field 'mood'"),
        ("entries", "content", "{torn", "Expecting property name"),
        ("retired", "content", "{torn", "Expecting property name"),
        ("trajectories", "outcome", "so-so", "'so-so' is not a valid Outcome"),
        ("trajectories", "metadata", "[]", "expected a JSON object, got list"),
        ("operations", "state", "asleep", "'asleep' is not a valid JobState"),
        ("operations", "counts", "{torn", "Expecting property name"),
        ("operations", "counts", '{"mood": 1}', "field 'stored' is missing"),
        ("merges", "verdict", "maybe", "'maybe' is not a valid MergeVerdict"),
        ("merges", "content", "{torn", "Expecting property name"),
        ("runs", "content", "[" * 100_000, "maximum recursion depth exceeded"),
        ("receipts", "content", "3", "expected a JSON object, got int"),
        ("calibrations", "content", '{"signals": []}', "this is no calibration"),
    ],
)
def test_a_row_that_cannot_be_read_is_a_finding(
    every_table: Path, home: Path, table: str, column: str, text: str, reason: str
) -> None:
    """Doctor names table, id, column and reason, also with `--repair`, instead of ending in a traceback."""
    shutil.copytree(every_table, home)
    with Store(home) as store, store.transaction() as connection:
        assert connection.execute(f"UPDATE {table} SET {column} = ?", [text]).fetchall() != [(0,)]
    found = find(home, "namespace default")
    repaired = [one for one in check_all(settings_of(home), repair=True) if one.name == "namespace default"]
    assert (found.well, [found]) == (False, repaired)
    assert re.search(rf"table {table}, id [^ ]+, column {column} cannot be read: .*{re.escape(reason)}", found.detail)


def test_what_cannot_be_read_ends_a_command_with_a_line(every_table: Path, home: Path, cli: Cli) -> None:
    """It says so, and which command names the row; a job is named."""
    shutil.copytree(every_table, home)
    with Store(home) as store:
        with store.transaction() as connection:
            (job_id,) = connection.execute("SELECT id FROM operations").fetchall()[0]
            connection.execute("UPDATE operations SET counts = '{torn'")
            connection.execute("UPDATE entries SET content = '{torn'")
        with pytest.raises(StoreDamaged, match=f"job {job_id} cannot be read: JSONDecodeError.*`midthought doctor`"):
            store.reader.get_job(DEFAULT_NAMESPACE, job_id)
    ran = cli("list")
    assert ran.code == 1
    assert "a stored entry cannot be read: Expecting property name" in ran.err
    assert "`midthought doctor` names its row" in ran.err


def test_doctor_tells_of_a_job_of_the_starter_memory(home: Path) -> None:
    """A memory that cannot be opened for it is a finding, not a traceback."""
    open_memory(home, encoder=HashingEncoder()).close()
    with Store(home) as store, store.transaction() as connection:
        connection.execute("UPDATE operations SET state = 'asleep'")
    (found,) = [one for one in check_all(replace(settings_of(home), starter=True)) if one.name == "store"]
    assert not found.well
    assert "'asleep' is not a valid JobState" in found.detail


def test_own_copies_of_starter_entries_get_their_wordings(memory: Memory, tmp_path: Path) -> None:
    """Doctor names a copy without the other wordings; `--repair` adds them under the same id, and not again later.

    A copy whose owner took the wordings out is left as it is.
    """
    (name, first), (_, second) = [row for row in read_starter() if row[1].asked_as][:2]
    bare = replace(first, asked_as=())
    memory.add_entries([bare], source=f"starter:{name}")
    memory.add_entries([second])
    memory.revise(second.id, replace(second, asked_as=()))
    memory.close()
    home = tmp_path / "library"
    found = find(home, "namespace default")
    assert (found.well, found.mend) == (True, "to complete them: midthought doctor --repair")
    assert f"1 own copies of starter entries lack the other wordings of those: {first.id}" in found.detail
    assert len([one for one in check_all(settings_of(home), repair=True) if one.name == "mended in default"]) == 1
    assert find(home, "namespace default").mend == ""
    with open_memory(home, encoder=HashingEncoder(), starter=False) as opened:
        assert [one.entry for one in opened.history(first.id)] == [bare, first]
        assert [place.source for place in opened.get(first.id).provenance] == [f"starter:{name}"]
        assert opened.recall(first.asked_as[0]).hits[0].stored.id == first.id
        assert opened.get(second.id).entry.asked_as == ()


@pytest.mark.slow
def test_a_store_in_use_is_no_fault(home: Path) -> None:
    """Doctor names the process that has the store, marks the line BUSY and no line BAD; the exit code is 1."""
    with Store(home):
        holder = (home / "lock").read_text().strip()
        (home / "service.json").write_text(json.dumps({"pid": int(holder), "url": "http://127.0.0.1:1"}))
        # Another process looks: in this one the error would name "this process".
        ran = run_doctor(home)
    assert ran.returncode == 1
    assert f"BUSY store: not checked: {home} is in use by process {holder}, a service: add --url" in ran.stdout
    assert "BAD" not in ran.stdout
    assert ran.stdout.endswith("what could be checked is well: see the line marked BUSY\n")


def test_another_encoder_is_told_with_the_way_on(tmp_path: Path) -> None:
    """Both encoders are named, and the command that moves the memory."""
    with open_memory(tmp_path, encoder=HashingEncoder(64), starter=False) as memory:
        memory.add_entries([PROCEDURE])
    found = find(tmp_path, "store")
    assert "hashing (64 dimensions" in found.detail
    assert "hashing (256 dimensions" in found.detail
    assert "midthought reindex --encoder" in found.mend


def test_every_registry_is_listed_with_the_chosen_row(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each setting that names a row has a line; what is no row, such as a directory, is listed as well."""
    monkeypatch.setenv("MIDTHOUGHT_INDEX", "hnsw")
    found = {one["name"]: one["detail"] for one in cli("doctor", "-o", "json").json["findings"]}
    named = [one.metadata["registry"] for one in fields(Settings) if "registry" in one.metadata]
    lines = [line for line in found.values() if " (chosen)" in line or " is not set: " in line]
    assert len(lines) == len(named)
    for registry, line in zip(named, lines, strict=True):
        assert [name for name in registry if name not in line] == []
    assert found["index kinds"].startswith("auto, exact, hnsw (chosen), ")
    assert found["encoders"] == "minilm, hashing (chosen), openai"
    assert found["coarse indexes"].endswith("; zoom_index is not set: the zoom policy decides")
    monkeypatch.setenv("MIDTHOUGHT_ENCODER", "./mine")
    assert "encoders: minilm, hashing, openai, ./mine (chosen)\n" in cli("doctor").out


@pytest.mark.slow
def test_what_a_table_worded_is_replaced_if_asked(tmp_path: Path) -> None:
    """Doctor counts it apart, says what to do, does it with `--replace-table`, and then has nothing more to say."""
    home, settings = tmp_path / "home", replace(settings_of(tmp_path / "home"), starter=True)
    known = {entry.key for _, entry in read_starter()}
    subquestion = next(before for before, now in read_replaced().items() if now in known)
    old = Procedure(subquestion, "For problems like this I should look it up.", extractor="steps-1")
    trajectory = Trajectory("Why?", "Because I think so.")
    with open_memory(home, encoder=HashingEncoder()) as memory:
        memory.ingest_trajectories([trajectory])
        (vector,) = memory.encoder.encode_documents([old.key])
        place = Provenance(trajectory.id, "tests", Span(Part.THOUGHT, 0, 7))
        memory.store.writer.write(DEFAULT_NAMESPACE, Batch(entries=(EntryWrite(old, (place,), vector),)))
    (told,) = [one for one in check_all(settings) if one.name == "table in default"]
    assert told.well
    assert (
        "1 entries were worded by a table, extractor steps-1; starter entries say the same as 1 of them" in told.detail
    )
    assert told.mend == "to replace these by links: midthought doctor --replace-table"
    findings = {one.name: one.detail for one in check_all(settings, replace_table=True)}
    assert findings["replaced in default"] == "1 entries of the table became 1 links to starter entries"
    assert "table in default" not in findings
    assert all(one.well for one in check_all(settings) if one.name.startswith("namespace"))


def test_an_engine_that_only_completes_prompts_is_no_fault(tmp_path: Path) -> None:
    """A model behind a server serves ingestion; that it continues no thought is its nature."""
    settings = replace(settings_of(tmp_path / "memory"), model="big", model_url="http://localhost:1")
    found = {one.name: one for one in check_all(settings)}["model"]
    assert (found.well, found.detail) == (True, "openai:big")


def test_a_slow_server_is_told_with_the_seconds_and_the_setting(tmp_path: Path) -> None:
    """It is a fault only if commands wait no longer either; a server that is not there is another matter."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        settings = replace(settings_of(tmp_path), model="big", model_url=url, model_timeout=0.2)
        fault = check_thinking(settings)
        longer = check_thinking(replace(settings, model_timeout=77.0), seconds=0.2)
    away = check_thinking(settings)
    assert (fault.well, fault.unchecked, fault.mend) == (False, False, "raise model_timeout, which is 0.2")
    assert (longer.well, longer.unchecked) == (False, True)
    assert "77 seconds" in longer.mend
    assert all("within 0.2 seconds" in one.detail and "was reached" in one.detail for one in (fault, longer))
    assert (away.unchecked, "was reached" in away.detail, "start its server" in away.mend) == (False, False, True)


def test_a_directory_that_others_can_read_is_told() -> None:
    """It is no fault. Below a folder that is closed to others, a mode alone opens nothing."""
    with TemporaryDirectory(dir="/tmp") as outer:
        inner = Path(outer, "memory")
        inner.mkdir(mode=0o755)
        assert describe_readers(inner) == ""
        Path(outer).chmod(0o755)
        assert "chmod 700" in describe_readers(inner)
        inner.chmod(0o700)
        assert describe_readers(inner) == ""
