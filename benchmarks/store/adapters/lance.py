"""lancedb, embedded, without a vector index."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lancedb
import numpy as np
import pyarrow as pa
from adapters.base import Hit, OneSearch
from vectors import DIMENSION, Row, Vectors

COLUMNS = ["number", "text", "kind", "domain", "outcome", "time"]
_SCHEMA = pa.schema(
    [
        ("number", pa.int64()),
        ("vector", pa.list_(pa.float32(), DIMENSION)),
        *((name, pa.string()) for name in ("text", "kind", "domain", "outcome")),
        ("time", pa.int64()),
    ]
)


class Lance(OneSearch):
    """One table, searched by comparing every vector."""

    modes: tuple[str, ...] = ("unsynced",)
    note = "no index: every vector is compared"

    def __init__(self, folder: Path, mode: str) -> None:
        self._database = lancedb.connect(folder)
        self._table = self._database.create_table("memory", schema=_SCHEMA, exist_ok=True)

    def add(self, rows: Sequence[Row]) -> None:
        self._table.add(_as_arrow(rows))

    def finish(self) -> None:
        self._table.optimize()

    def find(self, vector: Vectors, k: int, domain: str | None = None) -> list[Hit]:
        query = self._query(self._table.search(vector, vector_column_name="vector").distance_type("cosine"))
        if domain:
            query = query.where(f"domain = '{domain}'", prefilter=True)
        return read_hits(query.select(COLUMNS).limit(k))

    def _query(self, query: Any) -> Any:
        return query

    def close(self) -> None:
        """Nothing to do: the table is files, each written when its add returned."""


def _as_arrow(rows: Sequence[Row]) -> pa.Table:
    columns: dict[str, Any] = {name: [getattr(row, name) for row in rows] for name in COLUMNS}
    vectors = pa.array(np.stack([row.vector for row in rows]).ravel())
    columns["vector"] = pa.FixedSizeListArray.from_arrays(vectors, DIMENSION)
    return pa.table(columns, schema=_SCHEMA)


def read_hits(query: Any) -> list[Hit]:
    return [Hit(*(row[name] for name in COLUMNS)) for row in query.to_list()]


PEER = Lance
