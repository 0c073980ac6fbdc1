"""mem0: what `get_all` and the platform's export return, a list or ``{"results": [...]}``.

A memory becomes a lesson that is found by its text and hands its text on: mem0 keeps facts, not situations. One of
``memory_type: procedural_memory`` becomes a procedure that is found by its first line. Categories, and whom it belongs
to, become tags.
"""

from collections.abc import Iterator, Mapping

from midthought.ingest.transfer.foreign.records import (
    ForeignRecord,
    checked,
    object_of,
    text_of,
    texts_of,
)
from midthought.memory.errors import BadInput
from midthought.memory.records.entry import Entry, Lesson, Procedure
from midthought.memory.records.job import Rejection

EXTRACTOR = "mem0-1"
_LISTS = ("results", "memories")
_OWNERS = ("user_id", "agent_id", "run_id", "app_id")


def is_mem0(value: object) -> bool:
    """Return whether a JSON value looks like an export of mem0."""
    found = _memories(value)
    return found is not None and (not found or any(isinstance(one, dict) and "memory" in one for one in found))


def read_mem0(value: object, place: str) -> Iterator[ForeignRecord]:
    """Yield every memory of an export, in its order. Raises `BadInput` if it holds no list of memories."""
    memories = _memories(value)
    if memories is None:
        raise BadInput('no mem0 export: expected a list of memories, or {"results": [...]}', place=place)
    for number, record in enumerate(memories, start=1):
        where = f"{place}:{number}"
        try:
            yield _read(object_of(record), where)
        except BadInput as error:
            yield Rejection(where, error.reason)


def _memories(value: object) -> list[object] | None:
    if isinstance(value, dict):
        value = next((value[name] for name in _LISTS if name in value), None)
    return value if isinstance(value, list) else None


def _read(record: Mapping[str, object], place: str) -> ForeignRecord:
    text = text_of(record, "memory")
    found = record.get("id")
    name = str(found) if isinstance(found, str | int) else place.rpartition(":")[2]
    return checked(place, _entry(record, text), f"mem0:{name}")


def _entry(record: Mapping[str, object], text: str) -> Entry:
    metadata = record.get("metadata")
    about = metadata if isinstance(metadata, dict) else {}
    tags = _tags(record, about)
    domain = text_of(about, "domain", default="")
    if about.get("memory_type") == "procedural_memory":
        title = next((line.strip("# \t") for line in text.splitlines() if line.strip("# \t")), "")
        return Procedure(title, text, domain=domain, tags=tags, extractor=EXTRACTOR)
    return Lesson(text, text, domain=domain, tags=tags, extractor=EXTRACTOR)


def _tags(record: Mapping[str, object], about: Mapping[str, object]) -> tuple[str, ...]:
    categories = [*texts_of(record.get("categories")), *texts_of([about.get("category")])]
    owners = [f"{name.removesuffix('_id')}:{record[name]}" for name in _OWNERS if isinstance(record.get(name), str)]
    return tuple(dict.fromkeys([*categories, *owners]))
