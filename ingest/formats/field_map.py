"""Records whose fields have other names: the caller says which field is the question, the thought, the answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from midthought.ingest.formats.assembly import assemble, assemble_solution
from midthought.ingest.formats.fields import Fields, list_fields
from midthought.ingest.formats.json_line import name_kind, show_field
from midthought.ingest.formats.labels import Labels, read_gold, read_verdict
from midthought.ingest.formats.markers import MarkedText, split_thought
from midthought.memory.errors import BadInput
from midthought.memory.records.trajectory import Outcome, Trajectory

MAPPED = ("question", "thought", "answer", "gold", "outcome", "finished", "source", "model")
"""What a field can be mapped to, as the format ``own`` names it."""

_MISSING = object()


@dataclass(frozen=True, slots=True)
class FieldMap:
    """Where the parts of a trajectory stand in a record.

    Attributes:
        paths: the part and the path of its field, in the order of `MAPPED`. A path names a field; dots lead into
            objects, and numbers into lists: ``messages.0.content``.
    """

    paths: tuple[tuple[str, str], ...]

    @staticmethod
    def read(told: "str | Mapping[str, str] | FieldMap") -> "FieldMap | None":
        """Return the map that ``question=problem,thought=steps`` or a dict says; None if it is empty.

        Raises `BadInput` if a part is unknown, comes twice or has no field, or if question, or both thought and answer,
        are missing.
        """
        if isinstance(told, FieldMap):
            return told
        pairs = list(told.items()) if isinstance(told, Mapping) else [_read_pair(one) for one in _split(told)]
        if not pairs:
            return None
        _check_pairs(pairs)
        return FieldMap(tuple(sorted(pairs, key=lambda pair: MAPPED.index(pair[0]))))

    def __str__(self) -> str:
        """Return it as the command line writes it."""
        return ",".join(f"{part}={path}" for part, path in self.paths)

    def fits(self, record: dict[str, object]) -> bool:
        """Return whether a record has the field of the question."""
        return _follow(record, dict(self.paths)["question"]) is not _MISSING

    def parse(self, record: dict[str, object]) -> tuple[Trajectory, ...]:
        """Return the trajectory of a record. Raises `BadInput`, naming the fields that the record has."""
        fields = Fields(record, f"map {self}")
        found = {part: _follow(record, path) for part, path in self.paths}
        for part in ("question", *(() if found.get("answer", _MISSING) is not _MISSING else ("thought",))):
            if found.get(part, _MISSING) in (_MISSING, None):
                raise fields.bad(_describe_missing(record, part, dict(self.paths).get(part, "")))
        texts = {part: self._read_text(fields, part, found) for part in ("question", "thought", "answer")}
        for _, path in self.paths:
            fields.take_any(path)
        labels = self._read_labels(fields, found)
        marked = split_thought(texts["thought"]) or MarkedText(texts["thought"])
        marked = replace(marked, answer=texts["answer"] or marked.answer)
        if not marked.thought and (after := split_thought(marked.answer)):
            marked = after
        if marked.thought or not marked.answer:
            return (assemble(fields, texts["question"], marked=marked, labels=labels, found={}),)
        return (assemble_solution(fields, texts["question"], solution=marked.answer, labels=labels),)

    def _read_text(self, fields: Fields, part: str, found: Mapping[str, object]) -> str:
        """Return a text; a list of texts is its paragraphs, and a number as an answer is written out."""
        value = found.get(part)
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return "\n\n".join(str(item) for item in value)
        if part == "answer" and isinstance(value, int | float) and not isinstance(value, bool):
            return json.dumps(value)
        if isinstance(value, str) or value in (None, _MISSING):
            return value if isinstance(value, str) else ""
        raise fields.bad(f"field {show_field(dict(self.paths)[part])} is {name_kind(value)}, expected a string")

    def _read_labels(self, fields: Fields, found: Mapping[str, object]) -> Labels:
        told = {part: None if value is _MISSING else value for part, value in found.items()}
        finished = told.get("finished")
        if finished is not None and not isinstance(finished, bool):
            raise fields.bad(f"the field of 'finished' is {name_kind(finished)}, expected true or false")
        return Labels(
            gold=read_gold(told.get("gold")),
            outcome=read_verdict(told["outcome"]) if told.get("outcome") is not None else Outcome.UNKNOWN,
            finished=finished,
            source=str(told.get("source") or ""),
            model=str(told.get("model") or ""),
        )


def _split(told: str) -> list[str]:
    return [one.strip() for one in told.split(",") if one.strip()]


def _read_pair(one: str) -> tuple[str, str]:
    part, sign, path = one.partition("=")
    if not sign or not path.strip():
        raise BadInput(f"{one!a} in the map is no pair: expected question=FIELD,thought=FIELD,...", place="map")
    return part.strip(), path.strip()


def _check_pairs(pairs: list[tuple[str, str]]) -> None:
    parts = [part for part, _ in pairs]
    unknown = next((part for part in parts if part not in MAPPED), None)
    if unknown is not None:
        raise BadInput(f"unknown part {unknown!a}: expected one of {', '.join(MAPPED)}", place="map")
    if len(set(parts)) < len(parts):
        raise BadInput("a part is mapped twice: expected one field for each", place="map")
    if "question" not in parts or not {"thought", "answer"} & set(parts):
        raise BadInput("expected a field for the question, and one for the thought or the answer", place="map")


def _follow(record: object, path: str) -> object:
    """Return the value at a path; a name with dots in it is tried as it is first."""
    if isinstance(record, dict) and path in record:
        return record[path]
    value = record
    for name in path.split("."):
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.lstrip("-").isdecimal() and -len(value) <= int(name) < len(value):
            value = value[int(name)]
        else:
            return _MISSING
    return value


def _describe_missing(record: dict[str, object], part: str, path: str) -> str:
    """Return what is missing, and what stands where it was looked for."""
    missing = f"field {show_field(path)} (the {part}) is missing"
    parent = path.rpartition(".")[0]
    inside = _follow(record, parent) if parent else record
    if isinstance(inside, list):
        return f"{missing}: {show_field(parent)} is a list of {len(inside)}"
    where, names = (show_field(parent), inside) if parent and isinstance(inside, dict) else ("the record", record)
    return f"{missing}: {where} has {f'only {list_fields(list(names))}' if names else 'no fields'}"
