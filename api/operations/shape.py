"""The mechanism by which a dataclass is written as JSON otherwise than field by field, read back and described."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields, make_dataclass
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any, get_type_hints

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema

Json = dict[str, Any]
"""A JSON object."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Writes a value as a JSON object and reads it back, without pydantic; inside ``Annotated`` it tells pydantic how.

    Attributes:
        described: returns the type that describes the object, for JSON Schema.
        validated: the object is checked against `described` before it is read. Requests are; answers are trusted.
    """

    write: Callable[[Any], Json]
    read: Callable[[Json], Any]
    described: Callable[[], Any]
    validated: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: "GetCoreSchemaHandler") -> "CoreSchema":
        from pydantic_core import core_schema

        written = core_schema.plain_serializer_function_ser_schema(self.write)
        if not self.validated:
            return core_schema.no_info_plain_validator_function(self.read, serialization=written)
        inner = handler.generate_schema(self.described())
        return core_schema.no_info_wrap_validator_function(self._check_and_read, inner, serialization=written)

    def _check_and_read(self, record: Json, check: Callable[[Json], object]) -> Any:
        check(record)
        return self.read(record)

    def __get_pydantic_json_schema__(self, schema: Any, handler: "GetJsonSchemaHandler") -> Json:
        from pydantic import TypeAdapter

        return handler(schema["schema"] if self.validated else TypeAdapter(self.described()).core_schema)


@dataclass(frozen=True, slots=True)
class FieldShape:
    """How one field is written, read back and described; `name` is its name in JSON, if that is another."""

    write: Callable[[Any], Any]
    read: Callable[[Any], Any]
    described: Any
    name: str = ""


@dataclass(frozen=True, slots=True)
class AddedField:
    """A value that is written in addition to the fields of a dataclass, and not read back."""

    described: Any
    write: Callable[[Any], Any]


def shape_fields(cls: type, *, added: Mapping[str, AddedField] | None = None, **changed: FieldShape) -> Shape:
    """Return the shape of a dataclass that is written field by field, except those `changed`, with values `added`."""
    more = added or {}
    hints = get_type_hints(cls)
    readers: dict[str, Callable[[Any], Any]] = {
        name: hint for name, hint in hints.items() if isinstance(hint, type) and issubclass(hint, Enum)
    }
    readers |= {name: change.read for name, change in changed.items()}
    names = {one.name: (one.name in changed and changed[one.name].name) or one.name for one in fields(cls)}

    def write(value: Any) -> Json:
        record = {name: one.write(value) for name, one in more.items()}
        for name, written in names.items():
            inner = getattr(value, name)
            record[written] = changed[name].write(inner) if name in changed else inner
        return record

    def read(record: Json) -> Any:
        given = {name: record[written] for name, written in names.items() if written in record}
        return cls(**{name: readers[name](inner) if name in readers else inner for name, inner in given.items()})

    types = {name: one.described for name, one in more.items()}
    described = cache(lambda: describe(cls, added=types, changed=changed))  # equal classes would be two schemas
    return Shape(write, read, described)


def describe(
    cls: type, *, name: str = "", added: Mapping[str, Any] | None = None, changed: Mapping[str, Any] | None = None
) -> type:
    """Return a dataclass that describes how `cls` is written: the `added` fields, and its own, some of them `changed`.

    What a field is changed to is a type, or a `FieldShape`.
    """
    hints, new = get_type_hints(cls), changed or {}
    made: list[Any] = list((added or {}).items())
    for one in fields(cls):
        change = new.get(one.name)
        written = (isinstance(change, FieldShape) and change.name) or one.name
        hint = change.described if isinstance(change, FieldShape) else change or hints[one.name]
        made.append((written, hint) if one.default is MISSING else (written, hint, _as_default(one.default, change)))
    doc = (cls.__doc__ or "").partition("\n\n")[0]
    strict = {"__pydantic_config__": {"extra": "forbid"}, "__doc__": doc}
    return make_dataclass(name or cls.__name__, made, kw_only=True, namespace=strict)


def _as_default(default: Any, change: Any) -> Any:
    """Return the default of a field as it is written; one that can be changed is made anew for every object."""
    if not isinstance(change, FieldShape):
        return default
    written = change.write(default)
    return field(default_factory=lambda: change.write(default)) if isinstance(written, dict | list) else written
