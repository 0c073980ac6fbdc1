"""What an export reads of a view of the database as it was at one moment (see `Database.snapshot`)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from midthought.memory.moved_tables import MovedTable
from midthought.memory.namespace import Namespace

Connection = duckdb.DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class Rows:
    """Whose rows are read: the namespace, its starter's operation and the encoder of the vectors."""

    namespace: Namespace
    starter: str = ""
    encoder: str = ""


def count_rows(connection: Connection, table: MovedTable, rows: Rows) -> int:
    """Return how many rows an export of the table has."""
    sql, values = _filled(f"SELECT count(*) FROM ({table.source})", rows)
    ((number,),) = connection.execute(sql, values).fetchall()
    return int(number)


def read_pages(connection: Connection, table: MovedTable, rows: Rows) -> Iterator[pa.Table]:
    """Yield a table's rows in the order of its key, a page at a time; no more than one page is in memory."""
    after: tuple[object, ...] = ()
    while (page := _read_page(connection, table, rows, after)).num_rows:
        yield page
        after = tuple(page.column(name)[-1].as_py() for name in table.key)


def _read_page(connection: Connection, table: MovedTable, rows: Rows, after: tuple[object, ...]) -> pa.Table:
    key = ", ".join(table.key)
    later = {f"after{number}": value for number, value in enumerate(after)}
    where = f"WHERE ({key}) > ({', '.join(f'${name}' for name in later)})" if later else ""
    columns = ", ".join(f"{column.sql or column.name} AS {column.name}" for column in table.columns)
    sql = f"""WITH page AS MATERIALIZED (SELECT * FROM ({table.source}) {where} ORDER BY {key} LIMIT {table.page})
              SELECT {columns} FROM page ORDER BY {key}"""
    filled, values = _filled(sql, rows)
    page = connection.sql(filled, params={**values, **later}).to_arrow_table()
    assert page is not None, "a SELECT has a result"
    return page.cast(table.schema)


def _filled(sql: str, rows: Rows) -> tuple[str, Mapping[str, object]]:
    """Return a statement and those of the parameters it names: DuckDB refuses any other."""
    known = {"namespace": rows.namespace.name, "starter": rows.starter, "encoder": rows.encoder}
    return sql, {name: value for name, value in known.items() if f"${name}" in sql}
