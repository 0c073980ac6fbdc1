"""What an export holds: each table with its columns, their kinds and the order of its rows.

What follows from other columns (an entry's kind, domain, key and tags) and what is the store's own (sequence numbers,
tombstones, changes of sources, checkpoints, generations) is not moved: the store that takes the rows in makes it anew.
"""

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
    PLACES = "places"
    """Where an entry comes from: a list of source, trajectory_id, part, start and end."""
    VECTOR = "vector"


_PLACE = pa.struct(
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
    ColumnKind.PLACES: pa.list_(_PLACE),
    ColumnKind.VECTOR: pa.list_(pa.float32()),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column; an optional one may be null. `sql` says how a page's rows get it, where that is not by its name."""

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
        join: what a page's rows are joined with for columns of other tables; it knows them as ``page``.
        page: rows that are written, and on import committed, together.
        read: rows read by one query. Rows do not lie in the order of ids, so each query reads the whole table once.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    source: str
    join: str = ""
    page: int = 5000
    read: int = 20_000

    @property
    def schema(self) -> pa.Schema:
        """The columns as Arrow knows them."""
        return pa.schema([pa.field(c.name, ARROW_TYPES[c.kind], nullable=c.optional) for c in self.columns])


_PLACES = """LEFT JOIN (
    SELECT entry_seq, list(
        {source: source, trajectory_id: trajectory_id, part: part, start: span_start, "end": span_end}
        ORDER BY coalesce(trajectory_id, ''), source, coalesce(part, ''), coalesce(span_start, 0), coalesce(span_end, 0)
    ) AS places FROM provenance WHERE namespace = $namespace AND entry_seq IN (SELECT seq FROM page) GROUP BY entry_seq
) p ON p.entry_seq = page.seq"""
_WORDING = (
    Column("id"),
    Column("lineage"),
    Column("version", ColumnKind.INTEGER),
    Column("learnt_at", ColumnKind.MOMENT, optional=True),
    Column("content", ColumnKind.JSON),
)

TRAJECTORIES = ExportTable(
    "trajectories",
    (
        Column("id"),
        Column("question"),
        Column("thought"),
        Column("answer"),
        Column("gold", optional=True),
        Column("outcome"),
        Column("finished", ColumnKind.FLAG),
        Column("source"),
        Column("model"),
        Column("metadata"),
        Column("extractor"),
    ),
    ("id",),
    "SELECT * FROM trajectories WHERE namespace = $namespace",
    page=500,
    read=2000,  # a thought may be a hundred thousand characters
)
ENTRIES = ExportTable(
    "entries",
    (*_WORDING, Column("provenance", ColumnKind.PLACES, sql="coalesce(p.places, [])")),
    ("id",),
    "SELECT * FROM entries WHERE namespace = $namespace",
    join=_PLACES,
)
RETIRED = ExportTable(
    "retired",
    (*_WORDING, Column("retired_at", ColumnKind.MOMENT)),
    ("id", "version", "retired_at"),
    "SELECT * FROM retired WHERE namespace = $namespace",
)
# The starter's operation is named after the namespace it was planted in: its id is moved as the word alone.
_OPERATION = "CASE WHEN {0} = $starter THEN 'starter' ELSE {0} END"
OPERATIONS = ExportTable(
    "operations",
    (
        Column("id"),
        Column("kind"),
        Column("source"),
        Column("state"),
        Column("position", ColumnKind.INTEGER),
        Column("counts"),
        Column("error", optional=True),
        Column("started_at", ColumnKind.MOMENT),
        Column("updated_at", ColumnKind.MOMENT),
    ),
    ("id",),
    f"SELECT * REPLACE ({_OPERATION.format('id')} AS id) FROM operations WHERE namespace = $namespace",
)
REJECTIONS = ExportTable(
    "rejections",
    (Column("operation_id"), Column("number", ColumnKind.INTEGER), Column("place"), Column("reason")),
    ("operation_id", "number"),
    f"""SELECT {_OPERATION.format("operation_id")} AS operation_id, place, reason,
        row_number() OVER (PARTITION BY operation_id ORDER BY rowid) AS number
        FROM rejections WHERE namespace = $namespace""",
)
RUNS = ExportTable(
    "runs",
    (
        Column("id"),
        Column("started_at", ColumnKind.MOMENT),
        Column("question"),
        Column("outcome"),
        Column("tokens", ColumnKind.INTEGER),
        Column("seconds", ColumnKind.REAL),
        Column("content"),
    ),
    ("id",),
    "SELECT * FROM runs WHERE namespace = $namespace",
    page=500,
    read=2000,
)
RECEIPTS = ExportTable(
    "receipts",
    (
        Column("id"),
        Column("run_id", optional=True),
        Column("kind"),
        Column("query"),
        Column("content"),
        Column("written_at", ColumnKind.MOMENT),
    ),
    ("id",),
    "SELECT * FROM receipts WHERE namespace = $namespace",
)
MERGES = ExportTable(
    "merges",
    (
        Column("entry_id"),
        Column("other_id"),
        Column("content"),
        Column("similarity", ColumnKind.REAL),
        Column("verdict"),
        Column("reason"),
        Column("decided_at", ColumnKind.MOMENT),
    ),
    ("entry_id", "other_id"),
    "SELECT * FROM merges WHERE namespace = $namespace",
)
VECTORS = ExportTable(
    "vectors",
    (Column("entry_id"), Column("vector", ColumnKind.VECTOR)),
    ("entry_id",),
    """SELECT id AS entry_id, min(seq) AS seq FROM (
           SELECT id, seq FROM entries WHERE namespace = $namespace
           UNION ALL SELECT id, seq FROM retired WHERE namespace = $namespace) GROUP BY id""",
    join="""JOIN (SELECT seq, vector FROM vectors WHERE namespace = $namespace AND encoder_digest = $encoder) v
            ON v.seq = page.seq""",
)

WORDED = (ENTRIES, RETIRED)
"""The tables that hold wordings of entries, which have vectors and are searched."""
MOVED = (TRAJECTORIES, ENTRIES, RETIRED, OPERATIONS, REJECTIONS, RUNS, RECEIPTS, MERGES)
"""Every table of an export in the order it is written and taken in, but the vectors, which are moved on request."""
