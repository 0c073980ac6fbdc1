"""How much a namespace holds."""

import duckdb

from midthought.memory.records.namespace import Namespace
from midthought.memory.records.store_stats import StoreStats


def read_stats(connection: duckdb.DuckDBPyConnection, namespace: Namespace) -> StoreStats:
    """Count what a namespace holds."""
    name = [namespace.name]

    def count(table: str, what: str = "*") -> int:
        row = connection.execute(f"SELECT count({what}) FROM {table} WHERE namespace = ?", name).fetchone()
        return int(row[0]) if row else 0

    def rows(sql: str) -> tuple[tuple[object, ...], ...]:
        return tuple(connection.execute(sql, name).fetchall())

    return StoreStats(
        namespace.name,
        rows("SELECT outcome, finished, count(*) FROM trajectories WHERE namespace = ? GROUP BY ALL ORDER BY ALL"),  # type: ignore[arg-type]  # DuckDB's rows are untyped
        rows("SELECT kind, count(*) FROM entries WHERE namespace = ? GROUP BY ALL ORDER BY ALL"),  # type: ignore[arg-type]  # as above
        rows("SELECT domain, count(*) AS n FROM entries WHERE namespace = ? GROUP BY ALL ORDER BY n DESC, domain"),  # type: ignore[arg-type]  # as above
        jobs=count("operations"),
        runs=count("runs"),
        receipts=count("receipts"),
        forgotten=count("tombstones", "DISTINCT coalesce(lineage, id)"),
    )
