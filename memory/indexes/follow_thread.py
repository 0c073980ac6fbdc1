"""The thread in which the indexes of a store follow many writes, so that the next search has little left to do."""

import logging
import time
from collections.abc import Callable
from threading import Lock, Thread

from midthought.memory.forks import call_in_children
from midthought.memory.indexes.build_thread import step_back

_log = logging.getLogger(__name__)
_PAUSE = 0.01
"""Seconds between two steps, in which writers and searches take the lock of the store."""


class FollowThread:
    """Calls `step` until it returns False, in a thread that ends then.

    Args:
        step: does a part of the work, and returns whether there may be more. It takes the locks that it needs, and
            returns False once there is nothing left to do it for.
    """

    def __init__(self, step: Callable[[], bool]) -> None:
        self._step = step
        self._start()
        call_in_children(self, FollowThread._start)

    def _start(self) -> None:
        """Begin without a thread; also in a forked child, which does not have that of its parent."""
        self._lock = Lock()
        self._is_running = self._is_asked = False

    def wake(self) -> None:
        """Have the steps called; return at once."""
        with self._lock:
            self._is_asked = True
            if not self._is_running:
                self._is_running = True
                Thread(target=self._serve, name="midthought-follow", daemon=True).start()

    def _serve(self) -> None:
        step_back()
        while self._goes_on():
            try:
                while self._step():
                    time.sleep(_PAUSE)
            except Exception as error:  # noqa: BLE001  # the next search meets it again, and raises it to its caller
                _log.warning("the indexes are left to the next search: %s", error)

    def _goes_on(self) -> bool:
        """Whether `wake` was called since the last time; else the thread ends."""
        with self._lock:
            self._is_running, self._is_asked = self._is_asked, False
            return self._is_running
