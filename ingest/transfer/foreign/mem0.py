"""mem0: what `get_all` and the platform's export return, a list or ``{"results": [...]}``.

A memory becomes a lesson that is found by its text and hands its text on: mem0 keeps facts, not situations. One of
``memory_type: procedural_memory`` becomes a procedure that is found by its first line. Categories, and whom it belongs
to, become tags.
"""

from collections.abc import Iterator, Mapping

from midthought.ingest.transfer.foreign.reader import JsonReader
from midthought.ingest.transfer.foreign.records import ForeignEntry, checked, object_of, text_of, texts_of
from midthought.memory.errors import BadInput
from midthought.memory.records.entry import Entry, Lesson, Procedure

EXTRACTOR = "mem0-1"
_LISTS = ("results", "memories")
_OWNERS = ("user_id", "agent_id", "run_id", "app_id")


class Mem0Reader(JsonReader[object]):
    """Reads a list of memories."""

    def is_value(self, value: object) -> bool:
        """Return whether a JSON value is a list of memories."""
        found = _memories(value)
        return found is not None and (not found or any(isinstance(one, dict) and "memory" in one for one in found))

    def list_records(self, value: object, place: str) -> Iterator[object]:
        """Yield every memory. Raises `BadInput` if there is no list of them."""
        memories = _memories(value)
        if memories is None:
            raise BadInput('no mem0 export: expected a list of memories, or {"results": [...]}', place=place)
        yield from memories

    def read_record(self, record: object, place: str, number: int) -> ForeignEntry:
        """Return the lesson or procedure of a memory."""
        memory = object_of(record)
        text = text_of(memory, "memory")
        found = memory.get("id")
        name = str(found) if isinstance(found, str | int) else str(number)
        return checked(place, _entry(memory, text), f"mem0:{name}")


def _memories(value: object) -> list[object] | None:
    if isinstance(value, dict):
        value = next((value[name] for name in _LISTS if name in value), None)
    return value if isinstance(value, list) else None


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
