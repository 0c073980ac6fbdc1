"""Interrupted between any two steps, a store keeps what was acknowledged, goes on in the same process, and is sound.

A few hundred interrupts in the suite; MIDTHOUGHT_INTERRUPTS says how many of each kind.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread
from types import FrameType
from typing import Any

import pytest

from midthought.api.python.memory import open_memory
from midthought.memory.interrupts import run_apart, stop_if_left
from midthought.memory.records.entry import Procedure
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.memory.records.trajectory import Outcome, Trajectory
from midthought.retrieval.encoders.hashing import HashingEncoder

INTERRUPTS = int(os.environ.get("MIDTHOUGHT_INTERRUPTS", "12"))
OWN = str(Path(__file__).resolve().parents[2])
CODE = tuple(f"/{folder}/" for folder in ("memory", "ingest", "retrieval", "api", "midthought"))


class Interrupting:
    """Raises KeyboardInterrupt at the `at`-th bytecode that this thread runs inside Midthought; counts them all."""

    def __init__(self, at: int | None = None) -> None:
        self.count = 0
        self._at = at

    def __enter__(self) -> "Interrupting":
        sys.settrace(self._enter)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def _enter(self, frame: FrameType, event: str, argument: object) -> Any:
        file = frame.f_code.co_filename
        if "/tests/" in file or "site-packages" in file or not any(part in file for part in CODE):
            return None
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        return self._step

    def _step(self, frame: FrameType, event: str, argument: object) -> Any:
        if event == "opcode":
            self.count += 1
            if self.count == self._at:
                sys.settrace(None)
                raise KeyboardInterrupt
        return self._step


def make_entry(number: int) -> Procedure:
    """The entry of a number."""
    return Procedure(f"How do I fold paper{number} of the kind{number % 7}?", f"Try what worked for {number}. " * 3)


class Work:
    """A memory with things to do, each with what must hold if it was acknowledged."""

    def __init__(self, home: Path) -> None:
        self.memory = open_memory(home, encoder=HashingEncoder(32), starter=False)
        self.stored: dict[str, Procedure] = {}
        self.gone: set[str] = set()
        self.maybe: set[str] = set()
        self._number = 0
        self._home = home

    def fresh(self, count: int) -> list[Procedure]:
        """Entries that were never written."""
        self._number += count
        return [make_entry(number) for number in range(self._number - count, self._number)]

    def add(self) -> None:
        """One entry."""
        self._add(1)

    def batch(self) -> None:
        """Some entries together."""
        self._add(7)

    def _add(self, count: int) -> None:
        fresh = {one.id: one for one in self.fresh(count)}
        self.maybe |= fresh.keys()
        self.memory.add_entries(list(fresh.values()))
        self.maybe -= fresh.keys()
        self.stored |= fresh

    def forget(self) -> None:
        """The entry stored first."""
        (chosen, *_) = self.stored
        del self.stored[chosen]
        self.maybe.add(chosen)
        self.memory.forget(chosen)
        self.maybe.discard(chosen)
        self.gone.add(chosen)

    def revise(self) -> None:
        """Another wording in the place of the entry stored first."""
        (chosen, *_), (new,) = self.stored, self.fresh(1)
        new_id = new.id
        del self.stored[chosen]
        self.maybe |= {chosen, new_id}
        self.memory.revise(chosen, new)
        self.maybe -= {chosen, new_id}
        self.stored[new_id] = new

    def ingest(self) -> None:
        """A trace, and again if it was interrupted: the operation goes on."""
        self._number += 1
        number = self._number
        trace = Trajectory(f"What is {number} + 1?", f"I add one to {number}.", "", outcome=Outcome.CORRECT)
        self.memory.ingest_trajectories([trace])
        assert self.memory.get_trajectory(trace.id)

    def compact(self) -> None:
        """Everything is written anew."""
        self.memory.compact()

    def reindex(self) -> None:
        """There and back."""
        other = 48 if self.memory.encoder.identity.dimension == 32 else 32
        self.memory.reindex(HashingEncoder(other))

    def recall(self) -> None:
        """What was stored last."""
        if self.stored:
            self.memory.recall(list(self.stored.values())[-1].key, k=1)

    def settle(self) -> None:
        """Everything acknowledged is there, nothing forgotten is back, and other threads get on."""
        done: list[set[str]] = []

        def look() -> None:
            done.append({one.id for one in self.memory.list_entries(limit=10**6)})

        self.memory.generations()  # comes after what was interrupted, and ended by itself
        other = Thread(target=look, daemon=True)
        other.start()
        other.join(60)
        assert done, "a lock was left held: another thread waits for ever"
        (there,) = done
        assert not self.stored.keys() - there, "acknowledged, and lost"
        assert not self.gone & there, "forgotten, and back"
        assert there - self.stored.keys() <= self.maybe, "never written"
        self.stored = {one: self.memory.get(one).entry for one in there}
        self.maybe.clear()
        self.memory.check_integrity()

    def reopen(self) -> None:
        """Close and open again."""
        encoder = self.memory.encoder
        self.memory.close()
        self.memory = open_memory(self._home, encoder=encoder, starter=False)


OPERATIONS = ("add", "batch", "forget", "revise", "ingest", "compact", "reindex", "recall")


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Work]:
    """A memory with some entries."""
    made = Work(tmp_path / "home")
    for _ in range(3):
        made.batch()
    yield made
    made.memory.close()


@pytest.mark.slow
@pytest.mark.parametrize("job", OPERATIONS)
def test_an_interrupt_at_any_bytecode_leaves_a_sound_store(work: Work, job: str) -> None:
    """Whatever was under way, the store goes on in this process and after it is opened again."""
    run: Callable[[], None] = getattr(work, job)
    run()  # what only a first run does, such as reading tables of words, would make the count too high
    with Interrupting() as counting:
        run()
    dice, interrupted = random.Random(job), 0
    assert counting.count > 20
    for number in range(INTERRUPTS):
        if len(work.stored) < 3:
            work.batch()
        with Interrupting(dice.randint(1, counting.count)):
            try:
                run()
            except KeyboardInterrupt:
                interrupted += 1
        if number % 10 == 9:
            work.settle()
            work.add()
        if number % 50 == 49:
            work.reopen()
            work.settle()
    assert interrupted > INTERRUPTS // 2
    work.settle()
    work.reopen()
    work.settle()
    seqs = [one.seq for one in work.memory.store.reader.list_entries(DEFAULT_NAMESPACE, limit=10**6)]
    assert len(seqs) == len(set(seqs)) == len(work.stored)


def test_what_an_interrupted_caller_left_is_undone() -> None:
    """A result that nobody is left to close is closed, whether it was ready before the caller gave up or after."""
    begun, go_on, undone = Event(), Event(), Event()

    def work() -> None:
        begun.set()
        go_on.wait()

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        Thread(target=lambda: begun.wait() and os.kill(os.getpid(), signal.SIGALRM), daemon=True).start()
        with pytest.raises(KeyboardInterrupt):
            run_apart(work, undo=undone.set)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert not undone.is_set()
    go_on.set()
    assert undone.wait(60)


@pytest.mark.slow
def test_long_work_stops_when_its_caller_was_interrupted(tmp_path: Path) -> None:
    """A reindex whose caller was interrupted ends after the batch it is at, and goes on when it is called again."""
    with open_memory(tmp_path, encoder=HashingEncoder(32), starter=False) as memory:
        memory.add_entries([make_entry(number) for number in range(600)])
        encoder, calls = HashingEncoder(48), []
        encode = encoder.encode_documents

        def encode_slowly(texts: list[str]) -> Any:
            calls.append(len(texts))
            if len(calls) == 1:
                os.kill(os.getpid(), signal.SIGALRM)  # reaches the main thread, which waits
                while not stopped():
                    time.sleep(0.01)
            return encode(texts)

        def stopped() -> bool:
            try:
                stop_if_left()
            except KeyboardInterrupt:
                return True
            return False

        def interrupt(number: int, frame: object) -> None:
            raise KeyboardInterrupt

        encoder.encode_documents = encode_slowly  # type: ignore[method-assign]  # the real one, at a moment we know
        before = signal.signal(signal.SIGALRM, interrupt)
        try:
            with pytest.raises(KeyboardInterrupt):
                memory.reindex(encoder)
        finally:
            signal.signal(signal.SIGALRM, before)
        assert memory.encoder.identity.dimension == 32
        memory.check_integrity()
        assert calls == [256]
        assert memory.reindex(encoder) == 344
        memory.check_integrity()


SIGNALLED = """
import signal, sys
from midthought.memory.database.database import Database
from pathlib import Path
database = Database(Path(sys.argv[1]))
signal.signal(signal.SIGALRM, signal.default_int_handler)
signal.setitimer(signal.ITIMER_REAL, 0.2)
try:
    with database.transaction() as connection:  # in the main thread itself, where DuckDB asks for signals
        connection.execute("SELECT count(*) FROM range(100000000) a, range(100000) b").fetchall()
except KeyboardInterrupt:
    print("KeyboardInterrupt")
with database.transaction() as connection:
    print(connection.execute("SELECT count(*) FROM numbers").fetchall()[0][0])
database.close()
"""


@pytest.mark.slow
def test_an_interrupted_query_is_a_keyboard_interrupt(tmp_path: Path) -> None:
    """Not DuckDB's RuntimeError; and the connection goes on."""
    command = [sys.executable, "-c", SIGNALLED, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout.split() == ["KeyboardInterrupt", "1"], done.stderr
