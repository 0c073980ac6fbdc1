"""Run work apart from the main thread, so that an interrupt never lands inside it.

Python runs signal handlers only in the main thread, and there they may raise between any two steps: inside a commit,
or between taking a lock and the block that releases it. So a call of the main thread to a store runs in a worker
thread, and the main thread waits. An interrupt ends only the waiting: the work ends by itself, completely or without
effect, and the next call runs after it. Other threads are never interrupted; their calls run in themselves. Handing a
call to the worker takes some 25 microseconds.
"""

import atexit
import functools
import inspect
import sys
import threading
from _thread import allocate_lock
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, Generic, TypeVar, cast

from midthought.memory.forks import call_in_children

Result = TypeVar("Result")
Class = TypeVar("Class")
Method = TypeVar("Method", bound=Callable[..., object])

_IN_PLACE = "_midthought_in_place"
_WAKE_UP = 0.1
"""Seconds between two checks for signals: a signal just before a wait for a lock does not end that wait."""
_LAST_WAIT = 30.0
"""Maximum seconds that the end of the process waits for work whose caller was interrupted."""


class _Call(Generic[Result]):
    """One call for the worker. Who takes `_end` first decides: a caller that gives up, or the worker that is done."""

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
        _here.call = self
        try:
            self._result = self._work()
        except BaseException as error:  # noqa: BLE001  # any error is handed to the caller
            self._error = error
        if self._end.acquire(blocking=False):
            self.done.release()
        else:
            self._take_back()

    def leave(self) -> None:
        """Give up, in the caller: the result is undone, here or in the worker once it is done."""
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
            del error  # else the error and its traceback keep each other alive, with all open files

    def _take_back(self) -> None:
        if self._undo is not None and self._error is None:
            with suppress(Exception):  # no caller waits for it any more
                self._undo()


def cannot_be_interrupted() -> bool:
    """Whether no interrupt can land in what this thread does: Python raises them in the main thread alone."""
    return threading.get_ident() != threading.main_thread().ident or sys.is_finalizing()


def run_apart(work: Callable[[], Result], *, undo: Callable[[], object] | None = None) -> Result:
    """Return what `work` returns; it runs in a thread in which no interrupt can land.

    Args:
        work: what to do.
        undo: called if `work` succeeded but its caller was interrupted and so cannot close the result.
    """
    if cannot_be_interrupted():
        return work()
    call = _Call(work, undo)
    try:
        _worker.queue().put(call)
        while not call.done.acquire(timeout=_WAKE_UP):
            pass
    except BaseException:
        call.leave()
        raise
    return call.take()


def stop_if_left() -> None:
    """Raise `KeyboardInterrupt` if the caller of this work was interrupted; long work calls it between two steps."""
    call: _Call[Any] | None = getattr(_here, "call", None)
    if call is not None and call.is_left:
        raise KeyboardInterrupt


def run_methods_apart(cls: type[Class]) -> type[Class]:
    """Decorate a class: every public method, also inherited ones, runs through the instance's `apart`.

    The class is decorated, not each method, so that no method can be forgotten. Context managers run in the thread that
    enters them, methods marked `in_place` in the thread that calls them.
    """
    for name, method in inspect.getmembers(cls, inspect.isfunction):
        inner = inspect.unwrap(method)
        if not (name.startswith("_") or inspect.isgeneratorfunction(inner) or hasattr(method, _IN_PLACE)):
            setattr(cls, name, apart(method))
    return cls


def in_place(method: Method) -> Method:
    """Mark a method that `run_methods_apart` does not change."""
    setattr(method, _IN_PLACE, True)
    return method


def apart(function: Method) -> Method:
    """Decorate a function: it runs through the `apart` of its first argument (a store, a part of one, or `self`)."""

    @functools.wraps(function)
    def run(first: Any, *args: Any, **kwargs: Any) -> object:
        return first.apart(function, first, *args, **kwargs)

    return cast("Method", in_place(run))


class _Worker:
    """The thread that runs calls of the main thread, started at the first call; a forked child starts another."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[_Call[Any]] | None = None

    def queue(self) -> "SimpleQueue[_Call[Any]]":
        """Return the queue of calls."""
        if self._queue is None:
            fresh: SimpleQueue[_Call[Any]] = SimpleQueue()
            threading.Thread(target=_serve, args=(fresh,), name="midthought", daemon=True).start()
            self._queue = fresh
        return self._queue

    def forget(self) -> None:
        """Forget the thread in a forked child, which does not have it."""
        self._queue = None

    def settle(self) -> None:
        """Wait for work whose caller gave up; otherwise it is killed with the process and its writes are lost."""
        if self._queue is not None:
            last = _Call(lambda: None, None)
            self._queue.put(last)
            last.done.acquire(timeout=_LAST_WAIT)


def _serve(calls: "SimpleQueue[_Call[Any]]") -> None:
    while True:
        call = calls.get()
        call.run()
        _here.call = None
        del call


_here = threading.local()
_worker = _Worker()
call_in_children(_worker, _Worker.forget)
atexit.register(_worker.settle)
