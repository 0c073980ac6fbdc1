"""Which reader reads which format, and which format a JSON record is in."""

from collections.abc import Callable

from midthought.ingest.formats.chat import parse_chat
from midthought.ingest.formats.fields import list_fields
from midthought.ingest.formats.format import Format
from midthought.ingest.formats.own import parse_own
from midthought.ingest.formats.r1 import OUTPUT_FIELDS, parse_r1
from midthought.ingest.formats.trace import parse_trace
from midthought.memory.errors import BadInput
from midthought.memory.records.trajectory import Trajectory

Parser = Callable[[dict[str, object]], tuple[Trajectory, ...]]

PARSERS: dict[Format, Parser] = {
    Format.OWN: parse_own,
    Format.TRACE: parse_trace,
    Format.R1: parse_r1,
    Format.CHAT: parse_chat,
}

_TELLING_FIELDS: tuple[tuple[Format, tuple[str, ...]], ...] = (
    (Format.OWN, ("thought",)),
    (Format.CHAT, ("messages", "choices")),
    (Format.TRACE, ("trace",)),
    (Format.R1, OUTPUT_FIELDS),
)
"""The fields that give a format away, the most telling first."""


def parse_record(record: dict[str, object], *, format: Format) -> tuple[Trajectory, ...]:
    """Return the trajectories of one JSON record; `Format.AUTO` looks at its fields. Raises `BadInput`."""
    return PARSERS[detect_format(record) if format is Format.AUTO else format](record)


def detect_format(record: dict[str, object]) -> Format:
    """Return the format a record's fields give away. Raises `BadInput` where none of them can hold a thought."""
    for told, names in _TELLING_FIELDS:
        if any(name in record for name in names):
            return told
    found = f"only {list_fields(list(record))}" if record else "no fields"
    expected = "; ".join(f"{' or '.join(names)} ({told})" for told, names in _TELLING_FIELDS)
    raise BadInput(f"no thought: the record has {found}, expected one of {expected}")
