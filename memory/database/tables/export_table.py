"""How the file of a table describes its rows in an export; `transfer/export_tables.py` lists these tables."""

from dataclasses import dataclass
from enum import StrEnum

import pyarrow as pa


class ColumnKind(StrEnum):
    """What the values of a column are."""

    TEXT = "text"
    INTEGER = "integer"
    REAL = "real"
    FLAG = "flag"
    MOMENT = "moment"
    JSON = "json"
    """An object, kept as canonical text."""
    PROVENANCE = "places"
    """Where an entry comes from: a list of source, trajectory_id, part, start and end."""
    VECTOR = "vector"


_PROVENANCE = pa.struct(
    [
        ("source", pa.string()),
        ("trajectory_id", pa.string()),
        ("part", pa.string()),
        ("start", pa.int64()),
        ("end", pa.int64()),
    ]
)
ARROW_TYPES = {
    ColumnKind.TEXT: pa.string(),
    ColumnKind.INTEGER: pa.int64(),
    ColumnKind.REAL: pa.float64(),
    ColumnKind.FLAG: pa.bool_(),
    ColumnKind.MOMENT: pa.timestamp("us"),
    ColumnKind.JSON: pa.string(),
    ColumnKind.PROVENANCE: pa.list_(_PROVENANCE),
    ColumnKind.VECTOR: pa.list_(pa.float32()),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column; an optional one may be null. `sql` is the expression it is read by, if that is not its name."""

    name: str
    kind: ColumnKind = ColumnKind.TEXT
    optional: bool = False
    sql: str = ""


@dataclass(frozen=True, slots=True)
class ExportTable:
    """One table of an export.

    Attributes:
        name: the table's name, and that of its file.
        key: the columns rows are ordered by; no two rows have the same.
        source: the SELECT its rows come from, with the parameters ``$namespace``, ``$starter`` and ``$encoder``.
        join: joins a page's rows, named ``page`` there, with those of other tables; empty if no column needs it.
        page: number of rows that are written, and on import committed, together.
        read: number of rows read by one query. Rows are not stored in the order of ids, so each query scans the table.
        since: the export format that first had it; see `FORMAT_VERSION`.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    source: str
    join: str = ""
    page: int = 5000
    read: int = 20_000
    since: int = 1

    @property
    def schema(self) -> pa.Schema:
        """The columns as Arrow knows them."""
        return pa.schema([pa.field(c.name, ARROW_TYPES[c.kind], nullable=c.optional) for c in self.columns])
