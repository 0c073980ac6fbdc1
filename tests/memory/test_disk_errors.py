"""Every error of the disk is told apart: each is provoked on the installed DuckDB, none is written by hand."""

import errno
import os
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from midthought.memory.database.disk_errors import disk_errors
from midthought.memory.errors import StoreDamaged, StoreError, StoreFull

MANY = "INSERT INTO t SELECT i, md5(i::text) FROM range(100000) r(i)"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database with a table of 5,000 rows, closed."""
    file = tmp_path / "midthought.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("CREATE TABLE t AS SELECT i, md5(i::text) AS m FROM range(5000) r(i)")
    return file


def read(file: Path) -> None:
    with duckdb.connect(str(file)) as connection:
        connection.execute("SELECT count(*), sum(i), max(m) FROM t").fetchall()


def write_without_space(file: Path) -> None:
    """Its log is a device that is always full."""
    file.with_name(f"{file.name}.wal").symlink_to("/dev/full")
    with duckdb.connect(str(file)) as connection:
        connection.execute(MANY)


@contextmanager
def limited_files(size: int) -> Iterator[None]:
    """No file may grow beyond a size, as under a quota; the signal that the system sends is ignored."""
    handler, limits = signal.signal(signal.SIGXFSZ, signal.SIG_IGN), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)


def write_beyond_the_limit(file: Path) -> None:
    connection = duckdb.connect(str(file))
    with limited_files(file.stat().st_size + 30_000):
        try:
            connection.execute(MANY)
        finally:
            connection.close()


def write_read_only(file: Path) -> None:
    with duckdb.connect(str(file), read_only=True) as connection:
        connection.execute(MANY)


def read_noise(file: Path) -> None:
    file.write_bytes(b"no database " * 1000)
    read(file)


def read_flipped(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[4096 + 50] ^= 0xFF
    file.write_bytes(data)
    read(file)


def read_cut(file: Path) -> None:
    os.truncate(file, 9000)
    read(file)


def read_flipped_log(file: Path) -> None:
    """The log, copied while it held rows, with one byte changed."""
    copy, log = file.with_name("copy"), file.with_name("copy.wal")
    with duckdb.connect(str(file)) as connection:
        connection.execute("INSERT INTO t SELECT i, 'x' FROM range(1000) r(i)")
        copy.write_bytes(file.read_bytes())
        data = bytearray(file.with_name(f"{file.name}.wal").read_bytes())
    data[len(data) // 2] ^= 0xFF
    log.write_bytes(data)
    read(copy)


def write_twice(file: Path) -> None:
    with duckdb.connect(str(file)) as connection:
        connection.execute("CREATE UNIQUE INDEX one ON t (i)")
        connection.execute("INSERT INTO t VALUES (7, 'x')")


def read_closed(file: Path) -> None:
    connection = duckdb.connect(str(file))
    connection.close()
    connection.execute("SELECT 1")


def read_a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()
    read(file)


def read_beyond_memory(file: Path) -> None:
    with duckdb.connect(config={"memory_limit": "2MB", "temp_directory": ""}) as connection:
        connection.execute("SELECT list(i) FROM range(3000000) r(i)").fetchall()


def say_full_in_a_text(file: Path) -> None:
    with duckdb.connect(str(file)) as connection:
        connection.execute("CREATE UNIQUE INDEX one ON t (m)")
        connection.execute("INSERT INTO t VALUES (1, 'no space left on device'), (2, 'no space left on device')")


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("provoke", "raised", "told"),
    [
        pytest.param(
            write_without_space, StoreFull, "No space left on device",
            marks=pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system"),
        ),
        (write_beyond_the_limit, StoreFull, "File too large"),
        (write_read_only, StoreFull, "attached in read-only mode"),
        (read_noise, StoreDamaged, "not a valid DuckDB database"),
        (read_flipped, StoreDamaged, "computed checksum .* does not match"),
        (read_cut, StoreDamaged, "Could not read enough bytes"),
        (read_flipped_log, StoreDamaged, "Corrupt WAL file"),
        (write_twice, StoreDamaged, "Duplicate key .*midthought doctor"),
        (say_full_in_a_text, StoreDamaged, "no space left on device"),
        (read_closed, StoreError, "this memory is closed"),
        (read_a_folder, StoreError, "Is a directory"),
        (read_beyond_memory, StoreError, "Out of Memory"),
    ],
)  # fmt: skip
def test_what_duckdb_says_is_named(
    database: Path, provoke: Callable[[Path], None], raised: type[StoreError], told: str
) -> None:
    """A full disk, a damaged file, a broken promise of the tables and the rest each have their class."""
    with pytest.raises(raised, match=told) as caught, disk_errors(database.parent):
        provoke(database)
    assert type(caught.value) is raised
    assert isinstance(caught.value.__cause__, duckdb.Error)


@pytest.mark.parametrize(
    ("number", "raised"),
    [
        *((one, StoreFull) for one in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES)),
        (errno.EPERM, StoreFull),
        (errno.EIO, StoreError),
        (errno.EMFILE, StoreError),
    ],
)
def test_what_the_system_says_is_named_by_its_number(tmp_path: Path, number: int, raised: type[StoreError]) -> None:
    """Whatever the words are."""
    with pytest.raises(StoreError) as caught, disk_errors(tmp_path):
        raise OSError(number, "in another language", str(tmp_path))
    assert type(caught.value) is raised


def test_what_tantivy_says_is_named(tmp_path: Path) -> None:
    """An index that cannot be written is a full disk; an error that is not of a file is the caller's."""
    import tantivy

    schema = tantivy.SchemaBuilder().add_text_field("body").build()

    def write() -> None:
        with disk_errors(tmp_path), limited_files(0):
            tantivy.Index(schema, path=str(tmp_path)).writer(15_000_000, 1)

    with pytest.raises(StoreFull):
        write()
    with pytest.raises(ValueError, match="syntax"), disk_errors(tmp_path):
        raise ValueError("bad syntax")
