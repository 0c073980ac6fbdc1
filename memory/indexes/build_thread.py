"""The thread in which a store builds new indexes while it searches the present ones: one build after another."""

import atexit
import os
import sys
from collections import deque
from threading import Lock, Thread, get_native_id
from weakref import WeakSet

from midthought.memory.forks import call_in_children
from midthought.memory.indexes.index_build import IndexBuild

BUILD_AFTER = 2.0
"""Seconds before a build begins: a command that searches once is over by then, and its build would be thrown away."""
_NICENESS = 10
"""Added to the niceness of the thread, so that searches get the processor first if it is short."""


class BuildThread:
    """Runs builds in the order in which they were started; the thread ends when none is left."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: deque[IndexBuild] = deque()
        self._running: IndexBuild | None = None
        _all.add(self)
        # A forked child does not have the threads, so it has no builds to wait for when it ends.
        call_in_children(self, _all.discard)

    def start(self, build: IndexBuild) -> None:
        """Run a build after those that wait."""
        with self._lock:
            self._waiting.append(build)
            if self._running is None:
                self._running = self._waiting.popleft()
                Thread(target=self._serve, args=(self._running,), name="midthought-indexes", daemon=True).start()

    def cancel(self, build: IndexBuild) -> None:
        """Stop a build, and wait until its thread has left it: for one step of it, about a second at most."""
        build.stopped.set()
        with self._lock:
            if build in self._waiting:
                self._waiting.remove(build)
                build.over.set()
        build.over.wait()

    def finish(self) -> None:
        """Wait until no build runs or waits."""
        while builds := self._all():
            builds[-1].over.wait()

    def close(self) -> None:
        """Stop all builds."""
        for build in self._all():
            self.cancel(build)

    def _all(self) -> list[IndexBuild]:
        with self._lock:
            running = [] if self._running is None or self._running.over.is_set() else [self._running]
            return [*running, *self._waiting]

    def _serve(self, build: IndexBuild | None) -> None:
        step_back()
        while build is not None:
            if build.stopped.wait(BUILD_AFTER):
                build.over.set()
            else:
                build.run()
            with self._lock:
                build = self._running = self._waiting.popleft() if self._waiting else None


def step_back() -> None:
    """Leave the processors to searches: one core (OpenMP keeps its number of threads per thread), low priority."""
    import faiss  # not before there is a build: commands that search nothing do without it

    faiss.omp_set_num_threads(1)
    if sys.platform == "linux":  # elsewhere the priority is that of the whole process
        os.setpriority(os.PRIO_PROCESS, get_native_id(), os.getpriority(os.PRIO_PROCESS, 0) + _NICENESS)


def _close_all() -> None:
    for thread in list(_all):
        thread.close()


_all: WeakSet[BuildThread] = WeakSet()
atexit.register(_close_all)
