"""ACE: a playbook of bullets in sections, each with how often it helped and how often it harmed (arXiv 2510.04618).

A bullet becomes a lesson that is found by its text and hands its text on; its section is the domain, its counts are
tags. One that harmed more often than it helped is not taken.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from midthought.ingest.formats.json_line import name_kind
from midthought.ingest.transfer.foreign.reader import JsonReader
from midthought.ingest.transfer.foreign.records import ForeignEntry, checked, object_of, text_of
from midthought.memory.errors import BadInput
from midthought.memory.records.entry import Lesson

EXTRACTOR = "ace-1"
_WRAPPERS = ("playbook", "skillbook")
_LISTS = ("bullets", "skills")
_COUNTS = ("helpful", "harmful")


@dataclass(frozen=True, slots=True)
class _Bullet:
    """A bullet with the section and the id that its place in the playbook gives it; either may be empty."""

    section: str
    name: str
    content: object


class AceReader(JsonReader[_Bullet]):
    """Reads the bullets of a playbook."""

    def is_value(self, value: object) -> bool:
        """Return whether a JSON value looks like a playbook."""
        found = _unwrapped(value)
        if isinstance(found, list):
            return any(isinstance(one, dict) and {"content", "section"} <= set(one) for one in found)
        return isinstance(found, dict) and any(name in found for name in (*_LISTS, "sections"))

    def list_records(self, value: object, place: str) -> Iterator[_Bullet]:
        """Yield every bullet. Raises `BadInput` if there is none at all."""
        return (_Bullet(*bullet) for bullet in _bullets(_unwrapped(value), place))

    def read_record(self, record: _Bullet, place: str, number: int) -> ForeignEntry:
        """Return the lesson of a bullet. Raises `BadInput` if it harmed more often than it helped."""
        bullet = object_of(record.content)
        text = text_of(bullet, "content")
        counts = {count: _count(bullet, count) for count in _COUNTS}
        if counts["harmful"] > counts["helpful"]:
            raise BadInput(f"it harmed {counts['harmful']} times and helped {counts['helpful']}: not taken")
        tags = tuple(f"{count}:{times}" for count, times in counts.items() if times)
        domain = text_of(bullet, "section", default=record.section).replace("_", " ").strip().lower()
        source = f"ace:{text_of(bullet, 'id', default=record.name or str(number))}"
        return checked(place, Lesson(text, text, domain=domain, tags=tags, extractor=EXTRACTOR), source)


def _unwrapped(value: object) -> object:
    if isinstance(value, dict):
        return next((value[name] for name in _WRAPPERS if isinstance(value.get(name), dict | list)), value)
    return value


def _bullets(value: object, place: str) -> Iterator[tuple[str, str, object]]:
    """Yield (section, id, bullet) of the ways playbooks are kept: by id, in a list, or in the sections themselves."""
    if isinstance(value, list):
        yield from (("", "", bullet) for bullet in value)
        return
    found = value if isinstance(value, dict) else {}
    kept = next((found[name] for name in _LISTS if isinstance(found.get(name), dict | list)), None)
    if kept is not None:
        pairs = kept.items() if isinstance(kept, dict) else (("", bullet) for bullet in kept)
        yield from (("", name, bullet) for name, bullet in pairs)
        return
    sections = found.get("sections")
    if isinstance(sections, dict):
        yield from ((name, "", bullet) for name, inside in sections.items() for bullet in _listed(inside))
    elif isinstance(sections, list):
        for section in sections:
            about = section if isinstance(section, dict) else {}
            name = next((about[key] for key in ("name", "title", "section") if isinstance(about.get(key), str)), "")
            yield from ((name, "", bullet) for bullet in _listed(about.get("bullets", section)))
    else:
        raise BadInput("no ACE playbook: expected bullets, or sections of bullets", place=place)


def _listed(inside: object) -> list[object]:
    return inside if isinstance(inside, list) else [inside]


def _count(bullet: Mapping[str, object], name: str) -> int:
    inside = bullet.get("metadata")
    value = bullet.get(name, inside.get(name, 0) if isinstance(inside, dict) else 0)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise BadInput(f"field {name!r} must be a whole number >= 0, got {name_kind(value)}")
    return value
