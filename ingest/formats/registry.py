"""Which reader reads which format, and which format a JSON record is in."""

from functools import cache

from midthought.ingest.formats.fields import list_fields
from midthought.ingest.formats.format import Format, Parser
from midthought.memory.errors import BadInput
from midthought.memory.records.trajectory import Trajectory
from midthought.memory.registry import Choice, Registry

JSON_FORMATS: Registry[Parser] = Registry(
    "trace format", *(Choice(row.value, row.summary, row.load_parser) for row in Format if row.is_json)
)


_load_parser = cache(JSON_FORMATS.load)


def parse_record(record: dict[str, object], *, format: Format) -> tuple[Trajectory, ...]:
    """Return the trajectories of one JSON record; `Format.AUTO` looks at its fields. Raises `BadInput`."""
    return _load_parser(detect_format(record) if format is Format.AUTO else format)(record)


def detect_format(record: dict[str, object]) -> Format:
    """Return the format a record's fields give away. Raises `BadInput` if none of them can hold a thought."""
    rows = [row for row in Format if row.telling_fields]
    for row in rows:
        if any(name in record for name in row.telling_fields):
            return row
    found = f"only {list_fields(list(record))}" if record else "no fields"
    expected = "; ".join(f"{' or '.join(row.telling_fields)} ({row})" for row in rows)
    raise BadInput(f"no thought: the record has {found}, expected one of {expected}")
