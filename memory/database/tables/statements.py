"""What the SQL of several tables shares: conditions of a SELECT, and rows that come in as an Arrow table.

Row by row DuckDB inserts some 500 entries a second; a table handed over whole costs three milliseconds however few its
rows are, so writers collect theirs (see `WriteTransaction`). SQL finds such a table as the local variable of its name;
registering it under a name first takes half a millisecond more.
"""

from collections.abc import Collection, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from midthought.memory.database.tables.export_table import ExportTable
from midthought.memory.records.namespace import Namespace

Connection = duckdb.DuckDBPyConnection
_NO_LIMIT = 2**62


class Where:
    """The conditions of one SELECT inside a namespace; a None value leaves its condition out."""

    def __init__(self, namespace: Namespace) -> None:
        self._conditions = ["namespace = ?"]
        self._values: list[Any] = [namespace.name]

    def add(self, condition: str, value: str | None) -> None:
        """Add a condition with one placeholder."""
        if value is not None:
            self._conditions.append(condition)
            self._values.append(value)

    def any_of(self, column: str, values: Sequence[str] | None) -> None:
        """Require that a column has one of `values`."""
        if values is not None:
            self._conditions.append(f"{column} IN (SELECT unnest(?))")
            self._values.append(list(values))

    def select(self, connection: Connection, select: str, limit: int | None) -> list[tuple[Any, ...]]:
        """Return up to `limit` rows ordered by id; `select` ends before WHERE."""
        sql = f"{select} WHERE {' AND '.join(self._conditions)} ORDER BY id LIMIT ?"
        return connection.execute(sql, [*self._values, _NO_LIMIT if limit is None else limit]).fetchall()


def placeholders(values: Collection[object]) -> str:
    """Return one ``?`` per value."""
    return ", ".join("?" * len(values))


def number_list(numbers: Sequence[int]) -> str:
    """Return integers as they stand inside ``IN (...)``."""
    return ", ".join(str(int(number)) for number in numbers) or "NULL"


def count_rows(connection: Connection, table: str, namespace: Namespace) -> int:
    """Return how many rows of a table a namespace has."""
    ((count,),) = connection.execute(f"SELECT count(*) FROM {table} WHERE namespace = ?", [namespace.name]).fetchall()
    return int(count)


def delete_rows(connection: Connection, table: str, namespace: Namespace) -> None:
    """Delete all rows of a table that a namespace has."""
    connection.execute(f"DELETE FROM {table} WHERE namespace = ?", [namespace.name])


def insert_missing(connection: Connection, table: ExportTable, rows: pa.Table, namespace: Namespace) -> int:
    """Insert the rows of an export whose key is not stored yet; return how many those were."""
    names = ", ".join(column.name for column in table.columns)
    same = " AND ".join(f"t.{name} = m.{name}" for name in table.key)
    return insert_imported(
        connection,
        f"""INSERT INTO {table.name} (namespace, {names}) SELECT $namespace, {names} FROM imported_rows m
            WHERE NOT EXISTS (SELECT 1 FROM {table.name} t WHERE t.namespace = $namespace AND {same})""",
        rows,
        namespace,
    )


def insert_statements(
    connection: Connection, table: ExportTable, rows: pa.Table, namespace: Namespace, *, where: str = "TRUE"
) -> int:
    """Add the rows of an export that are not stored, to a table whose rows are numbered in a parent and never change.

    Two stores may both have added rows to a parent: what a row says tells whether it is stored, not its number, and the
    new ones are numbered behind those that are. Return how many were new.

    Args:
        connection: of the running transaction.
        table: its key is the parent's id and the number.
        rows: of the export.
        namespace: where they are added.
        where: a condition on ``m``, the rows of the export.
    """
    parent, number = table.key
    said = [column.name for column in table.columns if column.name not in table.key]
    same = " AND ".join(f"t.{name} = m.{name}" for name in (parent, *said))
    of_namespace = f"SELECT * FROM {table.name} WHERE namespace = $namespace"
    return insert_imported(
        connection,
        f"""INSERT INTO {table.name} (namespace, {parent}, {number}, {", ".join(said)})
            SELECT $namespace, m.{parent}, coalesce(s.next, 0) - 1
            + row_number() OVER (PARTITION BY m.{parent} ORDER BY m.{number}), {", ".join(f"m.{name}" for name in said)}
            FROM imported_rows m LEFT JOIN
            (SELECT {parent}, max({number}) + 1 AS next FROM ({of_namespace}) GROUP BY {parent}) s USING ({parent})
            WHERE {where} AND NOT EXISTS (SELECT 1 FROM ({of_namespace}) t WHERE {same})""",
        rows,
        namespace,
    )


def insert_imported(connection: Connection, sql: str, rows: pa.Table, namespace: Namespace) -> int:
    """Run an INSERT that reads `rows` as ``imported_rows``; return how many rows it inserted."""
    connection.register("imported_rows", rows)
    try:
        ((inserted,),) = connection.execute(sql, {"namespace": namespace.name}).fetchall()
    finally:
        connection.unregister("imported_rows")
    return int(inserted)


def select_numbered(table: str) -> str:
    """Return the SELECT of every row with its physical row number: it alone tells rows with the same number apart."""
    return f"SELECT '{table}' AS place, namespace, id, seq, rowid AS row FROM {table}"


def update_numbers(table: str) -> str:
    """Return the UPDATE that gives the rows of `select_numbered` their new numbers, see `numbers.renumber`."""
    return f"""UPDATE {table} SET seq = {{before}} + position FROM renumbered n
        WHERE n.place = '{table}' AND n.row = {table}.rowid"""
