"""Checks of a store's directory before it is opened, and removal of what killed processes left in it.

If something that was acknowledged is missing, opening raises an error that names it: otherwise an empty or shorter
memory would pass for the whole one. If it cannot be put back, `accept_loss` makes the rest usable.
"""

from pathlib import Path

import duckdb

from midthought.memory.database.commit_evidence import evidence_of, find_loss, log_of
from midthought.memory.database.directory_lock import DirectoryLock
from midthought.memory.database.tables.checkpoints import checkpoint_seq
from midthought.memory.errors import NotFound, StoreDamaged
from midthought.memory.scratch import remove_tree

DATABASE = "midthought.duckdb"
RESTORING = ".restoring"
_WAYS_ON = (
    "put back the file that belongs there, or restore a backup into a new directory; to go on without what is missing: "
    "`midthought doctor --accept-loss`"
)


def describe_loss(directory: Path) -> str:
    """Return what is missing from a closed store, by its files; empty if nothing is, or if no store exists.

    Raises `StoreDamaged` if the database itself is missing: nothing is left to open.
    """
    database = directory / DATABASE
    if database.exists():
        return find_loss(database)
    if (directory / RESTORING).exists():
        raise StoreDamaged(f"{directory}: a restore into it was stopped: run `midthought restore` again")
    there = _remains(directory)
    if there:
        raise StoreDamaged(
            f"{directory}: {DATABASE} is missing, and {', '.join(there)} of it is there: put the file back, or restore "
            f"a backup into a new directory; for a new memory choose another directory"
        )
    return ""


def refuse_loss(directory: Path) -> None:
    """Raise `StoreDamaged` if something that was acknowledged is missing from a store that no process has open."""
    if loss := describe_loss(directory):
        raise StoreDamaged(f"{directory}: {loss}: {_WAYS_ON}")


def describe_newer(derived: Path, last: int) -> str:
    """Return which checkpoint of the derived indexes is newer than the database; empty if none is."""
    # Scratch folders begin with a dot and are no checkpoints.
    newest = max(derived.glob("[!.]*/generation-*/checkpoint-*"), key=checkpoint_seq, default=None)
    if newest is None or checkpoint_seq(newest) <= last:
        return ""
    return (
        f"{DATABASE} is older than the indexes beside it: it has {last} numbers, and "
        f"{newest.relative_to(derived.parent)} was made of {checkpoint_seq(newest)}"
    )


def refuse_newer(derived: Path, last: int) -> None:
    """Raise `StoreDamaged` if a checkpoint is newer than the database."""
    if newer := describe_newer(derived, last):
        raise StoreDamaged(f"{derived.parent}: {newer}: {_WAYS_ON}")


def accept_loss(directory: Path) -> str:
    """Make the rest of a store usable; return what is missing, empty if nothing is. No row is deleted.

    The derived indexes are deleted, to be rebuilt from the rest. A log that belongs to another database, or to another
    moment of this one, is renamed to ``midthought.duckdb.wal.refused``.
    Raises `NotFound` if there is no store, `StoreDamaged` if the database itself is missing, and `StoreInUse`.
    """
    if not directory.is_dir():
        raise NotFound(f"there is no memory in {directory}")
    lock = DirectoryLock(directory)
    try:
        loss = describe_loss(directory)
        if not (directory / DATABASE).exists():
            raise NotFound(f"there is no memory in {directory}")
        loss = "; ".join(filter(None, (loss, _refuse_log(directory / DATABASE))))
        derived = directory / "derived"
        loss = loss or describe_newer(derived, _last_number(directory / DATABASE))
        if loss:
            # The evidence describes the lost state; it would refuse the rest at every opening.
            evidence_of(directory / DATABASE).unlink(missing_ok=True)
            if derived.exists():
                remove_tree(derived)
        return loss
    finally:
        lock.close()


def remove_leftovers(directory: Path) -> None:
    """Remove unfinished files of a killed process: they hold copies of texts. The store must be closed."""
    for path in (*directory.glob(f"{DATABASE}.aside*"), directory / f"{DATABASE}.tmp", directory / RESTORING):
        if path.is_dir():
            remove_tree(path)
        else:
            path.unlink(missing_ok=True)


def _remains(directory: Path) -> list[str]:
    """Return files that only a store with a database leaves behind."""
    found = [path.name for path in directory.glob(f"{DATABASE}.wal*")]
    if any((directory / "derived").glob("*/generation-*")):
        found.append("derived/")
    evidence = evidence_of(directory / DATABASE)
    return sorted([*found, *([evidence.name] if evidence.exists() else [])])


def _refuse_log(database: Path) -> str:
    """Rename a log that DuckDB refuses; return a sentence about it, empty if it fits or does not exist."""
    log = log_of(database)
    if not log.exists():
        return ""
    try:
        # Only DuckDB can tell whether a log fits; opened read-only it checks the log without merging it.
        duckdb.connect(str(database), read_only=True).close()
    except duckdb.IOException as error:
        if not is_other_log(str(error)):
            raise
        log.rename(log.with_name(f"{log.name}.refused"))
        return f"{log.name} belongs to another database or moment and is set aside as {log.name}.refused"
    return ""


def _last_number(database: Path) -> int:
    with duckdb.connect(str(database), read_only=True) as connection:
        found = connection.execute("SELECT table_name FROM duckdb_tables() WHERE table_name = 'numbers'").fetchall()
        # A store older than the table of numbers: no checkpoint can be compared with it, so none counts as newer.
        return int(connection.execute("SELECT max(last) FROM numbers").fetchall()[0][0]) if found else 2**62


def is_other_log(text: str) -> bool:
    """Return whether an error of DuckDB says that a log does not belong to its database."""
    return any(sign in text for sign in ("WAL does not match", "WAL checkpoint iteration does not match"))
