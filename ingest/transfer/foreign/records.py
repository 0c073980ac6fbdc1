"""What a reader of another tool's memory yields: entries with where they come from, or what could not be read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from midthought.ingest.formats.json_line import check_strings, name_kind
from midthought.memory.errors import BadInput
from midthought.memory.records.entry import Entry
from midthought.memory.records.entry_json import entry_to_dict
from midthought.memory.records.job import Rejection


class ForeignFormat(StrEnum):
    """Whose memory it is."""

    MEM0 = "mem0"
    ACE = "ace"
    SKILL = "skill"


@dataclass(frozen=True, slots=True)
class ForeignEntry:
    """One record as an entry; `source` names the record where it came from, as ``mem0:<id>``."""

    place: str
    entry: Entry
    source: str


ForeignRecord = ForeignEntry | Rejection


def checked(place: str, entry: Entry, source: str) -> ForeignEntry:
    """Return the entry. Raises `BadInput` where it has nothing to be found by, or text that cannot be stored."""
    if not entry.key.strip() or not entry.body.strip():
        raise BadInput("the text is blank")
    check_strings({**entry_to_dict(entry), "source": source})
    return ForeignEntry(place, entry, source)


def text_of(record: Mapping[str, object], name: str, *, default: str | None = None) -> str:
    """Return a field that holds text. Raises `BadInput` where it is missing without a default, or something else."""
    value = record.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise BadInput(f"field {name!r} must be text, got {name_kind(value) if name in record else 'nothing'}")
    return value


def texts_of(value: object) -> tuple[str, ...]:
    """Return the texts of a list, those that are blank or no text left out."""
    items: Iterable[object] = value if isinstance(value, list) else ()
    return tuple(dict.fromkeys(item for item in items if isinstance(item, str) and item.strip()))


def object_of(value: object) -> Mapping[str, object]:
    """Return a record. Raises `BadInput` where it is no JSON object."""
    if not isinstance(value, dict):
        raise BadInput(f"expected an object, got {name_kind(value)}")
    return value
