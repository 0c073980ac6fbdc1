"""Reads the rows of an export from one snapshot of the database (see `Database.snapshot`)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa

from midthought.memory.database.tables.export_table import ExportTable
from midthought.memory.database.tables.statements import Connection
from midthought.memory.records.namespace import Namespace


@dataclass(frozen=True, slots=True)
class ExportScope:
    """Whose rows are read: the namespace, the job that planted its starter memory, the encoder of the vectors."""

    namespace: Namespace
    starter: str = ""
    encoder: str = ""


def count_rows(connection: Connection, table: ExportTable, scope: ExportScope) -> int:
    """Return how many rows an export of the table has."""
    sql, values = _filled(f"SELECT count(*) FROM ({table.source})", scope)
    ((number,),) = connection.execute(sql, values).fetchall()
    return int(number)


def read_pages(connection: Connection, table: ExportTable, scope: ExportScope) -> Iterator[pa.Table]:
    """Yield a table's rows in the order of its key, a page at a time; no more than one query's rows are in memory."""
    after = ""
    for upto in _bounds(connection, table, scope):
        found = _read_range(connection, table, scope, after, upto)
        for begin in range(0, found.num_rows, table.page):
            yield found.slice(begin, table.page)
        after = upto


def _bounds(connection: Connection, table: ExportTable, scope: ExportScope) -> list[str]:
    """Return up to which key each query reads."""
    key = table.key[0]
    sql, values = _filled(
        f"""SELECT max({key}) AS bound FROM (
                SELECT {key}, (row_number() OVER (ORDER BY {key}) - 1) // {table.read} AS part FROM ({table.source}))
            GROUP BY part ORDER BY bound""",
        scope,
    )
    return list(dict.fromkeys(row[0] for row in connection.execute(sql, values).fetchall()))


def _read_range(connection: Connection, table: ExportTable, scope: ExportScope, after: str, upto: str) -> pa.Table:
    key = table.key[0]
    columns = ", ".join(f"{column.sql or column.name} AS {column.name}" for column in table.columns)
    sql, values = _filled(
        f"""WITH page AS MATERIALIZED (SELECT * FROM ({table.source}) WHERE {key} > $after AND {key} <= $upto)
            SELECT {columns} FROM page {table.join} ORDER BY {", ".join(f"page.{name}" for name in table.key)}""",
        scope,
    )
    found = connection.sql(sql, params={**values, "after": after, "upto": upto}).to_arrow_table()
    assert found is not None, "a SELECT has a result"
    return found.cast(table.schema)


def _filled(sql: str, scope: ExportScope) -> tuple[str, Mapping[str, object]]:
    """Return a statement and those of the parameters it names: DuckDB refuses any other."""
    known = {"namespace": scope.namespace.name, "starter": scope.starter, "encoder": scope.encoder}
    return sql, {name: value for name, value in known.items() if f"${name}" in sql}
