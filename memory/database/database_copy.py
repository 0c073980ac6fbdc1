"""A copy of a whole DuckDB database in a new file, with its constraints and nothing that was deleted."""

import time
from contextlib import suppress
from pathlib import Path

import duckdb

from midthought.memory.errors import StoreDamaged, StoreFull

Connection = duckdb.DuckDBPyConnection


def copy_database(connection: Connection, file: Path) -> tuple[tuple[str, int], ...]:
    """Copy all that a connection sees into a new database file; return (table, rows), ordered.

    Ends the connection's transaction, if there is one. Raises `StoreFull` and `StoreDamaged`.
    """
    # A fixed name would clash with a copy that another thread makes at the same time.
    name = f"copy_{time.time_ns()}"
    ((source,),) = connection.execute("SELECT current_database()").fetchall()
    try:
        # ATTACH takes no parameters, so the quote marks of the path are doubled here.
        connection.execute(f"ATTACH '{str(file).replace(chr(39), chr(39) * 2)}' AS {name}")
        connection.execute(f'COPY FROM DATABASE "{source}" TO {name}')
        rows, copied = _count(connection, source), _count(connection, name)
        with suppress(duckdb.TransactionException):  # if none was begun
            connection.execute("COMMIT")
        connection.execute(f"DETACH {name}")
    except duckdb.Error as error:
        _let_go(connection, name)
        raise StoreFull(f"{file.parent} cannot be written, and no copy was made: {error}") from error
    except BaseException:
        _let_go(connection, name)
        raise
    if rows != copied:
        raise StoreDamaged(f"the copy holds {dict(copied)}, the memory {dict(rows)}: no copy was made")
    return rows


def count_tables(connection: Connection) -> tuple[tuple[str, int], ...]:
    """Return (table, rows) of the database that a connection has open, ordered."""
    ((source,),) = connection.execute("SELECT current_database()").fetchall()
    return _count(connection, source)


def _count(connection: Connection, database: str) -> tuple[tuple[str, int], ...]:
    names = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = ? AND NOT internal ORDER BY table_name",
        [database],
    ).fetchall()
    counted = []
    for (table,) in names:
        ((number,),) = connection.execute(f'SELECT count(*) FROM "{database}".main."{table}"').fetchall()
        counted.append((str(table), int(number)))
    return tuple(counted)


def _let_go(connection: Connection, name: str) -> None:
    for statement in ("ROLLBACK", f"DETACH {name}"):
        with suppress(duckdb.Error):  # if there is none to roll back, or nothing attached
            connection.execute(statement)
