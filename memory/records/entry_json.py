"""Entries as canonical JSON, and back: the form they are stored, listed and sent in."""

import dataclasses
import json
from typing import Any

from midthought.memory.errors import BadInput, StoreDamaged
from midthought.memory.records.entry import (
    Concept,
    ConceptKind,
    Entry,
    EntryKind,
    ExampleSize,
    Lesson,
    Origin,
    Parameter,
    Procedure,
    Provenance,
    StoredEntry,
    WorkedCheck,
    WorkedExample,
)
from midthought.memory.records.link import Sightings
from midthought.memory.records.trajectory import Outcome, Part, Span
from midthought.memory.records.trust import Trust

_CLASSES: dict[EntryKind, type[Procedure] | type[Concept] | type[Lesson] | type[WorkedExample]] = {
    EntryKind.PROCEDURE: Procedure,
    EntryKind.CONCEPT: Concept,
    EntryKind.LESSON: Lesson,
    EntryKind.EXAMPLE: WorkedExample,
}

_NOT_ENTRY = {"id", "version", "origin", "trust", "provenance", "seen"}
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=dataclasses.asdict)
"""Only what is nested is copied: copying whole entries took a third of a bulk load."""


def class_name(entry_class: type[Entry]) -> str:
    """Return what messages call an entry of a class: ``worked example``."""
    return "worked example" if entry_class is WorkedExample else entry_class.__name__.lower()


def entry_to_dict(entry: Entry) -> dict[str, Any]:
    """Return the entry's kind and fields as plain JSON values."""
    return {"kind": entry.kind.value, **dataclasses.asdict(entry)}


def entry_to_json(entry: Entry) -> str:
    """Return the canonical JSON text of an entry: sorted keys, no spaces, `asked_as` only if there are any.

    So an entry without them has the text that it had before there were such wordings.
    """
    fields = {name: getattr(entry, name) for name in entry.__slots__}
    if not entry.asked_as:
        del fields["asked_as"]
    return _ENCODER.encode({"kind": entry.kind.value, **fields})


def entry_from_json(text: str) -> Entry:
    """Return the entry that `entry_to_json` wrote. Raises `StoreDamaged` for a text that it cannot have written."""
    try:
        return entry_from_dict(json.loads(text))
    except (BadInput, ValueError, TypeError, RecursionError) as error:
        raise StoreDamaged(f"a stored entry cannot be read: {error}; `midthought doctor` names its row") from error


def entry_from_dict(record: dict[str, Any], *, place: str = "") -> Entry:
    """Return the entry a JSON object describes.

    Raises `BadInput` naming an unknown kind, an unknown key, a missing field or a field of the wrong type.
    """
    fields = dict(record)
    try:
        entry_class = _CLASSES[EntryKind(fields.pop("kind", ""))]
    except ValueError:
        kinds = ", ".join(EntryKind)
        raise BadInput(f"field 'kind' must be one of {kinds}, got {record.get('kind')!r}", place=place) from None
    _refuse_unknown(fields, entry_class, place)
    try:
        return entry_class(**{name: _field(name, value) for name, value in fields.items()})
    except (TypeError, ValueError) as error:
        raise BadInput(f"not a {class_name(entry_class)}: {error}", place=place) from error


def stored_to_dict(stored: StoredEntry) -> dict[str, Any]:
    """Return a stored entry as plain JSON values: id, version, origin, trust, content, provenance and sightings.

    It has no times and no numbers of the store's own, so that two stores of the same content list the same.
    """
    return {
        "id": stored.id,
        "version": stored.version,
        "origin": stored.origin.value,
        "trust": stored.trust.value,
        **entry_to_dict(stored.entry),
        "provenance": [provenance_to_dict(p) for p in stored.provenance],
        **({"seen": dataclasses.asdict(stored.seen)} if stored.seen else {}),
    }


def stored_from_dict(record: dict[str, Any]) -> StoredEntry:
    """Return the entry that `stored_to_dict` wrote; its sequence number is not written and is 0 here."""
    entry = entry_from_dict({name: value for name, value in record.items() if name not in _NOT_ENTRY})
    provenance = tuple(provenance_from_dict(place) for place in record["provenance"])
    seen = Sightings(**record["seen"]) if record.get("seen") else None
    stored = StoredEntry(0, entry, record["version"], provenance, Origin(record["origin"]), seen)
    told = Trust(record.get("trust", stored.trust))  # services of earlier versions do not tell it
    return stored if told is stored.trust else dataclasses.replace(stored, mark=told)


def provenance_to_dict(provenance: Provenance) -> dict[str, Any]:
    """Return where an entry comes from as plain JSON values."""
    record: dict[str, Any] = {"source": provenance.source, "trajectory_id": provenance.trajectory_id}
    if provenance.span:
        span = provenance.span
        record |= {"part": span.part.value, "start": span.start, "end": span.end}
    return record


def provenance_from_dict(record: dict[str, Any]) -> Provenance:
    """Return what `provenance_to_dict` wrote."""
    span = Span(Part(record["part"]), record["start"], record["end"]) if record.get("part") else None
    return Provenance(record["trajectory_id"], record["source"], span)


def _refuse_unknown(fields: dict[str, Any], entry_class: type[Any], place: str) -> None:
    unknown = sorted(fields.keys() - entry_class.__dataclass_fields__.keys())
    if unknown:
        raise BadInput(f"unknown field {unknown[0]!r} in a {class_name(entry_class)}", place=place)


def _field(name: str, value: Any) -> Any:
    if name == "check":
        return None if value is None else _check(value)
    if name == "parameters":
        return _parameters(value)
    if name == "concept_kind":
        return ConceptKind(value)
    if name == "size":
        return ExampleSize(value)
    if name == "outcome":
        return Outcome(value)
    if name in {"pitfalls", "tags", "cues", "implementation", "used_in", "asked_as"}:
        return _texts(name, value)
    return _text(name, value)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"field {name!r} must be text, got {type(value).__name__}")
    return value


def _texts(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"field {name!r} must be a list of texts")
    return tuple(value)


def _parameters(value: Any) -> tuple[Parameter, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, dict) for item in value):
        raise ValueError("field 'parameters' must be a list of objects with name, typing and description")
    return tuple(
        Parameter(**{name: _text(f"parameters.{name}", text) for name, text in item.items()}) for item in value
    )


def _check(value: Any) -> WorkedCheck:
    if not isinstance(value, dict) or value.keys() != {"example", "code", "result"}:
        raise ValueError("field 'check' must be an object with example, code and result")
    result = value["result"]
    # A check in a file may have a number as its result.
    text = result if isinstance(result, str) else json.dumps(result)
    return WorkedCheck(_text("check.example", value["example"]), _text("check.code", value["code"]), text)
