"""A memory on read-only media can be read, whole; nothing is written, nowhere."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from midthought.memory.errors import StoreDamaged, StoreFull, StoreInUse
from midthought.memory.maintenance.repair import find_faults
from midthought.memory.records.job import Job
from midthought.memory.store import Store

from .conftest import ENCODER, OWNER, batch_of, unit_vector

READ = """
import sys, os
from pathlib import Path
sys.path.insert(0, sys.argv[2])
import midthought.ingest.transfer.export as exporting
from tests.memory.conftest import ENCODER, OWNER, batch_of, unit_vector, write_of
from midthought.api.python.memory import open_memory
from midthought.memory.errors import StoreFull
from midthought.memory.maintenance.compact import compact_store
from midthought.memory.maintenance.repair import rebuild_indexes
from midthought.memory.store import Store

home = Path(sys.argv[1])
try:
    (home / "file").write_text("")
except OSError:
    pass
else:
    raise SystemExit("it can be written")
with Store(home, encoder=ENCODER) as store:
    assert store.read_only
    store.check_integrity(OWNER)
    assert len(store.reader.list_entries(OWNER)) == store.reader.stats(OWNER).entry_count == 30
    seq = store.reader.get_entry(OWNER, write_of(25).entry.id).seq
    assert store.searcher.search_vectors(OWNER, unit_vector(25), 1)[0][0] == seq
    assert store.searcher.search_words(OWNER, "sort25", 1)[0][0] == seq
    exporting.export_namespace(store, OWNER, Path(sys.argv[3]))
    for write in (
        lambda: store.writer.write(OWNER, batch_of(99)),
        lambda: compact_store(store),
        lambda: rebuild_indexes(store, OWNER),
    ):
        try:
            write()
        except StoreFull as error:
            assert "open for reading only" in str(error)
        else:
            raise SystemExit("it was written")
    assert len(store.reader.list_entries(OWNER)) == 30
print("read")
"""

ON_READ_ONLY_MEDIA = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && shift && exec "$@"'


def read_on_read_only_media(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `READ` where `home` is mounted read-only in a mount namespace; skips where that is not allowed."""
    allowed = (
        shutil.which("unshare") and subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode == 0
    )
    if not allowed:
        pytest.skip("this machine lets nobody mount in a namespace of its own")
    command = ["unshare", "-rm", "sh", "-c", ON_READ_ONLY_MEDIA, "sh", str(home)]
    return subprocess.run(
        [*command, sys.executable, "-c", READ, str(home), *arguments], capture_output=True, text=True, check=False
    )


def tree(home: Path) -> dict[str, bytes]:
    """Every file and its bytes."""
    return {str(file.relative_to(home)): file.read_bytes() for file in home.rglob("*") if file.is_file()}


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """Twenty entries in a checkpoint, and ten in the log that a kill left."""
    with Store(tmp_path / "live", encoder=ENCODER) as store:
        store.writer.write(OWNER, batch_of(*range(20)))
        store.searcher.checkpoint(OWNER)
    with Store(tmp_path / "live", encoder=ENCODER) as store:
        store.writer.write(OWNER, batch_of(*range(20, 30)))
        shutil.copytree(tmp_path / "live", tmp_path / "home", ignore=shutil.ignore_patterns(".scratch"))
    return tmp_path / "home"


@pytest.mark.slow
def test_read_only_media_are_read(filled: Path, root: Path, tmp_path: Path) -> None:
    """Checkpoint and log are read, searches find everything, an export is whole, and writes are refused by name."""
    before = tree(filled)
    done = read_on_read_only_media(filled, str(root), str(tmp_path / "export"))
    assert (done.returncode, done.stdout.strip()) == (0, "read"), done.stderr
    assert tree(filled) == before
    assert (tmp_path / "export").exists()


@pytest.mark.slow
def test_nothing_is_written_when_asked_to_read_only(filled: Path) -> None:
    """Every byte is what it was, searches and faults included; afterwards it opens for writing, whole."""
    before = tree(filled)
    with Store(filled, encoder=ENCODER, read_only=True) as store:
        assert find_faults(store, OWNER) == []
        assert len(store.searcher.search_vectors(OWNER, unit_vector(3), 50)) == 30
        with pytest.raises(StoreFull, match="open for reading only"):
            store.writer.put_job(OWNER, Job("o-1", "ingest", "file"))
    assert tree(filled) == before
    with Store(filled, encoder=ENCODER) as store:
        store.check_integrity(OWNER)
        assert len(store.reader.list_entries(OWNER)) == 30


@pytest.mark.slow
def test_readers_are_many_and_keep_a_writer_out(filled: Path) -> None:
    """Two read at a time; a writer is refused meanwhile, and readers while one writes."""
    with Store(filled, read_only=True) as one, Store(filled, read_only=True) as other:
        assert len(one.reader.list_entries(OWNER)) == len(other.reader.list_entries(OWNER)) == 30
        with pytest.raises(StoreInUse):
            Store(filled)
    with Store(filled), pytest.raises(StoreInUse):
        Store(filled, read_only=True)


def test_an_earlier_format_is_read_from_a_copy(root: Path, tmp_path: Path) -> None:
    """Migrated beside, it can be read; the original stays of its format."""
    import gzip

    packed = root / "tests" / "memory" / "stores" / "format-1.duckdb.gz"
    (tmp_path / "midthought.duckdb").write_bytes(gzip.decompress(packed.read_bytes()))
    before = tree(tmp_path)
    with Store(tmp_path, read_only=True) as store:
        assert {one.entry.key for one in store.reader.list_entries(OWNER)} == {"How do I count?", "The kettle whistles"}
        with pytest.raises(StoreFull):
            store.writer.forget_namespace(OWNER)
    assert tree(tmp_path) == before


@pytest.mark.slow
def test_what_is_left_can_be_read_where_something_is_missing(filled: Path) -> None:
    """A log that is gone: refused for writing, and what is in the database is read when that is asked for."""
    (filled / "midthought.duckdb.wal").unlink()
    with pytest.raises(StoreDamaged, match="acknowledged commits are missing"):
        Store(filled)
    with Store(filled, read_only=True) as store:
        assert len(store.reader.list_entries(OWNER)) == 20


FORKED = """
import os, sys
sys.path.insert(0, sys.argv[2])
from tests.memory.conftest import ENCODER, OWNER, unit_vector
from midthought.memory.store import Store

store = Store(sys.argv[1], encoder=ENCODER, read_only=True)
if not (child := os.fork()):
    sys.exit(0)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert len(store.searcher.search_vectors(OWNER, unit_vector(3), 50)) == 30
assert os.path.isdir(store.state.database._files._place.name), "the child removed what its parent reads"
if child := os.fork():
    store.close()
    Store(sys.argv[1]).close()  # the child, which lives, has no part in the lock
    os.kill(child, 9)
    os.waitpid(child, 0)
else:
    import time
    time.sleep(600)
"""


@pytest.mark.slow
def test_a_forked_child_has_no_part_in_it(filled: Path, root: Path) -> None:
    """Ending, it removes nothing of its parent's; living on, it keeps no writer out."""
    done = subprocess.run([sys.executable, "-c", FORKED, str(filled), str(root)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
