"""The DuckDB file: opened under a lock, migrated, written in transactions, and rewritten without what was deleted."""

import errno
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import RLock

import duckdb

from midthought.memory.atomic_files import PRIVATE, sync
from midthought.memory.database.clock import StoreClock
from midthought.memory.database.commit_evidence import CommitEvidence, has_evidence
from midthought.memory.database.database_copy import copy_database
from midthought.memory.database.directory_lock import DirectoryLock
from midthought.memory.database.disk_errors import disk_errors
from midthought.memory.database.opening_checks import (
    DATABASE,
    refuse_loss,
    refuse_newer,
    remove_leftovers,
)
from midthought.memory.database.read_only import ReadOnlyFiles, SharedLock, describe_read_only, is_read_only
from midthought.memory.database.tables.migrations import migrate, migrations, read_format
from midthought.memory.database.tables.numbers import count_doubled, forbid_doubles, last_number, renumber
from midthought.memory.errors import StoreDamaged, StoreError, StoreFull, WrongProcess

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    # Times are kept without a zone, so all of them are in one: `now()` would be the machine's.
    "TimeZone": "UTC",
    # What a store asks is small: handing it to another thread takes longer. Eight writers of single entries commit 915
    # a second with one thread, 780 with two; loading in bulk is as fast.
    "threads": 1,
    # Bytes of log after which tables are rewritten: at DuckDB's 16 MB that takes a third of a bulk load; writers
    # wait for it, some two seconds at 128. After a crash up to this many bytes are read again.
    "checkpoint_threshold": "64MB",
}


class Database:
    """One DuckDB connection, shared by threads under one re-entrant lock.

    Raises `StoreInUse` for a directory that another process holds, `StoreTooNew` for a later format, `StoreFull` if the
    disk cannot be written, and `StoreDamaged` if the file is no DuckDB database or something that was acknowledged is
    missing.

    Args:
        directory: made if it is missing.
        read_only: write nothing, and open also if something that was acknowledged is missing. A directory that cannot
            be written is always opened without writing, but not if something is missing.
    """

    def __init__(self, directory: Path, *, read_only: bool = False) -> None:
        self.directory = directory
        self.read_only = read_only or is_read_only(directory, directory / DATABASE)
        self.lock = RLock()
        self._opener = os.getpid()
        self.doubled = 0
        """How many entries share a number with another: an earlier version could give one twice, see `renumber`."""
        self.clock = StoreClock()
        self._acknowledged: CommitEvidence | None = None
        self._files: ReadOnlyFiles | None = None
        self._holders = 0
        self._lost = False
        with disk_errors(directory):
            if not self.read_only:
                _make_directory(directory)
            self._directory_lock = SharedLock(directory) if self.read_only else DirectoryLock(directory)
            with ExitStack() as opened:
                opened.callback(self._directory_lock.close)
                if self.read_only:
                    self._open_read_only(opened, lenient=read_only)
                else:
                    self._open(opened)
                opened.pop_all()

    def _open_read_only(self, opened: ExitStack, *, lenient: bool) -> None:
        if not lenient:
            refuse_loss(self.directory)
        self._files = ReadOnlyFiles(self._file)
        opened.callback(self._files.close)
        self.connection = self._connect()
        opened.callback(lambda: self.connection.close())
        # A store of an earlier format is migrated in a copy: its own files must stay as they are.
        if read_format(self.connection, self._file) != len(migrations()):
            self.connection.close()
            self.connection = duckdb.connect(str(self._files.copy()), config=_CONFIG)
            self.clock.install(self.connection)
            migrate(self.connection, self._file, self._transaction)
        if not lenient and not has_evidence(self._file):
            refuse_newer(self.directory / "derived", last_number(self.connection))
        self.clock.read(self.connection)
        self.doubled = count_doubled(self.connection)

    def _open(self, opened: ExitStack) -> None:
        # Before DuckDB opens the files: it merges a log that was cut without an error, and the loss could not be seen.
        refuse_loss(self.directory)
        remove_leftovers(self.directory)
        # Asked before `CommitEvidence` makes the file of the evidence.
        proved = has_evidence(self._file)
        self.connection = self._connect()
        opened.callback(self.connection.close)
        self._acknowledged = CommitEvidence(self._file)
        opened.callback(self._acknowledged.close)
        # The directory entry of a database file that was just created must survive a power failure too.
        sync(self.directory)
        migrate(self.connection, self._file, self._transaction)
        self.clock.read(self.connection)
        # Without evidence an older copy of the database can only be noticed by indexes that are newer than it.
        if not proved:
            refuse_newer(self.directory / "derived", last_number(self.connection))
        self.doubled = forbid_doubles(self.connection)

    @contextmanager
    def guarded(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Hold the lock; errors of the disk and of DuckDB are raised as ours.

        Raises `StoreDamaged` while entries share numbers: a row that is read by its number could be another's.
        """
        self.refuse_other_process()
        if self.doubled:
            raise StoreDamaged(describe_doubled(self.directory, self.doubled))
        with self.working() as connection:
            yield connection

    def renumber(self) -> int:
        """Give new numbers to entries that share one, let the database refuse doubles, return how many those were."""
        with self.working() as connection:
            with self._transaction():
                changed = renumber(connection)
            self.doubled = forbid_doubles(connection)
        return changed

    @property
    def is_others(self) -> bool:
        """Whether this process was forked from the one that opened it."""
        return os.getpid() != self._opener

    def refuse_other_process(self) -> None:
        """Raise `WrongProcess` in any process but the opener. Called before locking: a fork copies a held lock."""
        if self.is_others:
            raise WrongProcess(str(self.directory), opener=self._opener)

    @property
    def is_mine(self) -> bool:
        """Whether this thread holds the lock."""
        return bool(self.lock._is_owned())  # type: ignore[attr-defined]  # as threading.Condition asks it

    @contextmanager
    def working(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Hold the lock as `guarded` does, even while entries share numbers."""
        self.refuse_other_process()
        with self.lock, disk_errors(self.directory):
            if self._lost:
                self._reconnect()
            try:
                yield self.connection
            except duckdb.FatalException:  # it answers nothing more: opened again, it has all that was committed
                self._lost = True
                raise

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Everything inside becomes durable at the end, or nothing does."""
        self.refuse_read_only()
        with self.guarded(), self._transaction():
            yield self.connection

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:  # an interrupt may come after BEGIN and before the next line
            self.connection.execute("BEGIN TRANSACTION")
            self.clock.begin(self.connection)
            yield
            self.connection.execute("COMMIT")
            # After the commit: evidence of a commit that then failed would make every later opening refuse the store.
            if self._acknowledged is not None:
                self._acknowledged.note()
        except BaseException:
            self._roll_back()
            raise

    @contextmanager
    def snapshot(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yield a connection that sees all that is committed now, and nothing later; others may write meanwhile."""
        with self.block_compaction():
            with self.guarded() as connection:
                cursor = connection.cursor()
                cursor.execute("BEGIN TRANSACTION")
                cursor.execute("SELECT count(*) FROM migrations").fetchall()  # DuckDB takes its snapshot at this read
            try:
                yield cursor
            finally:
                cursor.close()

    @contextmanager
    def block_compaction(self) -> Iterator[None]:
        """Refuse `rewrite` until the end."""
        self.refuse_other_process()
        with self.lock:
            self._holders += 1
        try:
            yield
        finally:
            with self.lock:
                self._holders -= 1

    def refuse_read_only(self) -> None:
        """Raise `StoreFull` if nothing can be written."""
        if self.read_only:
            raise StoreFull(describe_read_only(self.directory))

    @property
    def scratch(self) -> Path:
        """The folder for live indexes: on the disk of their checkpoints, unless that cannot be written."""
        return self._files.scratch if self._files is not None else self.directory / "derived" / ".scratch"

    def refuse_if_blocked(self) -> None:
        """Raise `StoreError` while a snapshot or `block_compaction` needs the file as it is."""
        if self._holders:
            raise StoreError(
                f"{self.directory} cannot be compacted while it is backed up, exported or reindexed: try again"
            )

    def rewrite(self) -> None:
        """Copy all rows to a new file that replaces the old one, and open it, so that nothing deleted is left in it.

        If the process is killed, one of the two files exists whole. Raises `StoreError` while a snapshot is open.
        """
        with self.guarded() as connection:
            self.refuse_if_blocked()
            self._new_file.unlink(missing_ok=True)
            # The log has deleted texts as well; after the checkpoint the old file holds everything and the log is
            # empty.
            connection.execute("CHECKPOINT")
            try:
                copy_database(connection, self._new_file)
            except BaseException:
                self._new_file.unlink(missing_ok=True)
                raise
            connection.close()
            try:
                # The order matters: the new file must be on the disk, and expected, before it takes the name of the
                # old one.
                sync(self._new_file)
                if self._acknowledged is not None:
                    self._acknowledged.expect(self._new_file)
                self._new_file.replace(self._file)
                sync(self.directory)
            # Also after a failed rename: the memory uses whichever file has the name now.
            finally:
                self.connection = self._connect()
            if self._acknowledged is not None:
                self._acknowledged.restart()
                self._acknowledged.note()

    def close(self) -> None:
        """Close the file and let the next process in; closing twice is harmless."""
        with self.lock:
            self.connection.close()
            # The lock of the directory last: the next process must find the database closed and its evidence complete.
            for resource in (self._acknowledged, self._files, self._directory_lock):
                if resource is not None:
                    resource.close()

    @property
    def _file(self) -> Path:
        return self.directory / DATABASE

    @property
    def _new_file(self) -> Path:
        return self.directory / f"{DATABASE}.aside"

    def _connect(self) -> duckdb.DuckDBPyConnection:
        if self._files is not None:
            connection = self._files.connect(_CONFIG)
        else:
            connection = duckdb.connect(str(self._file), config=_CONFIG)
        self.clock.install(connection)
        return connection

    def _reconnect(self) -> None:
        self.connection.close()
        self.connection = self._connect()
        self._lost = False

    def _roll_back(self) -> None:
        """End the transaction; if that fails, the next call opens the connection again."""
        try:
            self.connection.execute("ROLLBACK")
        except BaseException as error:  # noqa: BLE001  # the first cause is on its way to the caller
            self._lost = "no transaction is active" not in str(error)  # a failed COMMIT has rolled back itself


def describe_doubled(directory: Path, count: int) -> str:
    """Return what is wrong with a store in which numbers were given twice, and what to do about it."""
    return (
        f"{directory}: {count} entries share a sequence number with another, as an interrupted write of an earlier "
        f"version left them: nothing is read or written until `midthought doctor --repair` has numbered them anew"
    )


def _make_directory(directory: Path) -> None:
    try:
        directory.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.ENOTDIR}:  # no place for a directory, such as /proc
            reason = os.strerror(error.errno).lower()
            raise StoreError(f"the directory {directory} cannot be made ({reason}): choose another one") from error
        raise
