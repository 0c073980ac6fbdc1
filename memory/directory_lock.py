"""One writing process a directory: an advisory lock that the kernel drops when its holder dies."""

import fcntl
import os
from pathlib import Path
from typing import IO

from midthought.memory.errors import StoreInUse


class DirectoryLock:
    """Holds ``<directory>/lock`` until closed; the file carries the holder's pid for the error message.

    Raises `StoreInUse` where another process holds it.
    """

    def __init__(self, directory: Path) -> None:
        self._file: IO[str] = (directory / "lock").open("a+", encoding="ascii")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.seek(0)
            pid = self._file.read().strip()
            self._file.close()
            raise StoreInUse(str(directory), pid=int(pid) if pid.isdigit() else None) from None
        self._file.truncate(0)
        self._file.write(f"{os.getpid()}\n")
        self._file.flush()

    def close(self) -> None:
        """Let the next process in."""
        self._file.close()
