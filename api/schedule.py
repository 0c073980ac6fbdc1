"""What a service does by itself at intervals, in one thread: removes what is not kept, and makes backups."""

import logging
import time
from collections.abc import Sequence
from threading import Event, Thread
from typing import Protocol

from midthought.memory.errors import MidthoughtError

_log = logging.getLogger(__name__)
_LONGEST_WAIT = 3600.0
"""Seconds after which every task is asked again when it is due: the machine may have slept."""


class ScheduledTask(Protocol):
    """Something that is done again and again."""

    name: str

    def seconds_left(self) -> float:
        """Return in how many seconds it is due; 0 or less if it is."""
        ...

    def run(self) -> None:
        """Do it. Whatever happens, the task says itself when it is due again."""
        ...


class ScheduleThread:
    """Runs tasks when they are due, one after the other, until it is closed. A failure is logged and stops nothing."""

    def __init__(self, tasks: Sequence[ScheduledTask]) -> None:
        self._tasks = tasks
        self._stopping = Event()
        self._thread = Thread(target=self._work, name="midthought-schedule", daemon=True)

    def start(self) -> None:
        """Begin, if there is anything to do."""
        if self._tasks:
            self._thread.start()

    def close(self) -> None:
        """Stop; a task that runs now is waited for."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        while not self._stopping.wait(self._pause()):
            for task in self._tasks:
                if not self._stopping.is_set() and task.seconds_left() <= 0:
                    self._run(task)

    def _pause(self) -> float:
        return min(_LONGEST_WAIT, max(0.0, min(task.seconds_left() for task in self._tasks)))

    def _run(self, task: ScheduledTask) -> None:
        begun = time.monotonic()
        try:
            task.run()
        except (MidthoughtError, OSError) as error:
            seconds = time.monotonic() - begun
            _log.error("%s failed after %.1f seconds: %s", task.name, seconds, error)
        except Exception:  # noqa: BLE001  # the edge of the thread: a mistake of one task must not end the others
            _log.exception("%s failed", task.name)
