"""Evidence of what was committed, kept next to the database, so that a file that is older, cut or missing is noticed.

DuckDB opens an older database file, or a log that was cut anywhere, without an error, and later commits are missing
then. So after each commit a line in the file ``acknowledged`` says how far the database and its log had got. The line
is not synced: after a power failure it may be older than the last commit, which is harmless, and never newer.
"""

import json
import os
import struct
import zlib
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from midthought.memory.atomic_files import sync

_SIZE = 256
"""Bytes of the line, padded: a single write, inside one sector of any disk."""
_HEADERS = (4096, 8192)
"""Offsets of DuckDB's two headers; the one with more checkpoints counts (duckdb.org, storage internals)."""
_IDENTITY = slice(124, 140)
"""Where the first block holds the random identity of a database; its log repeats it."""


@dataclass(frozen=True, slots=True)
class Position:
    """How far a database and its log are.

    Attributes:
        database: the identity of the database file.
        checkpoints: how often its log was merged into it.
        log_bytes: length of the log since the last of them.
        next: identity of the database that is about to replace it; empty if none is.
    """

    database: str
    checkpoints: int
    log_bytes: int
    next: str = ""


class CommitEvidence:
    """Keeps the evidence of one database up to date. Costs some microseconds per commit.

    Args:
        database: its file; the log and the evidence are next to it.
    """

    def __init__(self, database: Path) -> None:
        self._database = database
        self._log = log_of(database)
        self._file = os.open(evidence_of(database), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        self._position: Position | None = None

    def note(self) -> None:
        """Record what was just committed.

        DuckDB syncs its log, but not the directory entry of a log that it has just created. That is done here, before
        the commit is reported as durable.
        """
        before, size = self._position, _size(self._log)
        # While the log only grows, its length is enough: reading the identity and the headers again is needed after a
        # checkpoint, when a new log begins.
        if before is not None and 0 < before.log_bytes <= size:
            if before.log_bytes < size:
                self._write(replace(before, log_bytes=size))
            return
        if size:
            sync(self._database.parent)
        self._write(read_position(self._database))

    def restart(self) -> None:
        """Forget the last position: another database has replaced this one."""
        self._position = None

    def expect(self, other: Path) -> None:
        """Record, durably, that another database is about to replace this one."""
        self._write(replace(read_position(self._database), next=read_position(other).database))
        # Unlike `note`, this must be on the disk before the rename: otherwise the new database would look like a
        # foreign one.
        os.fsync(self._file)

    def close(self) -> None:
        """Record the position of a database that was just closed; closing twice is harmless."""
        if self._file < 0:
            return
        self.restart()
        self.note()
        os.close(self._file)
        self._file = -1

    def _write(self, position: Position) -> None:
        text = json.dumps(asdict(position)).encode()
        line = text + b" %08x" % zlib.crc32(text)
        self._position = position
        with suppress(OSError):  # the commit is done, and missing evidence only says less than is true
            os.pwrite(self._file, line.ljust(_SIZE - 1) + b"\n", 0)


def log_of(database: Path) -> Path:
    """Return the path of DuckDB's log: what no checkpoint has merged into the database yet."""
    return database.with_name(f"{database.name}.wal")


def evidence_of(database: Path) -> Path:
    """Return the path of the evidence."""
    return database.with_name("acknowledged")


def has_evidence(database: Path) -> bool:
    """Return whether readable evidence exists; without it only checkpoints can tell of missing commits."""
    return _read_evidence(evidence_of(database)) is not None


def read_position(database: Path) -> Position:
    """Return how far a database file and its log are, whether or not it is open."""
    with database.open("rb") as file:
        start = file.read(_HEADERS[1] + 16)
    # DuckDB writes the two headers in turn, so the larger count is the current one. A file that is being created may
    # have only the first.
    counts = [struct.unpack_from("<Q", start, header + 8)[0] for header in _HEADERS if len(start) >= header + 16]
    return Position(start[_IDENTITY].hex(), max(counts, default=0), _size(log_of(database)))


def find_loss(database: Path) -> str:
    """Return what the evidence says is missing from a closed database; empty if nothing is."""
    noted, found = _read_evidence(evidence_of(database)), read_position(database)
    # `next` was recorded just before a compaction renamed the new file into place: that database is expected.
    if noted is None or found.database == noted.next:
        return ""
    if found.database != noted.database:
        names = f"({found.database[:8]}) than the one last written ({noted.database[:8]})"
        return f"{database.name} is another database {names}"
    if found.checkpoints < noted.checkpoints:
        return (
            f"{database.name} is older than what was acknowledged: it has {found.checkpoints} checkpoints, "
            f"{noted.checkpoints} were made"
        )
    # A log may be shorter only after a checkpoint has merged it into the database.
    if found.checkpoints == noted.checkpoints and found.log_bytes < noted.log_bytes:
        log = log_of(database)
        state = f"holds {found.log_bytes} bytes" if log.exists() else "is missing"
        return f"acknowledged commits are missing: {log.name} {state}, {noted.log_bytes} were written"
    return ""


def _read_evidence(file: Path) -> Position | None:
    """Return the evidence, or None if there is none or a power failure tore it."""
    try:
        text, _, check = file.read_bytes().rstrip().rpartition(b" ")
        return Position(**json.loads(text)) if int(check, 16) == zlib.crc32(text) else None
    except (OSError, ValueError, TypeError):
        return None


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0
