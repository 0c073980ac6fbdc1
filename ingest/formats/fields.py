"""The fields of one record, taken one by one; what no reader takes becomes metadata, so that nothing is lost."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from midthought.ingest.formats.format import Format
from midthought.ingest.formats.json_line import canonical_json, name_kind, show_field
from midthought.memory.errors import BadInput

_Kind = TypeVar("_Kind", str, bool, list[object], dict[str, object])

_KIND_NAMES: dict[type, str] = {str: "a string", bool: "true or false", list: "a list", dict: "an object"}
_SHOWN_FIELDS = 8


class Fields:
    """The fields of `record` still untaken. Every error names the format, or the map, by which it was read."""

    def __init__(self, record: Mapping[str, object], taken_for: Format | str) -> None:
        self._left = dict(record)
        self._taken_for = taken_for

    def __contains__(self, name: str) -> bool:
        return self._left.get(name) is not None

    def take(self, name: str, kind: type[_Kind]) -> _Kind | None:
        """Take an optional field; null is the same as absent. Raises `BadInput` if it is of another kind."""
        value = self._left.pop(name, None)
        if value is None or isinstance(value, kind):
            return value
        raise self.bad(f"field {show_field(name)} is {name_kind(value)}, expected {_KIND_NAMES[kind]}")

    def take_text(self, name: str) -> str:
        """Take a required text field, which must have more than white space."""
        if name not in self:
            raise self.bad(f"field {show_field(name)} is missing")
        text = self.take(name, str) or ""
        if not text.strip():
            raise self.bad(f"field {show_field(name)} is empty")
        return text

    def take_any(self, name: str) -> object:
        """Take an optional field of any kind."""
        return self._left.pop(name, None)

    def look(self, name: str) -> object:
        """Return a field of any kind without taking it, None if there is none."""
        return self._left.get(name)

    def put_back(self, name: str, value: object) -> None:
        """Leave a field that was taken for the metadata."""
        self._left[name] = value

    def take_if(self, name: str, kind: type[_Kind]) -> _Kind | None:
        """Take an optional field if it is of a kind; one of another kind is left for the metadata."""
        value = self._left.get(name)
        return self.take(name, kind) if isinstance(value, kind) else None

    def find(self, names: Sequence[str]) -> str | None:
        """Return the first of `names` that the record has and that is not null."""
        return next((name for name in names if name in self), None)

    def refuse_others(self, known: Sequence[str]) -> None:
        """Raise `BadInput` if a field is not one of `known`."""
        others = [name for name in self._left if name not in known]
        if others:
            raise self.bad(f"unknown {list_fields(others)}; expected only {', '.join(known)}")

    def metadata(self, found: Mapping[str, object]) -> str:
        """Return what is left and what the reader `found` besides, as one canonical JSON object."""
        # A field of the record with the name of one that the reader adds would be overwritten.
        for name in found:
            if name in self._left:
                raise self.bad(f"field {show_field(name)} is needed for what this reader adds: rename it")
        return canonical_json(self._left | dict(found))

    def bad(self, reason: str) -> BadInput:
        """Return the error that says `reason` and in which format the record was read."""
        told = f"format {self._taken_for}" if isinstance(self._taken_for, Format) else self._taken_for
        return BadInput(f"{reason} (read as {told})")


def list_fields(names: Sequence[str]) -> str:
    """Return field names for a message: the first eight, and how many more."""
    shown = ", ".join(show_field(name) for name in names[:_SHOWN_FIELDS])
    more = f" and {len(names) - _SHOWN_FIELDS} more" if len(names) > _SHOWN_FIELDS else ""
    return f"{'field' if len(names) == 1 else 'fields'} {shown}{more}"
