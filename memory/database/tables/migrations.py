"""The table `migrations`: which steps of the schema a store has had. The steps are the files of `database/migrations/`.

The number of the last step is the format of the store.
"""

import importlib.resources
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import duckdb

from midthought.memory.database.tables.statements import Connection
from midthought.memory.errors import StoreDamaged, StoreTooNew


def migrations() -> list[tuple[str, str]]:
    """Return every migration as (name, SQL), in order; the file names start with 0001, 0002, ..."""
    folder = importlib.resources.files("midthought.memory.database") / "migrations"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
    return [(f.name, f.read_text(encoding="utf-8")) for f in files]


def read_format(connection: Connection, file: Path) -> int:
    """Return the format of the store in `file`.

    Raises `StoreTooNew` if this version does not know it, and `StoreDamaged` if the database is no store.
    """
    try:  # not first looked up in `duckdb_tables()`: that lists every table of the catalogue, 11 ms of opening
        ((number,),) = connection.execute("SELECT coalesce(max(number), 0) FROM main.migrations").fetchall()
    except duckdb.CatalogException:
        raise StoreDamaged(f"{file} holds nothing that a memory has: restore a backup") from None
    if number > len(migrations()):
        raise StoreTooNew(
            f"{file.parent} has store format {number}, this Midthought reads up to {len(migrations())}: "
            f"upgrade midthought"
        )
    return int(number)


def migrate(connection: Connection, file: Path, transaction: Callable[[], AbstractContextManager[None]]) -> None:
    """Apply the migrations that a store has not had, each in a `transaction`, so that a killed one resumes."""
    connection.execute("CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, name TEXT)")
    done = read_format(connection, file)
    for number, (name, sql) in enumerate(migrations()[done:], start=done + 1):
        with transaction():
            connection.execute(sql)
            connection.execute("INSERT INTO migrations VALUES (?, ?)", [number, name])
