"""The thread that runs accepted jobs, one after the other, and how others wait for them."""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from threading import Event, Lock, Thread

from midthought.api.fair_queue import FairQueue
from midthought.ingest.progress import IngestStopped, IsStopped
from midthought.memory.errors import NotFound, Overloaded, StoreError
from midthought.memory.records.job import Job, JobState
from midthought.memory.records.namespace import Namespace
from midthought.memory.store import Store
from midthought.memory.store_job_writer import forgotten_with

_POLL = 0.05
"""Seconds between two looks at a job that is waited for: reading it takes one or two milliseconds."""
MAX_WAITING = 1000
"""Jobs that may wait for their turn: each keeps what was sent for it on the disk."""
MAX_OF_ONE = 500
"""Of them, those of one namespace: it must not take the room of all others."""
ACTIVE = (JobState.QUEUED, JobState.RUNNING)
"""The states of a job that has not ended."""
_log = logging.getLogger(__name__)

RunJob = Callable[[Namespace, str, IsStopped], Job]
"""Runs a recorded job to its end."""


class JobThread:
    """Runs what is submitted, one job after the other, of each namespace in turn; the thread begins with the first job.

    Args:
        run: raises `IngestStopped` if it was stopped before the job's end.
    """

    def __init__(self, store: Store, run: RunJob) -> None:
        self._store, self._run = store, run
        self._waiting: FairQueue[tuple[Namespace, str, int]] = FairQueue()
        self._stopping = Event()
        self._lock = Lock()
        self._thread: Thread | None = None
        self._is_left = False

    def check_room(self, namespace: Namespace) -> None:
        """Raise `Overloaded` if as many jobs wait as may, of all or of this one. Called before a job is recorded."""
        of_one = 0 if self._stopping.is_set() else self._waiting.count(namespace)
        if self.waiting >= MAX_WAITING or of_one >= MAX_OF_ONE:
            which = f"{of_one} jobs of namespace {namespace}" if of_one >= MAX_OF_ONE else f"{self.waiting} jobs"
            raise Overloaded(f"{which} wait for their turn, the most there may be: try again later")

    def submit(self, namespace: Namespace, job_id: str, ticket: int) -> None:
        """Run a job when its turn comes, unless it is cancelled before; the ticket is that of `queue_job`."""
        with self._lock:
            self._waiting.put(namespace, (namespace, job_id, ticket))
            if self._thread is None and not self._stopping.is_set():
                self._thread = Thread(target=self._work, name="midthought-jobs", daemon=True)
                self._thread.start()

    @property
    def waiting(self) -> int:
        """How many jobs wait for their turn."""
        return 0 if self._stopping.is_set() else self._waiting.count_all()

    def wait(self, namespace: Namespace, job_id: str, *, seconds: float | None = None) -> Job:
        """Return a job when it has ended, or as it is after so many seconds. Raises `NotFound`."""
        return wait_for_job(self._store, namespace, job_id, seconds=seconds)

    def stop(self) -> None:
        """Interrupt a running job before its next record, and begin no other."""
        with self._lock:
            self._stopping.set()
            self._waiting.end()

    def close(self, *, seconds: float | None = None) -> bool:
        """Stop the thread: a running job is interrupted before its next record, queued ones are left.

        Returns whether it has stopped; False if that takes longer than `seconds`, as while a model answers. It is then
        left to itself, and its job is run again when jobs are resumed.
        """
        self.stop()
        thread = self._thread
        if thread is None:
            return True
        thread.join(seconds)
        if is_left := thread.is_alive():
            self._thread, self._is_left = None, True
        return not is_left

    def _work(self) -> None:
        while (job := self._waiting.get()) is not None and not self._stopping.is_set():
            self._carry_out(*job)

    def _carry_out(self, namespace: Namespace, job_id: str, ticket: int) -> None:
        if not self._store.reader.is_queued(job_id, ticket):  # cancelled or forgotten, or queued again since
            return
        try:
            self._run_to_end(namespace, job_id, ticket)
        finally:
            self._store.writer.unqueue_job(job_id, ticket)

    def _run_to_end(self, namespace: Namespace, job_id: str, ticket: int) -> None:
        try:
            self._run(namespace, job_id, self._stopping.is_set)
        except IngestStopped:
            if self._stopping.is_set():
                return  # it waits to go on when jobs are resumed
        except Exception as error:  # noqa: BLE001  # the edge of the thread: the job says what happened
            if self._is_left:  # the store is closed by now
                return
            _log.warning("job %s failed: %s", job_id, error)
            if self._store.reader.is_queued(job_id, ticket):
                self._record_failure(namespace, job_id, error)
        if not self._store.reader.is_queued(job_id, ticket):
            return  # cancelled or forgotten while it ran, and perhaps queued again since
        with suppress(StoreError):
            self._store.writer.set_waiting(namespace, job_id, waits=False)

    def _record_failure(self, namespace: Namespace, job_id: str, error: Exception) -> None:
        """Record an error that came before the job began; a later one is recorded by whoever ran it."""
        with suppress(StoreError, NotFound):
            job = self._store.reader.get_job(namespace, job_id)
            if job is not None and job.state is JobState.QUEUED:
                failed = replace(job, state=JobState.FAILED, error=f"{type(error).__name__}: {error}")
                self._store.writer.update_job(namespace, failed)


def wait_for_job(store: Store, namespace: Namespace, job_id: str, *, seconds: float | None = None) -> Job:
    """Return a job when it has ended, or as it is after so many seconds. Raises `NotFound`."""
    until = None if seconds is None else time.monotonic() + seconds
    was_there = False
    while True:
        job = store.reader.get_job(namespace, job_id)
        if job is None:
            reason = f": {forgotten_with(job_id)}" if was_there else ""
            raise NotFound(f"no job {job_id!r} in namespace {namespace}{reason}")
        was_there = True
        left = None if until is None else until - time.monotonic()
        # One that has ended stays queued until what was kept for it is gone.
        is_over = job.state not in ACTIVE and not store.reader.is_queued(job_id)
        if is_over or (left is not None and left <= 0):
            return job
        time.sleep(_POLL if left is None else min(_POLL, left))
