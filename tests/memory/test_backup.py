"""Backups hold all that was acknowledged before they began, though writing goes on, and come back whole."""

import json
import time
from pathlib import Path
from threading import Event, Thread

import duckdb
import pytest

from midthought.memory.errors import BadInput, StoreInUse, StoreTooNew
from midthought.memory.maintenance.backup import restore_backup, write_backup
from midthought.memory.records.job import Counts, Job, JobState
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.run import ReceiptRow, RunRow
from midthought.memory.store import Store

from .conftest import ENCODER, OWNER, batch_of, unit_vector, write_of


def keep_adding(store: Store, first: int, acknowledged: list[int], stop: Event) -> None:
    """Add one entry after another, and note each once the store has acknowledged it."""
    number = first
    while not stop.is_set():
        store.writer.write(OWNER, batch_of(number))
        acknowledged.append(number)
        store.searcher.search_vectors(OWNER, unit_vector(number), 1)
        number += 1


@pytest.fixture
def backed_up(store: Store, tmp_path: Path) -> Path:
    """The backup of a store of two namespaces."""
    store.writer.write(OWNER, batch_of(1, 2, 3))
    store.writer.forget_entry(OWNER, write_of(3).entry.id)
    store.writer.write(Namespace("other"), batch_of(2))
    store.writer.put_job(OWNER, Job("o-1", "ingest", "file", JobState.FINISHED, 0, Counts()))
    store.writer.record_run(
        OWNER, RunRow("r-1", "How?", "unknown", 1, 0.5, "{}"), [ReceiptRow("x-1", "recall", "q", "{}")]
    )
    write_backup(store, tmp_path / "backup")
    return tmp_path / "backup"


@pytest.mark.slow
def test_everything_comes_back(store: Store, backed_up: Path, tmp_path: Path) -> None:
    """A restored memory answers as the one that was backed up."""
    restore_backup(backed_up, tmp_path / "home")
    with Store(tmp_path / "home", encoder=ENCODER) as restored:
        for owner in (OWNER, Namespace("other")):
            assert restored.reader.list_entries(owner) == store.reader.list_entries(owner)
            assert restored.reader.list_trajectories(owner) == store.reader.list_trajectories(owner)
            assert restored.reader.stats(owner) == store.reader.stats(owner)
            restored.check_integrity(owner)
        assert restored.reader.list_runs(OWNER) == store.reader.list_runs(OWNER)
        assert restored.reader.list_receipts(OWNER) == store.reader.list_receipts(OWNER)
        assert restored.reader.list_jobs(OWNER) == store.reader.list_jobs(OWNER)
        assert restored.searcher.search_vectors(OWNER, unit_vector(2), 2) == store.searcher.search_vectors(
            OWNER, unit_vector(2), 2
        )
        assert (
            restored.searcher.search_words(OWNER, "sort2", 2)[0][0]
            == store.reader.get_entry(OWNER, write_of(2).entry.id).seq
        )


@pytest.mark.slow
def test_numbers_go_on(backed_up: Path, tmp_path: Path) -> None:
    """A restored memory gives out no sequence number twice."""
    restore_backup(backed_up, tmp_path / "home")
    with Store(tmp_path / "home", encoder=ENCODER) as restored:
        restored.writer.write(OWNER, batch_of(9))
        restored.check_integrity(OWNER)
        assert restored.reader.get_entry(OWNER, write_of(9).entry.id).seq > 4


def test_a_folder_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    """A path typed wrong is not told as a backup that was stopped; a folder without a manifest is."""
    with pytest.raises(BadInput, match="saved: is not there"):
        restore_backup(tmp_path / "saved", tmp_path / "home")
    (tmp_path / "saved").mkdir()
    with pytest.raises(BadInput, match=r"manifest.json: is no backup"):
        restore_backup(tmp_path / "saved", tmp_path / "home")
    assert not (tmp_path / "home").exists()


@pytest.mark.slow
def test_a_backup_under_load(tmp_path: Path) -> None:
    """While three threads add and search, each backup holds all that was acknowledged before it began."""
    lists: list[list[int]] = [[], [], []]
    stop = Event()
    with Store(tmp_path / "store", encoder=ENCODER) as store:
        store.writer.write(OWNER, batch_of(*range(200)))
        threads = [
            Thread(target=keep_adding, args=(store, 10**6 * number, found, stop))
            for number, found in enumerate(lists, start=1)
        ]
        for thread in threads:
            thread.start()
        before, after = [], []
        try:
            for number in range(3):
                while sum(map(len, lists)) <= sum(map(len, before)):
                    time.sleep(0.01)  # the writers are at work
                before.append([one for found in lists for one in list(found)])
                write_backup(store, tmp_path / f"backup-{number}")
                after.append(sum(map(len, lists)))
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        store.check_integrity(OWNER)
    assert after[-1] > len(before[0]) > 0
    for number, numbers in enumerate(before):
        restore_backup(tmp_path / f"backup-{number}", tmp_path / f"home-{number}")
        with Store(tmp_path / f"home-{number}", encoder=ENCODER) as restored:
            ids = {write_of(one).entry.id for one in [*range(200), *numbers]}
            assert restored.reader.known_entries(OWNER, ids) == ids
            restored.check_integrity(OWNER)


def test_no_other_user_reads_a_memory_or_its_backup(tmp_path: Path) -> None:
    """A directory that is made is its owner's alone, whatever the umask; one that is there stays as it is."""
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o755)
    with Store(tmp_path / "made") as store, Store(shared):
        write_backup(store, tmp_path / "backup")
    restore_backup(tmp_path / "backup", tmp_path / "restored")
    modes = [(tmp_path / name).stat().st_mode & 0o777 for name in ("made", "backup", "restored", "shared")]
    assert modes == [0o700, 0o700, 0o700, 0o755]


def test_writers_are_not_blocked(store: Store, tmp_path: Path) -> None:
    """What is written between the snapshot and the copy is acknowledged at once, and is not in the copy."""
    store.writer.write(OWNER, batch_of(1))
    with store.snapshot() as snapshot:
        store.writer.write(OWNER, batch_of(2))
        assert len(store.reader.list_entries(OWNER)) == 2
        assert snapshot.execute("SELECT count(*) FROM entries").fetchall() == [(1,)]


@pytest.mark.slow
def test_the_shape_is_copied(store: Store, backed_up: Path) -> None:
    """Tables, columns, their types, keys and other constraints are those of the memory."""
    shape = """SELECT table_name, column_name, data_type, is_nullable FROM duckdb_columns()
        WHERE database_name = current_database() AND NOT internal ORDER BY ALL"""
    keys = """SELECT table_name, constraint_type, constraint_column_names FROM duckdb_constraints()
        WHERE database_name = current_database() ORDER BY ALL"""
    with duckdb.connect(str(backed_up / "midthought.duckdb"), read_only=True) as copy, store.snapshot() as snapshot:
        for sql in (shape, keys):
            assert copy.execute(sql).fetchall() == snapshot.execute(sql).fetchall() != []
    assert sorted(one.name for one in backed_up.iterdir()) == ["manifest.json", "midthought.duckdb"]


@pytest.mark.slow
def test_a_path_that_is_there_is_refused(store: Store, backed_up: Path) -> None:
    """A backup is never written over another."""
    with pytest.raises(BadInput, match="there already"):
        write_backup(store, backed_up)


@pytest.mark.slow
def test_a_home_that_holds_something_is_refused(backed_up: Path, tmp_path: Path) -> None:
    """Restoring over a memory, or into a folder with files, changes nothing there."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "notes.txt").write_text("mine")
    with pytest.raises(BadInput, match=r"not empty, it holds 'notes.txt'"):
        restore_backup(backed_up, tmp_path / "home")
    assert (tmp_path / "home" / "notes.txt").read_text() == "mine"
    assert not (tmp_path / "home" / "midthought.duckdb").exists()


@pytest.mark.slow
def test_a_home_in_use_is_refused(backed_up: Path, tmp_path: Path) -> None:
    """Restoring where a memory is open is told as any second opening is."""
    with Store(tmp_path / "home"), pytest.raises(StoreInUse):
        restore_backup(backed_up, tmp_path / "home")


@pytest.mark.slow
def test_an_empty_home_is_taken(backed_up: Path, tmp_path: Path) -> None:
    """A directory that is there and empty becomes the memory, as does one where a restore was killed."""
    (tmp_path / "home" / ".restoring").mkdir(parents=True)
    (tmp_path / "home" / ".restoring" / "midthought.duckdb").write_bytes(b"half")
    restore_backup(backed_up, tmp_path / "home")
    with Store(tmp_path / "home", encoder=ENCODER) as restored:
        assert len(restored.reader.list_entries(OWNER)) == 2


@pytest.mark.sampled
@pytest.mark.parametrize("end", [0, 1000, -1])
def test_a_torn_backup_is_refused(backed_up: Path, tmp_path: Path, end: int) -> None:
    """A database file cut anywhere is named, and no home is made of it."""
    file = backed_up / "midthought.duckdb"
    file.write_bytes(file.read_bytes()[:end])
    with pytest.raises(BadInput, match=r"midthought\.duckdb: is not what was written"):
        restore_backup(backed_up, tmp_path / "home")
    assert not (tmp_path / "home").exists()


@pytest.mark.slow
def test_what_is_no_backup_is_refused(backed_up: Path, tmp_path: Path) -> None:
    """A folder without a manifest, and one without its database, are named."""
    (backed_up / "midthought.duckdb").unlink()
    with pytest.raises(BadInput, match="missing from the backup"):
        restore_backup(backed_up, tmp_path / "home")
    (backed_up / "manifest.json").write_text("{")
    with pytest.raises(BadInput, match="is no backup"):
        restore_backup(backed_up, tmp_path / "home")


@pytest.mark.slow
def test_a_later_backup_is_refused(backed_up: Path, tmp_path: Path) -> None:
    """A backup of a later store format says so."""
    manifest = json.loads((backed_up / "manifest.json").read_text())
    (backed_up / "manifest.json").write_text(json.dumps(manifest | {"store_format": 99}))
    with pytest.raises(StoreTooNew, match="store format 99"):
        restore_backup(backed_up, tmp_path / "home")


@pytest.mark.slow
def test_an_interrupted_backup_leaves_nothing(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stops before its name is given is not there, and the store goes on; the next backup works."""
    store.writer.write(OWNER, batch_of(1))

    def stop(file: Path) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("midthought.memory.maintenance.backup.file_digest", stop)
        with pytest.raises(KeyboardInterrupt):
            write_backup(store, tmp_path / "place" / "backup")
    assert list((tmp_path / "place").iterdir()) == []
    store.writer.write(OWNER, batch_of(2))
    assert dict(write_backup(store, tmp_path / "place" / "backup").rows)["entries"] == 2
