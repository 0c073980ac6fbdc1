"""Reading a store whose directory cannot be written: read-only media, or a directory of another user."""

import fcntl
import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

import duckdb

from midthought.memory.database.commit_evidence import log_of
from midthought.memory.errors import StoreFull, StoreInUse
from midthought.memory.forks import leave_in_children


def is_read_only(directory: Path, database: Path) -> bool:
    """Return whether a store exists that this process cannot write to."""
    return database.exists() and not all(os.access(path, os.W_OK) for path in (directory, database))


def describe_read_only(directory: Path) -> str:
    """Return why nothing was written."""
    return f"{directory} cannot be written, and nothing was: it is open for reading only"


class SharedLock:
    """Keeps writers out of a directory while it is read, if it has a lock file; many readers may share it.

    Raises `StoreInUse` if a process has it open for writing.
    """

    def __init__(self, directory: Path) -> None:
        self._file: IO[str] | None = None
        if not (directory / "lock").exists():
            return
        self._file = (directory / "lock").open(encoding="ascii")
        try:
            fcntl.flock(self._file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = self._file.read().strip()
            self._file.close()
            holder = int(pid) if pid.isdigit() else None
            # A second opening in the same process gets another message: the holder is this program.
            raise StoreInUse(str(directory), pid=holder, here=holder == os.getpid()) from None
        leave_in_children(self, SharedLock.close)

    def close(self) -> None:
        """Let writers in."""
        if self._file is not None:
            self._file.close()


class ReadOnlyFiles:
    """The files of a store that is only read, and a temporary directory for what must be written meanwhile.

    Args:
        database: the file. A log next to it is read with it; DuckDB leaves both as they are.
    """

    def __init__(self, database: Path) -> None:
        self._database = database
        self._place = TemporaryDirectory(prefix="midthought-read-only-")
        self.close = self._place.cleanup
        """Removes what was written meanwhile."""
        leave_in_children(self, ReadOnlyFiles._keep)

    @property
    def scratch(self) -> Path:
        """The directory for live indexes."""
        return Path(self._place.name) / "scratch"

    def connect(self, config: dict[str, str | bool | int | float | list[str]]) -> duckdb.DuckDBPyConnection:
        """Return a connection that cannot write, nor spill to the disk: DuckDB would do so next to the database."""
        return duckdb.connect(str(self._database), read_only=True, config=config | {"temp_directory": ""})

    def copy(self) -> Path:
        """Copy database and log to the temporary directory, for an earlier format that must be migrated first.

        Raises `StoreFull` if the temporary directory does not hold them.
        """
        copy = Path(self._place.name) / self._database.name
        try:
            for file in (self._database, log_of(self._database)):
                if file.exists():
                    shutil.copyfile(file, copy.with_name(file.name))
        except OSError as error:
            raise StoreFull(
                f"{self._database} is of an earlier store format and lies where it cannot be migrated, and "
                f"{self._place.name} has no room for a copy: set TMPDIR to a larger disk: {error}"
            ) from error
        return copy

    def _keep(self) -> None:
        """Stop a forked child from removing, when it ends, what its parent reads."""
        self._place._finalizer.detach()  # type: ignore[attr-defined]  # nothing public stops it
