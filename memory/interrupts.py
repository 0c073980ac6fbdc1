"""Work apart from the main thread, so that an interrupt never lands inside it.

Python runs signal handlers in the main thread alone, and there they may raise between any two steps: inside a commit,
between taking a lock and the block that releases it. So what the main thread asks of a store runs in a thread beside
it, and the main thread waits. An interrupt ends the waiting: what was begun ends by itself, whole or not at all, and
the next call comes after it. Other threads are never interrupted; what they ask runs where they are. Handing a call
over takes some 25 microseconds.
"""

import atexit
import functools
import inspect
import os
import sys
import threading
from _thread import allocate_lock
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, Generic, TypeVar, cast

Result = TypeVar("Result")
Class = TypeVar("Class")
Method = TypeVar("Method", bound=Callable[..., object])

_IN_PLACE = "_midthought_in_place"
_WAKE_UP = 0.1
"""Seconds between two looks for signals: one that comes just before a wait for a lock does not end that wait."""
_LAST_WAIT = 30.0
"""Seconds that the end of the process waits for what an interrupted caller left."""


class _Job(Generic[Result]):
    """One call on its way. Whoever takes `end` first, the caller that gives up or the worker that is done, decides."""

    def __init__(self, work: Callable[[], Result], undo: Callable[[], object] | None) -> None:
        self._work = work
        self._undo = undo
        self._result: Result | None = None
        self._error: BaseException | None = None
        self._end = allocate_lock()
        self.done = allocate_lock()
        self.done.acquire()

    @property
    def is_left(self) -> bool:
        """Whether the caller has given up."""
        return self._end.locked()

    def run(self) -> None:
        """Do the work, in the worker."""
        _here.job = self
        try:
            self._result = self._work()
        except BaseException as error:  # noqa: BLE001  # handed to the caller, whatever it is
            self._error = error
        if self._end.acquire(blocking=False):
            self.done.release()
        else:
            self._take_back()

    def leave(self) -> None:
        """Give up, in the caller: what was made for it is undone, here or where it is being made."""
        if not self._end.acquire(blocking=False):
            self._take_back()

    def take(self) -> Result:
        """Return the result, or raise what happened."""
        error, self._error = self._error, None
        if error is None:
            return self._result  # type: ignore[return-value]  # done, and without an error
        try:
            raise error
        finally:
            del error  # else the error and its own traceback keep each other, and all that is open, alive

    def _take_back(self) -> None:
        if self._undo is not None and self._error is None:
            with suppress(Exception):  # nobody waits for it any more
                self._undo()


def run_apart(work: Callable[[], Result], *, undo: Callable[[], object] | None = None) -> Result:
    """Return what `work` returns, done where no interrupt can land in it.

    Args:
        work: what to do.
        undo: called if `work` succeeded but its caller was interrupted, and so has nothing to close it by.
    """
    if threading.get_ident() != threading.main_thread().ident or sys.is_finalizing():
        return work()
    job = _Job(work, undo)
    try:
        _worker.queue().put(job)
        while not job.done.acquire(timeout=_WAKE_UP):
            pass
    except BaseException:
        job.leave()
        raise
    return job.take()


def stop_if_left() -> None:
    """Raise `KeyboardInterrupt` in work whose caller was interrupted; for long work, between two steps of it."""
    job: _Job[Any] | None = getattr(_here, "job", None)
    if job is not None and job.is_left:
        raise KeyboardInterrupt


def run_methods_apart(cls: type[Class]) -> type[Class]:
    """Let every public method of a class, inherited ones too, run through the instance's `apart`.

    A class is decorated, not each method, so that none can be forgotten. Context managers run where they are entered,
    and methods marked `in_place` where they are called.
    """
    for name, method in inspect.getmembers(cls, inspect.isfunction):
        inner = inspect.unwrap(method)
        if not (name.startswith("_") or inspect.isgeneratorfunction(inner) or hasattr(method, _IN_PLACE)):
            setattr(cls, name, apart(method))
    return cls


def in_place(method: Method) -> Method:
    """Mark a method that `run_methods_apart` leaves alone."""
    setattr(method, _IN_PLACE, True)
    return method


def apart(function: Method) -> Method:
    """Let a function run through the `apart` of its first argument: a store, a part of one, or `self`."""

    @functools.wraps(function)
    def run(first: Any, *args: Any, **kwargs: Any) -> object:
        return first.apart(lambda: function(first, *args, **kwargs))

    return cast("Method", in_place(run))


class _Worker:
    """The one thread for the work of the main thread, started when first needed; a forked child begins anew."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[_Job[Any]] | None = None

    def queue(self) -> "SimpleQueue[_Job[Any]]":
        """Return where jobs are put."""
        if self._queue is None:
            fresh: SimpleQueue[_Job[Any]] = SimpleQueue()
            threading.Thread(target=_serve, args=(fresh,), name="midthought", daemon=True).start()
            self._queue = fresh
        return self._queue

    def forget(self) -> None:
        """In a forked child, which has no such thread."""
        self._queue = None

    def settle(self) -> None:
        """Wait for what was left; it is killed with the process else, which costs what was not acknowledged."""
        if self._queue is not None:
            last = _Job(lambda: None, None)
            self._queue.put(last)
            last.done.acquire(timeout=_LAST_WAIT)


def _serve(jobs: "SimpleQueue[_Job[Any]]") -> None:
    while True:
        job = jobs.get()
        job.run()
        _here.job = None
        del job


_here = threading.local()
_worker = _Worker()
os.register_at_fork(after_in_child=_worker.forget)
atexit.register(_worker.settle)
