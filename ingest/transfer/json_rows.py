"""Rows of an export as lines of JSON, and back: sorted keys, times as ISO 8601, vectors as base64 of float32."""

import base64
import json
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from midthought.memory.database.tables.export_table import ColumnKind, ExportTable
from midthought.memory.errors import BadInput

Row = dict[str, Any]
"""One row by column name, as Arrow gives it: plain values, `datetime` for times, lists of numbers for vectors."""


def dump(value: object) -> str:
    """Return one line's JSON: canonical, so that the same row is the same line."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def to_lines(page: pa.Table, table: ExportTable) -> list[str]:
    """Return a page's rows as lines without their ends."""
    columns = {c.name: [_to_json(c.kind, value) for value in _values(page, c.name, c.kind)] for c in table.columns}
    return [dump(dict(zip(columns, row, strict=True))) for row in zip(*columns.values(), strict=True)]


def from_line(line: bytes, table: ExportTable, *, place: str) -> Row:
    """Return the row a line holds; raises `BadInput` naming the place for a line that holds no row of this table."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"not JSON: {error}", place=place) from None
    names = [column.name for column in table.columns]
    if not isinstance(record, dict) or sorted(record) != sorted(names):
        raise BadInput(f"a row of {table.name} has the fields {', '.join(names)}", place=place)
    try:
        return {column.name: _from_json(column.kind, record[column.name]) for column in table.columns}
    except (TypeError, ValueError) as error:
        raise BadInput(f"no row of {table.name}: {error}", place=place) from None


def to_page(rows: list[Row], table: ExportTable, *, place: str) -> pa.Table:
    """Return rows as an Arrow table; raises `BadInput` for a value of another kind than its column's."""
    try:
        page = pa.Table.from_pylist(rows, schema=table.schema)
        page.validate(full=True)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise BadInput(f"no rows of {table.name}: {error}", place=place) from None
    return page


def _values(page: pa.Table, name: str, kind: ColumnKind) -> Any:
    column = page.column(name)
    if kind is not ColumnKind.VECTOR:
        return column.to_pylist()
    return (scalar.values.to_numpy() for scalar in column)  # lists of 384 Python numbers took ten times as long


def _to_json(kind: ColumnKind, value: Any) -> Any:
    if value is None:
        return None
    if kind is ColumnKind.MOMENT:
        return value.isoformat()
    if kind is ColumnKind.JSON:
        return json.loads(value)
    if kind is ColumnKind.VECTOR:
        # Little-endian on every machine, as the format says.
        return base64.b64encode(np.asarray(value, dtype="<f4").tobytes()).decode("ascii")
    return value


def _from_json(kind: ColumnKind, value: Any) -> Any:
    if value is None:
        return None
    if kind is ColumnKind.MOMENT:
        return datetime.fromisoformat(value)
    if kind is ColumnKind.JSON:
        return dump(value)
    if kind is ColumnKind.VECTOR:
        return np.frombuffer(base64.b64decode(value, validate=True), dtype="<f4").astype(np.float32)
    return value
