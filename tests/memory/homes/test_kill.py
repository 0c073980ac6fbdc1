"""Killed while it fills Milvus, a store goes on from there: nothing is missing, nothing is twice."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from midthought.memory.indexes.milvus.address import MilvusAddress
from midthought.memory.indexes.milvus.entry_tables import EntryTables
from midthought.memory.store import Store

from .entries import ENCODER, OWNER, batch_of, make_entries

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[3]
PAGES = (1, 2, 4)
"""Pages after which the process is killed, each time within the next one."""


def fill_and_kill(place: Path, pages: int, seconds: float) -> int:
    """Let a process send some pages, and kill it soon after; return the position that it told last."""
    command = [sys.executable, "-m", "tests.memory.homes.fill", str(place / "store"), str(place / "milvus.db")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        told = [process.stdout.readline() for _ in range(pages)]
        time.sleep(seconds)
        process.kill()
        told += process.stdout.read().splitlines()
    assert "filled" not in told
    return int(told[-1])


def test_a_killed_filling_goes_on(tmp_path: Path) -> None:
    """After kills within a page the index begins where it was, and in the end agrees with the store."""
    entries, dice = make_entries(400, 1), random.Random(5)
    with Store(tmp_path / "store", encoder=ENCODER.identity) as store:
        store.writer.write(OWNER, batch_of(entries))
    milvus = MilvusAddress(str(tmp_path / "milvus.db"))
    for pages in PAGES:
        told = fill_and_kill(tmp_path, pages, dice.uniform(0, 0.3))
        tables = EntryTables(next((tmp_path / "store" / "derived" / OWNER.name).glob("*/milvus.sqlite")))
        state = tables.read_state()
        tables.close()
        assert state is not None
        assert state.last_seq >= told
        with Store(tmp_path / "store", encoder=ENCODER.identity, milvus=milvus) as store:
            # Of the page after it Milvus may have some: they are forgotten before they are sent again.
            seq = state.last_seq + dice.randrange(1, 20)
            for entry in store.reader.list_entries(OWNER, limit=1000):
                if entry.seq == seq:
                    store.writer.forget_entry(OWNER, entry.id)
    with Store(tmp_path / "store", encoder=ENCODER.identity, milvus=milvus) as store:
        store.check_integrity(OWNER)
        assert store.state.indexes is not None
        assert list(store.state.indexes.get(OWNER).refused) == []
