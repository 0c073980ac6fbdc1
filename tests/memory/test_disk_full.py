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
