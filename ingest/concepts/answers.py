"""Reading concepts, lessons, pseudocode and shorter notes: strictly, with a fault for each item that is wrong."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from midthought.ingest.concepts.answer_items import AnswerItem, split_items
from midthought.ingest.concepts.item_fields import ItemFault, read_text, read_texts, refuse_unknown
from midthought.ingest.concepts.merge import name_key
from midthought.ingest.decomposition.answers import (
    AnswerFault,
    AnswerFaultKind,
    find_general_fault,
    is_json,
    read_object,
    read_sections,
)
from midthought.ingest.language_model import Completion, Finish
from midthought.memory.records.entry import Concept, ConceptKind, Lesson, Parameter

ENTRY = TypeVar("ENTRY", Concept, Lesson)
_NAME = re.compile(r'"(?:name|situation)"\s*:\s*"((?:[^"\\]|\\.)++)"')
_CONCEPT_KEYS = frozenset(
    {
        "name",
        "kind",
        "routine_subtype",
        "output_typing",
        "parameters",
        "description",
        "cues",
        "implementation",
        "used_in",
        "passages",
    }
)
_LESSON_KEYS = frozenset({"situation", "suggestion", "passages"})
_PARAMETER_KEYS = frozenset({"name", "typing", "description"})


@dataclass(frozen=True, slots=True)
class WordedItem(Generic[ENTRY]):
    """A concept or a lesson as a model worded it; the passages are quotes, not yet found in the trace."""

    entry: ENTRY
    passages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BadItem:
    """One item that cannot be used: what it is called, as far as that can be read, its text, and why."""

    name: str
    raw: str
    fault: AnswerFault


Item = WordedItem[ENTRY] | BadItem


@dataclass(frozen=True, slots=True)
class SolutionSketch:
    """A solution in general words: a name, one sentence, and the steps."""

    name: str
    summary: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShortNotes:
    """Cues and implementation of a concept, written again."""

    cues: tuple[str, ...]
    implementation: tuple[str, ...]


def read_concepts(
    answer: Completion, *, example: str, language_of: str, extractor: str
) -> tuple[Item[Concept], ...] | AnswerFault:
    """Return the concepts of an answer, usable ones and others, in their order; there may be none.

    Args:
        answer: JSON, in fences or alone.
        example: the block that the prompt showed.
        language_of: a text in the language that the answer should have.
        extractor: who words them.
    """
    shown = {name_key(name) for name in _NAME.findall(example)}

    def read(fields: dict[str, object]) -> WordedItem[Concept]:
        refuse_unknown(fields, _CONCEPT_KEYS)
        concept = _read_concept(fields, extractor)
        if name_key(concept.name) in shown:
            raise ItemFault("it is the example, not a concept of this solution", AnswerFaultKind.COPIED)
        return WordedItem(concept, read_texts(fields, "passages", needed=True))

    return _read_items(answer, read, listed="concepts", marked="name", language_of=language_of)


def read_lessons(answer: Completion, *, language_of: str, extractor: str) -> tuple[Item[Lesson], ...] | AnswerFault:
    """Return the lessons of an answer; see `read_concepts`."""

    def read(fields: dict[str, object]) -> WordedItem[Lesson]:
        refuse_unknown(fields, _LESSON_KEYS)
        situation, suggestion = (read_text(fields, name, needed=True) for name in ("situation", "suggestion"))
        lesson = Lesson(situation, suggestion, extractor=extractor)
        return WordedItem(lesson, read_texts(fields, "passages", needed=True))

    return _read_items(answer, read, listed="lessons", marked="situation", language_of=language_of)


def read_sketch(answer: Completion, *, language_of: str) -> SolutionSketch | AnswerFault:
    """Return a solution as pseudocode."""
    if (fault := find_general_fault(answer, language_of)) is not None:
        return fault
    if is_json(answer.text):
        return _read_fields(read_object(answer.text), _sketch_of)
    sections = read_sections(answer.text)
    for heading in ("Name", "Summary", "Pseudocode"):
        if not sections.get(heading.lower(), "").strip():
            return AnswerFault(AnswerFaultKind.NO_SECTION, f'the section "### {heading}" is missing or empty.')
    lines = [line.rstrip() for line in sections["pseudocode"].splitlines() if line.strip(" `")]
    lines = [line for line in lines if not line.startswith("```")]
    return SolutionSketch(sections["name"].strip(), " ".join(sections["summary"].split()), tuple(lines))


def read_notes(answer: Completion, *, before: Concept) -> ShortNotes | AnswerFault:
    """Return shorter cues and implementation of a concept; what had notes before has some after."""
    if (fault := find_general_fault(answer, before.body)) is not None:
        return fault
    found = _read_fields(read_object(answer.text), lambda fields: _notes_of(fields, before))
    if isinstance(found, ShortNotes) and _words(found) >= _words(ShortNotes(before.cues, before.implementation)):
        return AnswerFault(AnswerFaultKind.NOT_SHORTER, "the notes are not shorter than before.")
    return found


def _sketch_of(fields: dict[str, object]) -> SolutionSketch:
    refuse_unknown(fields, frozenset({"name", "summary", "pseudocode"}))
    name, summary = (read_text(fields, key, needed=True) for key in ("name", "summary"))
    return SolutionSketch(name, summary, read_texts(fields, "pseudocode", needed=True))


def _notes_of(fields: dict[str, object], before: Concept) -> ShortNotes:
    refuse_unknown(fields, frozenset({"cues", "implementation"}))
    cues = read_texts(fields, "cues", needed=bool(before.cues))
    return ShortNotes(cues, read_texts(fields, "implementation", needed=bool(before.implementation)))


Fields = TypeVar("Fields")


def _read_fields(fields: dict[str, object], read: Callable[[dict[str, object]], Fields]) -> Fields | AnswerFault:
    try:
        return read(fields)
    except ItemFault as error:
        return AnswerFault(error.kind, f"{error}.")


def _read_items(
    answer: Completion,
    read: Callable[[dict[str, object]], WordedItem[ENTRY]],
    *,
    listed: str,
    marked: str,
    language_of: str,
) -> tuple[Item[ENTRY], ...] | AnswerFault:
    # What was said before the limit can be used: only the last item is broken then.
    if (fault := find_general_fault(replace(answer, finish=Finish.STOP), language_of)) is not None:
        return fault
    found = split_items(answer.text, listed=listed, marked=marked)
    items = [_read_item(item, read) for item in found or ()]
    if answer.finish is Finish.LENGTH and not any(isinstance(one, WordedItem) for one in items):
        return AnswerFault(AnswerFaultKind.CUT, "the answer was cut off at the limit of its length: be shorter.")
    if found is None:
        return AnswerFault(AnswerFaultKind.NO_JSON, f"JSON with {listed} in the form shown is wanted.")
    return tuple(items)


def _read_item(item: AnswerItem, read: Callable[[dict[str, object]], WordedItem[ENTRY]]) -> Item[ENTRY]:
    name = _NAME.search(item.raw)
    called = name[1].strip() if name else ""
    if item.value is None:
        return BadItem(called, item.raw, AnswerFault(AnswerFaultKind.NO_JSON, "it is not valid JSON."))
    found = _read_fields(item.value, read)
    return BadItem(called, item.raw, found) if isinstance(found, AnswerFault) else found


def _read_concept(fields: dict[str, object], extractor: str) -> Concept:
    kind = read_text(fields, "kind", needed=True)
    if kind not in list(ConceptKind):
        raise ItemFault(f'"kind" must be one of {", ".join(ConceptKind)}, not {kind!r}')
    return Concept(
        " ".join(read_text(fields, "name", needed=True).split()),
        ConceptKind(kind),
        read_text(fields, "description", needed=True),
        routine_subtype=read_text(fields, "routine_subtype"),
        output_typing=read_text(fields, "output_typing"),
        parameters=_read_parameters(fields.get("parameters")),
        cues=read_texts(fields, "cues"),
        implementation=read_texts(fields, "implementation"),
        extractor=extractor,
    )


def _read_parameters(value: object) -> tuple[Parameter, ...]:
    if not isinstance(value, list | None) or not all(isinstance(one, dict) for one in value or ()):
        raise ItemFault('"parameters" must be a list of objects')
    for one in value or ():
        refuse_unknown(one, _PARAMETER_KEYS)
    return tuple(
        Parameter(read_text(one, "name", needed=True), read_text(one, "typing"), read_text(one, "description"))
        for one in value or ()
    )


def _words(notes: ShortNotes) -> int:
    return sum(len(text.split()) for text in (*notes.cues, *notes.implementation))


def _schema(properties: dict[str, object]) -> dict[str, object]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _texts(least: int = 0) -> dict[str, object]:
    return {"type": "array", "items": {"type": "string"}, "minItems": least, "maxItems": 20}


_TEXT: dict[str, object] = {"type": "string"}
_LISTED_CONCEPT = _schema(
    {
        "name": _TEXT,
        "kind": {"type": "string", "enum": list(ConceptKind)},
        "routine_subtype": _TEXT,
        "output_typing": _TEXT,
        "parameters": {
            "type": "array",
            "items": _schema({"name": _TEXT, "typing": _TEXT, "description": _TEXT}),
            "maxItems": 8,
        },
        "description": _TEXT,
        "cues": _texts(),
        "implementation": _texts(),
        "passages": _texts(1),
    }
)
_LISTED_LESSON = _schema({"situation": _TEXT, "suggestion": _TEXT, "passages": _texts(1)})
CONCEPTS_SCHEMA = json.dumps(_schema({"concepts": {"type": "array", "items": _LISTED_CONCEPT, "maxItems": 5}}))
LESSONS_SCHEMA = json.dumps(_schema({"lessons": {"type": "array", "items": _LISTED_LESSON, "maxItems": 3}}))
SKETCH_SCHEMA = json.dumps(_schema({"name": _TEXT, "summary": _TEXT, "pseudocode": _texts(1)}))
NOTES_SCHEMA = json.dumps(_schema({"cues": _texts(), "implementation": _texts()}))
