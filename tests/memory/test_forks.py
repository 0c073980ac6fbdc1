"""A store belongs to the process that opened it: a forked child is refused by name, and holds and changes nothing."""

import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from midthought.api.python.memory import open_memory
from midthought.memory.database.directory_lock import DirectoryLock
from midthought.memory.errors import StoreInUse, WrongProcess
from midthought.memory.forks import call_in_children, leave_in_children
from midthought.memory.maintenance.compact import compact_store
from midthought.memory.records.entry import Lesson
from midthought.memory.store import Store
from midthought.retrieval.encoders.hashing import HashingEncoder

from .conftest import ENCODER, OWNER, batch_of, unit_vector

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


def in_child(work: Callable[[], object]) -> str:
    """What `work` raised in a forked child, as class and text."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        told = "nothing"
        try:
            work()
        except BaseException as error:  # noqa: BLE001  # told to the parent
            told = f"{type(error).__name__}: {error}"
        os.write(writing, told.encode())
        os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as stream:
        return stream.read().decode()


class Noted:
    """Counts the forks on its way from the first process."""

    forks = 0

    def note(self) -> None:
        """Count one."""
        self.forks += 1


def test_a_grandchild_is_a_forked_child_too() -> None:
    """What is to be done in children is done in theirs as well; of an owner that is gone, nothing is."""
    kept, left, gone = Noted(), Noted(), Noted()
    call_in_children(kept, Noted.note)
    leave_in_children(left, Noted.note)
    call_in_children(gone, Noted.note)
    del gone

    def tell() -> None:
        raise AssertionError(f"{kept.forks}, {left.forks}")

    assert in_child(tell) == "AssertionError: 1, 1"
    assert in_child(lambda: pytest.fail(in_child(tell))) == "Failed: AssertionError: 2, 2"
    assert (kept.forks, left.forks) == (0, 0)


@pytest.mark.slow
def test_every_call_in_a_forked_child_is_refused(store: Store) -> None:
    """Reads, writes and context managers name both processes and what to do; closing does nothing."""
    store.writer.write(OWNER, batch_of(1))
    opener = os.getpid()

    def claim() -> None:
        with store.exclusive():
            pass

    for call in (
        lambda: store.writer.write(OWNER, batch_of(2)),
        lambda: store.reader.list_entries(OWNER),
        lambda: store.searcher.search_vectors(OWNER, unit_vector(1), 1),
        lambda: store.check_integrity(OWNER),
        lambda: compact_store(store),
        claim,
        lambda: store.snapshot().__enter__(),
        lambda: store.transaction().__enter__(),
    ):
        told = in_child(call)
        assert told.startswith("WrongProcess: "), told
        assert f"was opened by process {opener}, and this is process " in told
        assert "midthought serve" in told
    assert in_child(store.close) == "nothing"
    store.writer.write(OWNER, batch_of(3))
    store.check_integrity(OWNER)
    assert len(store.reader.list_entries(OWNER)) == 2


def add_some(memory: object, name: str, told: object) -> None:
    """Add from a worker of multiprocessing."""
    try:
        memory.add_entries([Lesson(f"When {name} asks", "Say no.")])  # type: ignore[attr-defined]
        told.put("stored")  # type: ignore[attr-defined]
    except WrongProcess as error:
        told.put(str(error))  # type: ignore[attr-defined]


@pytest.mark.slow
def test_workers_of_multiprocessing_are_told(tmp_path: Path) -> None:
    """What they are not told is stored, is; so nothing that was acknowledged is lost, and the parent goes on."""
    context = multiprocessing.get_context("fork")
    with open_memory(tmp_path, encoder=HashingEncoder(), starter=False) as memory:
        memory.add_entries([Lesson("Before", "x")])
        told = context.Queue()
        workers = [context.Process(target=add_some, args=(memory, f"worker {n}", told)) for n in range(2)]
        for worker in workers:
            worker.start()
        answers = [told.get(timeout=60) for _ in workers]
        for worker in workers:
            worker.join()
        assert [worker.exitcode for worker in workers] == [0, 0]
        assert all(f"was opened by process {os.getpid()}" in one for one in answers)
        memory.add_entries([Lesson("After", "x")])
    with open_memory(tmp_path, encoder=HashingEncoder(), starter=False) as memory:
        assert {one.entry.key for one in memory.list_entries()} == {"Before", "After"}
        memory.check_integrity()


IDLE = """
import os, sys, time
from midthought.memory.store import Store
store = Store(sys.argv[1])
child = os.fork()
if not child:
    time.sleep(120)
    os._exit(0)
print(child, flush=True)
if sys.argv[2] == "close":
    store.close()
    sys.stdin.readline()
elif sys.argv[2] == "die":
    os.kill(os.getpid(), 9)
else:
    sys.stdin.readline()
"""


@pytest.mark.slow
@pytest.mark.parametrize("how", ["close", "die"])
def test_an_idle_child_does_not_hold_the_directory(tmp_path: Path, how: str) -> None:
    """Once the opener has closed it, or was killed, the directory opens, whoever was forked from it."""
    command = [sys.executable, "-c", IDLE, str(tmp_path), how]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as opener:
        assert opener.stdout is not None
        child = int(opener.stdout.readline())
        try:
            if how == "die":
                opener.wait()
            store = open_when_free(tmp_path)
            store.writer.write(OWNER, batch_of(1))
            store.close()
        finally:
            os.kill(child, 9)


def open_when_free(home: Path) -> Store:
    """The store, once its holder has let go."""
    while True:
        try:
            return Store(home, encoder=ENCODER)
        except StoreInUse:
            time.sleep(0.05)


LEAVE = """
import os, sys
from midthought.api.python.memory import open_memory
from midthought.memory.records.entry import Lesson
from midthought.retrieval.encoders.hashing import HashingEncoder
memory = open_memory(sys.argv[1], encoder=HashingEncoder(), starter=False)
memory.add_entries([Lesson("Before", "x")])
memory.recall("Before")
child = os.fork()
if not child:
    if sys.argv[2] == "delete":
        del memory
    sys.exit(0)
_, status = os.waitpid(child, 0)
assert status == 0, status
memory.add_entries([Lesson(f"After {number}", "x") for number in range(50)])
memory.check_integrity()
os.kill(os.getpid(), 9)
"""


@pytest.mark.slow
@pytest.mark.parametrize("how", ["exit", "delete"])
def test_a_child_that_ends_leaves_the_files_alone(tmp_path: Path, how: str) -> None:
    """It ends as programs do, with everything destroyed: neither does it hang, nor touch what the parent writes."""
    done = subprocess.run([sys.executable, "-c", LEAVE, str(tmp_path), how], check=False, timeout=120)
    assert done.returncode == -9
    with open_memory(tmp_path, encoder=HashingEncoder(), starter=False) as memory:
        assert len(memory.list_entries()) == 51
        memory.check_integrity()


@pytest.mark.slow
def test_the_error_of_a_held_directory_names_a_living_process(tmp_path: Path) -> None:
    """A second opening here says so; a pid that is no more is not named."""
    with Store(tmp_path):
        with pytest.raises(
            StoreInUse, match="in use by this process: it has it open already: share that Memory"
        ) as caught:
            Store(tmp_path)
        assert caught.value.here
        assert str(os.getpid()) not in str(caught.value)
        told = in_child(lambda: DirectoryLock(tmp_path))
        assert told.startswith(f"StoreInUse: {tmp_path} is in use by process {os.getpid()}: ")
        gone = subprocess.Popen([sys.executable, "-c", "pass"])
        gone.wait()
        (tmp_path / "lock").write_text(f"{gone.pid}\n")
        told = in_child(lambda: DirectoryLock(tmp_path))
        assert told.startswith(f"StoreInUse: {tmp_path} is in use by another process: ")
    Store(tmp_path).close()
