"""One writing process per directory: an advisory lock that the kernel drops when its holder closes it or dies.

`flock` belongs to the open file, which a forked child shares: the child closes its copy at once, so the
lock goes with the opener. A lock of the process (`fcntl.lockf`) would need no such care, but is dropped when any
file on it is closed in the process, as the one that reads the holder's pid is.
"""

import fcntl
import os
from pathlib import Path
from typing import IO
from weakref import WeakValueDictionary

from midthought.memory.errors import StoreInUse
from midthought.memory.forks import leave_in_children


class DirectoryLock:
    """Holds ``<directory>/lock`` until closed; the file carries the holder's pid for the error message.

    Raises `StoreInUse` if this or another process holds it.
    """

    def __init__(self, directory: Path) -> None:
        self._file: IO[str] = (directory / "lock").open("a+", encoding="ascii")
        self._name = _name_of(self._file)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.seek(0)
            # The pid is only for the message; the lock itself decides. It may name a process that ended while its
            # child kept the lock.
            pid = _living(self._file.read().strip())
            self._file.close()
            raise StoreInUse(str(directory), pid=pid, here=self._name in _held) from None
        _held[self._name] = self
        # Only after the lock is held: before that the file carries the pid of another holder.
        self._file.truncate(0)
        self._file.write(f"{os.getpid()}\n")
        self._file.flush()
        leave_in_children(self, DirectoryLock.close)

    def close(self) -> None:
        """Let the next process in."""
        if not self._file.closed:
            _held.pop(self._name, None)
            self._file.close()


_held: WeakValueDictionary[tuple[int, int], DirectoryLock] = WeakValueDictionary()
"""Locks that this process holds. Our own pid in a lock file proves nothing: another container may have the same."""


def _name_of(file: IO[str]) -> tuple[int, int]:
    found = os.fstat(file.fileno())
    return found.st_dev, found.st_ino


def _living(text: str) -> int | None:
    """Return the pid that a lock file names, or None if no such process is alive: a child of it may hold the lock."""
    if not text.isdigit():
        return None
    try:
        os.kill(int(text), 0)
    except ProcessLookupError:
        return None
    except OSError:  # the process is alive and belongs to another user
        pass
    return int(text)
