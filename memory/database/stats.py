"""How much a namespace holds."""

from dataclasses import dataclass

import duckdb

from midthought.memory.records.namespace import Namespace


@dataclass(frozen=True, slots=True)
class StoreStats:
    """Counts of one namespace.

    Attributes:
        trajectories: (outcome, finished, how many), ordered.
        entries: (kind, how many), ordered.
        domains: (domain, entries), the largest first; an empty domain is an entry learnt from a trace.
        forgotten: entries, each counted once, whatever wordings it had.
        starter: entries of the starter memory that it sees; they are in none of the other counts.
    """

    namespace: str
    trajectories: tuple[tuple[str, bool, int], ...]
    entries: tuple[tuple[str, int], ...]
    domains: tuple[tuple[str, int], ...]
    jobs: int
    runs: int
    receipts: int
    forgotten: int
    starter: int = 0

    @property
    def trajectory_count(self) -> int:
        """All trajectories."""
        return sum(number for _, _, number in self.trajectories)

    @property
    def entry_count(self) -> int:
        """All entries."""
        return sum(number for _, number in self.entries)


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
