"""Killed at any instant, a store has all that was acknowledged, nothing that was forgotten, and is sound.

A few kills in the suite; ``make crash`` makes 200 (MIDTHOUGHT_KILLS).
"""

import gzip
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from midthought.memory.database.commit_evidence import find_loss
from midthought.memory.database.opening_checks import DATABASE, accept_loss
from midthought.memory.errors import StoreDamaged
from midthought.memory.records.namespace import Namespace
from midthought.memory.store import Store

from ...scale import KILLS
from .verdict import Expected, find_some
from .workload import OWNER, open_store

pytestmark = pytest.mark.slow

OPERATIONS = (
    *("add", "interrupt", "batch", "fork", "threads", "clock", "checkpoint", "compact", "reindex", "forget"),
    *("backup", "reopen", "records", "retain"),
)
ROOT = Path(__file__).resolve().parents[3]
WORKLOAD = "tests.memory.crash.workload"
LONGEST = 1.2
"""Seconds of work before the kill, at most."""


def work_and_kill(home: Path, log: Path, seed: int, job: str) -> None:
    """Let a process work on a store; kill it at a random moment after it opened it, or after its first write."""
    awaited = '"done", "open"' if seed % 2 else '"done", "add"'
    command = [sys.executable, "-m", WORKLOAD, str(home), str(log), str(seed), job]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE)
    try:
        while awaited not in (log.read_text() if log.exists() else ""):
            assert process.poll() is None, process.stderr and process.stderr.read().decode()
            time.sleep(0.01)
        time.sleep(random.Random(seed).uniform(0.02, LONGEST))
    finally:
        os.kill(process.pid, signal.SIGKILL)
        _, errors = process.communicate()
    assert process.returncode == -signal.SIGKILL, errors.decode()


def test_nothing_acknowledged_is_lost_and_nothing_forgotten_comes_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """After every kill -9: what was acknowledged is there, what was forgotten is not, texts and indexes agree."""
    home, expected = tmp_path / "store", Expected()
    for number in range(KILLS):
        job = OPERATIONS[number % len(OPERATIONS)]
        log = tmp_path / f"log-{number}"
        work_and_kill(home, log, number + 1, job)
        expected.read(log)
        with open_store(home) as store:
            expected.settle(store)
            find_some(store, expected.stored)
        if KILLS > 50:
            with capsys.disabled():
                sys.stdout.write(
                    f"\rkill {number + 1} of {KILLS}, {expected.interrupted} interrupts, {expected.forked} forks, "
                    f"{expected.acknowledged} writes acknowledged, 0 lost"
                )
                sys.stdout.flush()
    assert expected.acknowledged >= KILLS // 2, "the work was killed before it wrote anything"


MIGRATE = """
import sys
from midthought.memory.store import Store
print("open", flush=True)
Store(sys.argv[1]).close()
"""


def test_a_migration_that_is_killed_leaves_a_store(tmp_path: Path) -> None:
    """Killed at any moment of its first opening by this version, a store of the first format has all its entries."""
    packed = ROOT / "tests" / "memory" / "stores" / "format-1.duckdb.gz"
    dice, owner = random.Random(3), Namespace("owner")
    for number in range(max(4, KILLS // len(OPERATIONS))):
        home = tmp_path / f"store-{number}"
        home.mkdir()
        (home / "midthought.duckdb").write_bytes(gzip.decompress(packed.read_bytes()))
        process = subprocess.Popen([sys.executable, "-c", MIGRATE, str(home)], cwd=ROOT, stdout=subprocess.PIPE)
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        time.sleep(dice.uniform(0.0, 0.15))
        process.kill()
        process.communicate()
        with Store(home) as store:
            keys = {one.entry.key for one in store.reader.list_entries(owner)}
            assert keys == {
                "How do I count?",
                "The kettle whistles",
            }
            store.check_integrity(owner)


def killed_store(tmp_path: Path) -> tuple[Path, Expected]:
    """A store that was checkpointed, worked on and killed."""
    home, expected = tmp_path / "store", Expected()
    for number, job in enumerate(("reopen", "batch")):
        work_and_kill(home, tmp_path / f"log-{number}", number + 70, job)
        expected.read(tmp_path / f"log-{number}")
    return home, expected


def test_torn_derived_files_cost_nothing(tmp_path: Path) -> None:
    """Every file of the derived indexes, cut at a random length: everything is found again."""
    home, expected = killed_store(tmp_path)
    with open_store(home) as store:
        expected.settle(store)
        store.searcher.checkpoint(OWNER)
    dice = random.Random(9)
    files = [file.relative_to(home) for file in (home / "derived").rglob("*") if file.is_file()]
    assert len(files) > 4
    for file in files:
        torn = tmp_path / "torn"
        if torn.exists():
            shutil.rmtree(torn)
        shutil.copytree(home, torn)
        os.truncate(torn / file, dice.randrange((torn / file).stat().st_size + 1))
        with open_store(torn) as store:
            expected.settle(store)
            find_some(store, expected.stored)


def torn_copy(home: Path, torn: Path, file: str, dice: random.Random) -> Path:
    """A copy of a store in which one file is cut at a random length."""
    if torn.exists():
        shutil.rmtree(torn)
    shutil.copytree(home, torn)
    os.truncate(torn / file, dice.randrange((torn / file).stat().st_size))
    return torn


def test_a_torn_database_is_never_an_empty_memory(tmp_path: Path) -> None:
    """The database cut at any length: an error by name, or all there is."""
    home, expected = killed_store(tmp_path)
    dice = random.Random(4)
    for _ in range(6):
        torn = torn_copy(home, tmp_path / "torn", DATABASE, dice)
        try:
            with open_store(torn) as store:
                store.check_integrity(OWNER)
                assert expected.stored <= {one.id for one in store.reader.list_entries(OWNER, limit=10**9)}
        except StoreDamaged:
            continue


def test_a_torn_log_is_named_and_its_loss_can_be_accepted(tmp_path: Path) -> None:
    """The log cut at any length before the last acknowledged commit: an error; accepted, what is left is sound."""
    home, expected = killed_store(tmp_path)
    dice = random.Random(5)
    for _ in range(6):
        torn = torn_copy(home, tmp_path / "torn", f"{DATABASE}.wal", dice)
        loss = find_loss(torn / DATABASE)
        if not loss:  # the cut took only what was never acknowledged
            with open_store(torn) as store:
                expected.settle(store)
            continue
        with pytest.raises(StoreDamaged, match="acknowledged commits are missing"):
            open_store(torn)
        assert loss in accept_loss(torn)
        with open_store(torn) as store:
            store.check_integrity(OWNER)
