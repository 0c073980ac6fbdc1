"""What DuckDB, tantivy and the system say about the disk, recognised and raised as one of our errors."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from midthought.memory.database.opening_checks import DATABASE, is_other_log
from midthought.memory.errors import StoreDamaged, StoreError, StoreFull

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM})
# DuckDB has no class for a disk that cannot be written, nor for a damaged file: it raises IOException,
# TransactionException or Error, and only the sentence tells them. tests/memory/test_disk_errors.py provokes each.
_FULL_WORDS = (*(os.strerror(number).lower() for number in _FULL), "attached in read-only mode")
_DAMAGED_WORDS = ("not a valid duckdb", "corrupt", "could not read enough bytes")


@contextmanager
def disk_errors(directory: Path) -> Iterator[None]:
    """Raise what the disk or DuckDB refuses inside as a `StoreError`, and an interrupt as `KeyboardInterrupt`."""
    try:
        yield
    except (duckdb.Error, OSError) as error:
        raise name_disk_error(error, directory) from error
    except RuntimeError as error:
        # DuckDB turns a signal that arrives inside a statement into a RuntimeError.
        if "query interrupted" not in str(error).lower():
            raise
        raise KeyboardInterrupt from error  # what a signal handler raised while DuckDB ran
    except ValueError as error:  # tantivy's way to say that a file could not be read or written
        if not any(sign in str(error).lower() for sign in ("io error", "ioerror")):
            raise
        raise name_disk_error(error, directory) from error


def name_disk_error(error: Exception, directory: Path) -> StoreError:
    """Return our error for one of DuckDB, tantivy or the system; by its class or number if that is enough."""
    if isinstance(error, duckdb.ConstraintException):
        return StoreDamaged(f"{directory}: {error}: nothing was written; look at it with `midthought doctor`")
    if isinstance(error, duckdb.ConnectionException) and "closed" in str(error):
        return StoreError(f"{directory}: this memory is closed")
    if _is_full(error):
        return StoreFull(f"{directory} cannot be written, and nothing was: {error}")
    if is_other_log(str(error)):
        return StoreDamaged(
            f"{directory}/{DATABASE}.wal belongs to another database, or to another moment of this one: put back the "
            f"two that belong together, or go on without the log: `midthought doctor --accept-loss`: {error}"
        )
    if any(words in str(error).lower() for words in _DAMAGED_WORDS):
        return StoreDamaged(f"{directory}/{DATABASE} is damaged or no DuckDB database, restore a backup: {error}")
    return StoreError(f"{directory}: {error}")


def _is_full(error: Exception) -> bool:
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in _FULL
    return any(words in str(error).lower() for words in _FULL_WORDS)
