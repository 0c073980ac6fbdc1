"""What is killed: works on a store, and says in a log what it begins and what was acknowledged.

    python workload.py HOME LOG SEED OPERATION

Run as a process of its own. A line of the log is ``begin`` or ``done``, the operation, and the ids it is about; it is
handed to the kernel at once, which keeps it when the process is killed.
"""

import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock, Thread

from midthought.memory.database import clock
from midthought.memory.errors import EncoderMismatch, NotFound, WrongProcess
from midthought.memory.indexes import index_pool
from midthought.memory.maintenance import retention
from midthought.memory.maintenance.backup import write_backup
from midthought.memory.maintenance.compact import compact_store
from midthought.memory.maintenance.reindex import reindex_store
from midthought.memory.maintenance.retention import apply_retention
from midthought.memory.records.api_key import Scope
from midthought.memory.records.batch import Batch, EntryWrite, TrajectoryWrite
from midthought.memory.records.entry import Entry, Procedure, Provenance
from midthought.memory.records.job import Job
from midthought.memory.records.kept_answer import KeptAnswer
from midthought.memory.records.keys import entry_keys
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.retention import KeepLimit, RetainedKind, RetentionChange
from midthought.memory.records.trajectory import Trajectory
from midthought.memory.records.waiting_trace import Awaited, WaitingBounds, WaitingTrace
from midthought.memory.store import Store
from midthought.retrieval.encoders.hashing import HashingEncoder

OWNER = Namespace("owner")
ENCODERS = {encoder.identity.digest: encoder for encoder in (HashingEncoder(32), HashingEncoder(48))}
THREADS = 4
JUMPS = (timedelta(), timedelta(days=-3), timedelta(hours=2), timedelta(days=400))
"""How far the machine's clock may be off."""

# So that indexes of these small stores are built ahead of a switch, as those of large ones are.
index_pool._WORTH_A_CHECKPOINT = 20
# So that a kill falls between two transactions of one job.
retention._TOGETHER[RetainedKind.TRAJECTORIES] = 4


def open_store(home: Path) -> Store:
    """Open the store with the encoder it is at."""
    with Store(home) as store:
        current = [one.encoder.digest for one in store.reader.list_generations() if one.state == "current"]
    encoder = ENCODERS[current[0]] if current else next(iter(ENCODERS.values()))
    return Store(home, encoder=encoder.identity)


def make_entry(number: int) -> Procedure:
    """The entry of a number; every second has two keys."""
    asked, way = f"How do I solve puzzle{number} of the kind{number % 7}?", f"Try what worked for {number}. " * 9
    return Procedure(asked, way, f"when lot{number} is drawn" if number % 2 else "")


class Log:
    """Lines that outlive the process."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._lock = Lock()

    def around(self, job: str, ids: Iterable[str], work: Callable[[], object]) -> None:
        """Say that `work` begins, do it, say that it is done."""
        ids = list(ids)
        self.tell("begin", job, ids)
        work()
        self.tell("done", job, ids)

    def tell(self, what: str, job: str, ids: list[str]) -> None:
        """Write one line."""
        with self._lock:
            os.write(self._file, (json.dumps([what, job, ids]) + "\n").encode())


class Workload:
    """Random operations on one store; `favoured` comes as often as all others together."""

    def __init__(self, home: Path, log: Log, seed: int, favoured: str) -> None:
        self._home = home
        self._log = log
        self._dice = random.Random(seed)
        self._number = seed * 1_000_000
        self._favoured = favoured
        self._store = open_store(home)
        self._lock = Lock()

    def run(self) -> None:
        """Go on until killed."""
        jobs = {
            "add": self._add,
            "batch": self._batch,
            "threads": self._threads,
            "forget": self._forget,
            "checkpoint": lambda: self._store.searcher.checkpoint(OWNER),
            "compact": lambda: compact_store(self._store),
            "reindex": self._reindex,
            "backup": self._back_up,
            "reopen": self._reopen,
            "interrupt": self._interrupt,
            "fork": self._fork,
            "clock": self._set_clock,
            "records": self._record,
            "retain": self._retain,
        }
        self._operations = jobs
        self._batch()
        while True:
            self._do(self._favoured if self._dice.random() < 0.5 else self._dice.choice(["add", "batch", "forget"]))

    def _do(self, name: str) -> None:
        if name in {"checkpoint", "compact", "reindex", "backup", "reopen", "fork", "clock"}:
            self._log.around(name, [], self._operations[name])
        else:
            self._operations[name]()

    def _writes(self, count: int) -> tuple[EntryWrite, ...]:
        first = self._take_number(count)
        return self._encode([make_entry(number) for number in range(first, first + count)])

    def _take_number(self, count: int = 1) -> int:
        with self._lock:
            first, self._number = self._number, self._number + count
        return first

    def _encode(self, entries: Sequence[Entry]) -> tuple[EntryWrite, ...]:
        encode = self._encoder().encode_documents
        source = (Provenance(None, "crash"),)
        return tuple(EntryWrite(one, source, encode([key.text for key in entry_keys(one)])) for one in entries)

    def _encoder(self) -> HashingEncoder:
        assert self._store.encoder is not None
        return ENCODERS[self._store.encoder.digest]

    def _write(self, writes: tuple[EntryWrite, ...]) -> None:
        self._log.around("add", [one.entry.id for one in writes], lambda: self._write_encoded(writes))

    def _write_encoded(self, writes: tuple[EntryWrite, ...]) -> None:
        """Write; encode anew if a reindex switches meanwhile, as one does whose caller was interrupted."""
        dimension = writes[0].vectors.shape[1] if writes[0].vectors is not None else 0
        (encoder,) = [one.identity for one in ENCODERS.values() if one.identity.dimension == dimension]
        try:
            self._store.writer.write(OWNER, Batch(entries=writes, encoder=encoder))
        except EncoderMismatch:
            self._write_encoded(self._encode([one.entry for one in writes]))

    def _add(self) -> None:
        self._write(self._writes(1))

    def _batch(self) -> None:
        self._write(self._writes(self._dice.randint(2, 60)))

    def _threads(self) -> None:
        def add_some() -> None:
            for _ in range(5):
                self._write(self._writes(1))

        threads = [Thread(target=add_some) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _forget(self) -> None:
        entries = self._store.reader.list_entries(OWNER, limit=50)
        if entries:
            chosen = self._dice.choice(entries).id
            try:
                self._log.around("forget", [chosen], lambda: self._store.writer.forget_entry(OWNER, chosen))
            except NotFound:
                return

    def _reindex(self) -> None:
        (other,) = [one for one in ENCODERS.values() if one is not self._encoder()]
        reindex_store(self._store, other.identity, other.encode_documents)

    def _back_up(self) -> None:
        target = self._home.parent / "backup"
        if target.exists():
            shutil.rmtree(target)
        write_backup(self._store, target)

    def _reopen(self) -> None:
        self._store.close()
        self._store = open_store(self._home)

    def _interrupt(self) -> None:
        """Do something, interrupted at a random moment as by Ctrl-C; what comes next shows that the store goes on."""
        name = self._dice.choice(["add", "batch", "forget", "checkpoint", "compact", "reindex", "reopen"])
        try:
            with _alarm(self._dice.uniform(0.0005, 0.03)):
                self._do(name)
        except KeyboardInterrupt:
            self._log.tell("done", "interrupt", [])
        if name == "reopen":  # interrupted between closing and opening there is no store
            self._reopen()
        self._add()

    def _fork(self) -> None:
        """Fork a child whose write must be refused, and one that does nothing and may outlive its parent."""
        writes = self._writes(1)
        child = os.fork()
        if not child:
            try:
                self._store.writer.write(OWNER, Batch(entries=writes))
            except WrongProcess:
                os._exit(0)
            os._exit(1)
        assert os.waitpid(child, 0)[1] == 0, "a forked child could write"
        if not os.fork():
            time.sleep(0.5)
            os._exit(0)

    def _record(self) -> None:
        """Keep a trace that waits, the answer to a request with a key, and a key of a service; undo some of them."""
        number = self._take_number()
        trace = WaitingTrace(f"w-{number}", "", Awaited.NOTHING, f"Why {number}?", json.dumps({"answer": number}))
        bounds, writer = WaitingBounds(max_traces=10**6), self._store.writer
        self._log.around("trace", [trace.id], lambda: writer.add_traces(OWNER, [trace], left_out={}, bounds=bounds))
        if self._dice.random() < 0.3:
            self._log.around("taken trace", [trace.id], lambda: writer.end_batch(OWNER, [trace.id]))
        answer = KeptAnswer(f"key-{number}", "d", 200, "{}", json.dumps({"number": number}))
        self._log.around("answer", [answer.key], lambda: writer.keep_answer(OWNER, answer))
        stored, key = self._store.api_keys.create(f"key {number}", namespaces=(OWNER.name,), scope=Scope.READ)
        self._log.tell("done", "key", [key])
        if self._dice.random() < 0.3:
            self._log.around("revoked key", [key], lambda: self._store.api_keys.revoke(stored.id))

    def _retain(self) -> None:
        """Store traces, and remove all but the newest again, in a job."""
        first = self._take_number(40)
        traces = [Trajectory(f"What is {number}?", f"It is {number}.") for number in range(first, first + 40)]
        writer, writes = self._store.writer, tuple(TrajectoryWrite(one, "crash-1") for one in traces)
        ids = [one.id for one in traces]
        self._log.around("trajectory", ids, lambda: writer.write(OWNER, Batch(writes)))
        writer.change_retention(OWNER, RetentionChange(trajectories=KeepLimit(max_count=self._dice.randint(0, 60))))
        job_id = f"o-{first}"
        writer.put_job(OWNER, Job(job_id, "retention", "crash"))
        with writer.claim_job(job_id):
            apply_retention(self._store, OWNER, job_id, dry_run=False, tell=lambda *_: None)

    def _set_clock(self) -> None:
        """Let the machine's clock jump, forwards or back."""
        set_clock(self._dice.choice(JUMPS))
        with self._store.transaction() as connection:
            connection.execute(clock._INSTALL.split(";")[1])


def set_clock(offset: timedelta) -> None:
    """Let the machine's time be another from now on, in Python and in SQL."""
    clock.machine_now = lambda: datetime.now(UTC).replace(tzinfo=None) + offset
    seconds = int(offset.total_seconds())
    clock._INSTALL = _INSTALL.replace("now()::TIMESTAMP", f"now()::TIMESTAMP + INTERVAL ({seconds}) SECONDS")


_INSTALL = clock._INSTALL


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


if __name__ == "__main__":
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    home, log_file, seed, favoured = sys.argv[1:]
    log = Log(Path(log_file))
    log.tell("begin", "open", [])
    set_clock(random.Random(int(seed)).choice(JUMPS))
    workload = Workload(Path(home), log, int(seed), favoured)
    log.tell("done", "open", [])
    workload.run()
