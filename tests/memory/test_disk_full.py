"""A disk that is full: a clear error, nothing torn, and it works again when there is space."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

WORK = """
import resource, signal, sys
from pathlib import Path
import numpy as np
from midthought.memory.records.batch import Batch, EntryWrite
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.entry import Procedure, Provenance
from midthought.memory.errors import StoreFull
from midthought.memory.records.namespace import Namespace
from midthought.memory.store import Store

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
home, owner, written = Path(sys.argv[1]), Namespace("owner"), 0

def write(store, number):
    row = np.random.default_rng(number).normal(size=64).astype(np.float32)
    entry = Procedure(f"How is thing{number} done?", f"Like {number}. " * 40)
    store.writer.write(owner, Batch(entries=(EntryWrite(entry, (Provenance(None, "t"),), row / np.linalg.norm(row)),)))

def limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))

with Store(home, encoder=EncoderIdentity("t", "t", 64)) as store:
    for written in range(1, 30):
        write(store, written)
    limit(max(file.stat().st_size for file in home.iterdir()) + 30_000)
    try:
        for number in range(30, 1000):
            write(store, number)
            written = number
    except StoreFull as error:
        assert str(home) in str(error), error
    else:
        raise SystemExit("the disk was never full")
    assert len(store.reader.list_entries(owner, limit=2000)) == written, "what was acknowledged cannot be read"
    limit(resource.RLIM_INFINITY)
    write(store, 5000)
    store.check_integrity(owner)
    assert len(store.reader.list_entries(owner, limit=2000)) == written + 1
with Store(home, encoder=EncoderIdentity("t", "t", 64)) as store:
    assert len(store.reader.list_entries(owner, limit=2000)) == written + 1
    store.check_integrity(owner)
print("written", written)
"""


def test_a_full_disk_refuses_and_recovers(tmp_path: Path) -> None:
    """No file may grow: the write fails by name, all before it is there, and with space the next one goes through."""
    done = subprocess.run([sys.executable, "-c", WORK, str(tmp_path / "store")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[-1]) >= 29


BACKUPS = """
import resource, signal, sys
from pathlib import Path
import numpy as np
from midthought.memory.errors import StoreFull
from midthought.memory.maintenance.scheduled_backups import list_scheduled_backups, make_scheduled_backup, verify_backup
from midthought.memory.records.batch import Batch, EntryWrite
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.entry import Procedure, Provenance
from midthought.memory.records.namespace import Namespace
from midthought.memory.store import Store

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
home, folder, owner = Path(sys.argv[1]), Path(sys.argv[2]), Namespace("owner")

def limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))

with Store(home, encoder=EncoderIdentity("t", "t", 2)) as store:
    places, row = (Provenance(None, "t"),), np.array([1, 0], np.float32)
    for number in range(3):
        entry = Procedure(f"How is thing{number} done?", "Like this. " * 400)
        store.writer.write(owner, Batch(entries=(EntryWrite(entry, places, row),)))
    good = make_scheduled_backup(store, folder, keep=1)
    largest = max(one.stat().st_size for one in good.folder.iterdir())
    for part in range(10):
        limit(largest * part // 10)
        try:
            make_scheduled_backup(store, folder, keep=1)
        except StoreFull:
            pass
        else:
            raise SystemExit(f"a backup was made in {part} tenths of its room")
        assert [one.name for one in folder.iterdir()] == [good.folder.name], "something is left of it"
        assert len(store.reader.list_entries(owner)) == 3
    limit(resource.RLIM_INFINITY)
    verify_backup(good.folder)
    made = make_scheduled_backup(store, folder, keep=1)
    assert [one.folder for one in list_scheduled_backups(folder, home)] == [made.folder]
    store.check_integrity(owner)
"""


def test_a_scheduled_backup_without_room_leaves_the_last_good_one(tmp_path: Path) -> None:
    """Wherever the disk is full: it fails by name, nothing of it is left, and with space the next one replaces it."""
    places = [str(tmp_path / name) for name in ("store", "backups")]
    done = subprocess.run([sys.executable, "-c", BACKUPS, *places], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
