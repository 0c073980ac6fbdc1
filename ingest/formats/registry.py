"""Which reader reads which format, and which format a JSON record is in."""

from functools import cache

from midthought.ingest.formats.fields import list_fields
from midthought.ingest.formats.format import Format, Parser
from midthought.ingest.formats.rewriting import rewrite_record
from midthought.memory.errors import BadInput
from midthought.memory.records.trajectory import Trajectory
from midthought.memory.registry import Choice, Registry

JSON_FORMATS: Registry[Parser] = Registry(
    "trace format", *(Choice(row.value, row.summary, row.load_parser) for row in Format if row.is_json)
)


_load_parser = cache(JSON_FORMATS.load)
_load_check = cache(Format.load_check)
_ROWS = tuple(row for row in Format if row.telling_fields)
RECORD_FIELDS = frozenset(name for row in _ROWS for name in row.telling_fields)
"""Fields that only a record has: an object without them may be the wrapping of a list of records."""

_SHOWN = (
    Format.OWN,
    Format.ATTEMPTS,
    Format.REASONING,
    Format.SHAREGPT,
    Format.CHAT,
    Format.TRACE,
    Format.SOLUTION,
    Format.R1,
)
"""The formats that are named to somebody whose record fits none: those of programs are recognised, or too special."""


def parse_record(record: dict[str, object], *, format: Format) -> tuple[Trajectory, ...]:
    """Return the trajectories of one JSON record; `Format.AUTO` looks at its fields. Raises `BadInput`."""
    record = rewrite_record(record)
    return _load_parser(detect_format(record) if format is Format.AUTO else format)(record)


def detect_format(record: dict[str, object]) -> Format:
    """Return the format that a record fits. Raises `BadInput` if there is none."""
    for row in _ROWS:
        if any(name in record for name in row.telling_fields) and _load_check(row)(record):
            return row
    if isinstance(record.get("mapping"), dict):
        raise BadInput(
            "a conversation of a ChatGPT export (field 'mapping') is not supported: write the messages of one branch, "
            "in order, as the field 'messages' (chat)"
        )
    found = f"only {list_fields(list(record))}" if record else "no fields"
    expected = "; ".join(f"{row.telling_fields[0]} ({row})" for row in _SHOWN)
    raise BadInput(f"no thought: the record has {found}, expected one of {expected}; or a map that names its fields")


def is_wrapping(record: dict[str, object]) -> bool:
    """Return whether an object has no field that a record would have: it may only wrap a list of records."""
    return RECORD_FIELDS.isdisjoint(record)
