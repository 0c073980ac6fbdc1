"""What a reader of another tool's memory yields: entries with where they come from, or what could not be read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from midthought.ingest.formats.json_line import check_strings, name_kind
from midthought.memory.errors import BadInput
from midthought.memory.records.entry import Entry
from midthought.memory.records.entry_json import entry_to_dict
from midthought.memory.records.job import Rejection
from midthought.memory.transfer.regular_files import check_regular

MAX_BYTES = 256 << 20
"""The largest file: 256 MiB. A mem0 export of that size has about half a million memories."""


@dataclass(frozen=True, slots=True)
class ForeignEntry:
    """One record as an entry; `source` names the record where it came from, as ``mem0:<id>``."""

    place: str
    entry: Entry
    source: str


ForeignRecord = ForeignEntry | Rejection


def checked(place: str, entry: Entry, source: str) -> ForeignEntry:
    """Return the entry. Raises `BadInput` if it has no key, or text that cannot be stored."""
    if not entry.key.strip() or not entry.body.strip():
        raise BadInput("the text is blank")
    check_strings({**entry_to_dict(entry), "source": source})
    return ForeignEntry(place, entry, source)


def text_of(record: Mapping[str, object], name: str, *, default: str | None = None) -> str:
    """Return a field that holds text. Raises `BadInput` if it is missing without a default, or something else."""
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
    """Return a record. Raises `BadInput` if it is no JSON object."""
    if not isinstance(value, dict):
        raise BadInput(f"expected an object, got {name_kind(value)}")
    return value


def read_small(path: Path, *, within: Path | None = None) -> bytes:
    """Return a file's bytes. Raises `BadInput` for what is no regular file in `within`, too large, or not readable."""
    try:
        real = check_regular(path, within=within)
        size = real.stat().st_size
        if size > MAX_BYTES:
            raise BadInput(f"has {size:,} bytes, at most {MAX_BYTES:,} are read: split it", place=str(path))
        with real.open("rb") as file:
            return file.read(MAX_BYTES)
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", place=str(path)) from None
