"""What was acknowledged and is missing is named when a memory is opened: never a shorter or an empty one instead."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from midthought.memory.database.commit_evidence import evidence_of, read_position
from midthought.memory.database.opening_checks import accept_loss
from midthought.memory.errors import NotFound, StoreDamaged
from midthought.memory.maintenance.compact import compact_store
from midthought.memory.records.run import ReceiptRow
from midthought.memory.store import Store

from .conftest import ENCODER, OWNER, batch_of, write_of

DATABASE, LOG = "midthought.duckdb", "midthought.duckdb.wal"

KILLED = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from tests.memory.conftest import ENCODER, OWNER, batch_of
from midthought.memory.store import Store
store = Store(sys.argv[1], encoder=ENCODER)
for number in range(20, 30):
    store.writer.write(OWNER, batch_of(number))
os._exit(9)
"""


def stored(home: Path) -> int:
    """How many entries a memory has; it must be sound."""
    with Store(home, encoder=ENCODER) as store:
        store.check_integrity(OWNER)
        return len(store.reader.list_entries(OWNER))


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    """Twenty entries in the database and the indexes, and ten in the log of a process that was killed."""
    home = tmp_path_factory.mktemp("killed") / "home"
    with Store(home, encoder=ENCODER) as store:
        store.writer.write(OWNER, batch_of(*range(20)))
        store.searcher.checkpoint(OWNER)
    assert subprocess.run([sys.executable, "-c", KILLED, str(home), str(root)]).returncode == 9
    return home


@pytest.fixture
def killed(original: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(original, tmp_path / "home"))


@pytest.mark.slow
def test_whole_it_opens(killed: Path) -> None:
    """All thirty are there after the kill, and again after closing."""
    assert stored(killed) == 30
    assert stored(killed) == 30


@pytest.mark.sampled
@pytest.mark.parametrize("left", [[LOG], ["derived"], ["acknowledged"], [LOG, "derived", "acknowledged"]])
def test_a_database_that_is_gone_is_not_begun_anew(killed: Path, left: list[str]) -> None:
    """Whatever else is left: the error names both, nothing is changed, and put back, everything is there."""
    aside = killed.parent / "aside"
    aside.mkdir()
    for name in (DATABASE, LOG, "derived", "acknowledged"):
        if name not in left:
            (killed / name).rename(aside / name)
    for opening in (lambda: Store(killed), lambda: accept_loss(killed)):
        with pytest.raises(
            StoreDamaged, match=rf"{DATABASE} is missing, and .*{left[0]}.* is there: put the file back"
        ):
            opening()
    assert sorted(path.name for path in killed.iterdir()) == sorted([*left, "lock"])
    for path in aside.iterdir():
        path.rename(killed / path.name)
    assert stored(killed) == 30


HARM: dict[str, tuple[Callable[[Path], None], str]] = {
    "deleted": (lambda log: log.unlink(), f"{LOG} is missing, [0-9]+ were written"),
    "cut by a byte": (lambda log: os.truncate(log, log.stat().st_size - 1), f"{LOG} holds [0-9]+ bytes"),
    "cut to nothing": (lambda log: os.truncate(log, 0), f"{LOG} holds 0 bytes, [0-9]+ were written"),
}


@pytest.mark.sampled
@pytest.mark.parametrize("harm", HARM)
def test_a_log_that_lost_commits_is_noticed(killed: Path, harm: str) -> None:
    """Refused by name, twice; opened after the loss is accepted, with what is left, and whole from then on."""
    do, told = HARM[harm]
    do(killed / LOG)
    for _ in range(2):
        with pytest.raises(StoreDamaged, match=f"acknowledged commits are missing: {told}.*doctor --accept-loss"):
            Store(killed)
    assert "acknowledged commits are missing" in accept_loss(killed)
    assert stored(killed) == (29 if harm == "cut by a byte" else 20)
    assert accept_loss(killed) == ""


def test_receipts_alone_are_commits_too(tmp_path: Path) -> None:
    """A log of nothing but receipts is missed as one of entries is."""
    home, copy = tmp_path / "home", tmp_path / "copy"
    with Store(home, encoder=ENCODER) as store:
        store.writer.write(OWNER, batch_of(1))
    with Store(home, encoder=ENCODER) as store:
        store.writer.record_receipt(OWNER, ReceiptRow("r-1", "recall", "q", "{}"))
        shutil.copytree(home, copy)
    (copy / LOG).unlink()
    with pytest.raises(StoreDamaged, match="acknowledged commits are missing"):
        Store(copy)


def test_a_log_of_another_database_is_refused(killed: Path, tmp_path: Path) -> None:
    """Named, left alone, and set aside when the loss is accepted."""
    other = tmp_path / "other"
    with Store(other, encoder=ENCODER) as store:
        store.writer.write(OWNER, batch_of(*range(50, 90)))
        foreign = (other / LOG).read_bytes()
    (killed / LOG).write_bytes(foreign)
    evidence_of(killed / DATABASE).unlink()
    with pytest.raises(StoreDamaged, match="belongs to another database, or to another moment"):
        Store(killed)
    assert (killed / LOG).read_bytes() == foreign
    assert "set aside" in accept_loss(killed)
    assert stored(killed) == 20
    assert (killed / f"{LOG}.refused").read_bytes() == foreign


@pytest.mark.sampled
@pytest.mark.parametrize("evidence", [True, False])
def test_an_older_copy_of_the_database_is_refused(killed: Path, tmp_path: Path, evidence: bool) -> None:
    """By what was acknowledged since; without that, by an index that has seen more. Put back, all is there."""
    older, newer = (killed / DATABASE).read_bytes(), tmp_path / "newer"
    (killed / LOG).rename(tmp_path / "log")
    accept_loss(killed)
    with Store(killed, encoder=ENCODER) as store:
        store.writer.write(OWNER, batch_of(*range(40, 60)))
        store.searcher.checkpoint(OWNER)
    (killed / DATABASE).rename(newer)
    (killed / DATABASE).write_bytes(older)
    if not evidence:
        evidence_of(killed / DATABASE).unlink()
    told = "is older than what was acknowledged" if evidence else "is older than the indexes beside it.*checkpoint-"
    with pytest.raises(StoreDamaged, match=told):
        Store(killed, encoder=ENCODER)
    evidence_of(killed / DATABASE).unlink(missing_ok=True)
    newer.replace(killed / DATABASE)
    assert stored(killed) == 40


def test_another_database_is_refused(killed: Path, tmp_path: Path) -> None:
    """A file of another memory copied into the directory of this one."""
    with Store(tmp_path / "other", encoder=ENCODER) as store:
        store.writer.write(OWNER, batch_of(*range(50, 90)))
    shutil.copyfile(tmp_path / "other" / DATABASE, killed / DATABASE)
    (killed / LOG).unlink()
    with pytest.raises(StoreDamaged, match=r"is another database .* than the one last written"):
        Store(killed)
    assert "is another database" in accept_loss(killed)
    assert stored(killed) == 40


@pytest.mark.slow
def test_a_compaction_stopped_at_its_switch_is_no_loss(killed: Path, tmp_path: Path) -> None:
    """Before and after the new file takes the old one's place, the memory opens whole."""
    with Store(killed, encoder=ENCODER) as store:
        compact_store(store)
        store.writer.write(OWNER, batch_of(70))
    before = Path(shutil.copytree(killed, tmp_path / "before"))
    with Store(killed, encoder=ENCODER) as store:
        store.state.database._acknowledged.expect(before / DATABASE)
        store.state.database.connection.close()
        stopped = Path(shutil.copytree(killed, tmp_path / "stopped"))
    assert stored(stopped) == 31
    with Store(before, encoder=ENCODER) as store:
        compact_store(store)
        store.state.database.connection.close()
        switched = Path(shutil.copytree(before, tmp_path / "switched"))
    assert stored(switched) == 31


@pytest.mark.slow
def test_torn_evidence_is_no_evidence(killed: Path) -> None:
    """Written without a sync, it may be anything after a power failure: the memory opens."""
    for harm in (b"", b"\0" * 256, evidence_of(killed / DATABASE).read_bytes()[:80]):
        evidence_of(killed / DATABASE).write_bytes(harm)
        assert stored(killed) == 30


def test_a_new_directory_is_no_loss(tmp_path: Path) -> None:
    """An empty directory, one with files of others and one that was only locked become memories; none is there yet."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "notes.txt").write_text("mine")
    (tmp_path / "home" / "lock").touch()
    with pytest.raises(NotFound):
        accept_loss(tmp_path / "home")
    with Store(tmp_path / "home", encoder=ENCODER) as store:
        store.writer.write(OWNER, batch_of(1))
        assert store.reader.get_entry(OWNER, write_of(1).entry.id)


def test_what_was_written_aside_by_a_killed_process_is_removed(killed: Path) -> None:
    """Copies of all texts: of a compaction with its log, of DuckDB's own, of a restore."""
    for name in (f"{DATABASE}.aside", f"{DATABASE}.aside.wal", f"{DATABASE}.tmp/spilled", f".restoring/{DATABASE}"):
        (killed / name).parent.mkdir(exist_ok=True)
        (killed / name).write_bytes(b"How do I count things of sort3?")
    assert stored(killed) == 30
    assert sorted(path.name for path in killed.iterdir()) == ["acknowledged", "derived", "lock", DATABASE]


def test_a_stopped_restore_is_not_an_empty_memory(tmp_path: Path) -> None:
    """A directory that a restore was killed in is refused, and says what to do."""
    (tmp_path / ".restoring").mkdir()
    with pytest.raises(StoreDamaged, match="a restore into it was stopped: run `midthought restore` again"):
        Store(tmp_path)


def test_the_position_is_that_of_the_files(tmp_path: Path) -> None:
    """DuckDB's own count of checkpoints and the log's length, of a database that is open and one that is closed."""
    with Store(tmp_path, encoder=ENCODER) as store:
        store.writer.write(OWNER, batch_of(1))
        one = read_position(tmp_path / DATABASE)
        with store.exclusive():
            store.state.database.connection.execute("CHECKPOINT")
            other = read_position(tmp_path / DATABASE)
    assert len(one.database) == 32
    assert int(one.database, 16)
    assert (other.database, other.checkpoints, other.log_bytes) == (one.database, one.checkpoints + 1, 0)
    assert one.log_bytes > 0


def test_the_name_of_a_new_log_is_synced_before_its_first_commit_is_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DuckDB makes a log anew after each checkpoint, and syncs what is in it alone: the folder is synced once a log."""
    synced: list[bool] = []
    real = os.fsync

    def note(handle: int) -> None:
        if Path(f"/proc/self/fd/{handle}").readlink() == tmp_path:
            synced.append((tmp_path / LOG).exists())
        real(handle)

    with Store(tmp_path, encoder=ENCODER) as store:
        with store.exclusive():
            store.state.database.connection.execute("CHECKPOINT")
        for _ in range(2):
            monkeypatch.setattr(os, "fsync", note)
            assert not (tmp_path / LOG).exists()
            for number in range(3):
                store.writer.write(OWNER, batch_of(number + len(store.reader.list_entries(OWNER))))
            assert synced == [True]
            monkeypatch.undo()
            synced.clear()
            with store.exclusive():
                store.state.database.connection.execute("CHECKPOINT")
