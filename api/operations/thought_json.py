"""The events of a thought as JSON, made from the fields of their classes: what a service sends and a client reads.

An event is one of a few kinds for readers, its SSE name: ``thought``, ``recall``, ``injection``, ``span``, ``answer``,
``receipt`` or ``error``. In its JSON object, `type` says which class it is, in snake case.
"""

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, make_dataclass
from enum import StrEnum
from functools import cache, reduce
from operator import or_
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin, get_type_hints

from midthought.api.operations.shape import Json, Shape
from midthought.api.operations.shapes import AbstentionJson, HitJson
from midthought.reasoner.thought import events as thought_events
from midthought.reasoner.thought.events import ThinkEvent
from midthought.reasoner.thought.receipts import Run, Value
from midthought.retrieval.hits import Abstention, Hit

if TYPE_CHECKING:
    from pydantic import TypeAdapter


class ThoughtEventKind(StrEnum):
    """The name of a server-sent event."""

    THOUGHT = "thought"
    """The thought goes on: words of the model, and what becomes of its samples."""
    RECALL = "recall"
    """Entries were recalled, recall abstained or failed, or what was found is held out."""
    INJECTION = "injection"
    """Entries were put into the thought."""
    SPAN = "span"
    """A quote is complete, and was looked up."""
    ANSWER = "answer"
    """The answer."""
    RECEIPT = "receipt"
    """The last event of a thought that ended: the whole run with its receipts."""
    ERROR = "error"
    """The last event of a thought that failed: a problem document."""


@dataclass(frozen=True, slots=True)
class AnswerGiven:
    """The answer of a thought, before the event with the whole run.

    Attributes:
        run_id: of the recorded run.
        answer: the final answer marked in `text`; empty if none is.
        text: what the chosen continuation added to the thought, and the answer after it.
    """

    run_id: str
    answer: str
    text: str


@dataclass(frozen=True, slots=True)
class ThoughtFailed:
    """The thought failed; `problem` is the problem document (RFC 9457) that an answer without a stream would be."""

    problem: dict[str, Any]


ServedEvent = ThinkEvent | AnswerGiven | ThoughtFailed
KINDS: Mapping[type, ThoughtEventKind] = {
    thought_events.EntriesRecalled: ThoughtEventKind.RECALL,
    thought_events.RecallAbstained: ThoughtEventKind.RECALL,
    thought_events.RecallFailed: ThoughtEventKind.RECALL,
    thought_events.HintWithheld: ThoughtEventKind.RECALL,
    thought_events.HintInjected: ThoughtEventKind.INJECTION,
    thought_events.EntriesPlaced: ThoughtEventKind.INJECTION,
    thought_events.QuoteChecked: ThoughtEventKind.SPAN,
    AnswerGiven: ThoughtEventKind.ANSWER,
    thought_events.RunFinished: ThoughtEventKind.RECEIPT,
    ThoughtFailed: ThoughtEventKind.ERROR,
}
"""The kind of each class of events; of every other it is ``thought``."""
_CLASSES: tuple[type, ...] = get_args(ServedEvent)


def kind_of(event_class: type) -> ThoughtEventKind:
    """Return the kind of a class of events."""
    return KINDS.get(event_class, ThoughtEventKind.THOUGHT)


def type_of(event_class: type) -> str:
    """Return the `type` of a class of events.

    >>> type_of(AnswerGiven)
    'answer_given'
    """
    return re.sub(r"(?<!^)(?=[A-Z])", "_", event_class.__name__).lower()


def write_event(event: ServedEvent) -> bytes:
    """Return an event as one line of JSON."""
    event_class: Any = type(event)
    record = _record_class(event_class)
    return _adapter(record).dump_json(record(**{one.name: getattr(event, one.name) for one in fields(event)}))


def read_event(text: bytes) -> ServedEvent | None:
    """Return the event that `write_event` wrote; None for a type of events that a later version added.

    Raises `ValueError` for anything else.
    """
    from pydantic_core import from_json

    record = from_json(text)
    if not isinstance(record, dict):
        raise ValueError(f"an event must be an object, got {type(record).__name__}")
    event_class = _by_type().get(record.get("type", ""))
    if event_class is None:
        return None
    found = _adapter(_record_class(event_class)).validate_python(record)
    event: ServedEvent = event_class(**{one.name: getattr(found, one.name) for one in fields(event_class)})
    return event


def event_schemas(prefix: str) -> tuple[list[Json], Json]:
    """Return the JSON Schema of every type of events, and the schemas that these refer to below `prefix`."""
    schemas, shared = [], Json()
    for one in _CLASSES:
        schema = _adapter(_record_class(one)).json_schema(mode="serialization", ref_template=prefix + "{model}")
        shared |= schema.pop("$defs", {})
        schemas.append(schema | {"x-event": kind_of(one).value})
    return schemas, shared


@cache
def _by_type() -> dict[str, type]:
    return {type_of(one): one for one in _CLASSES}


@cache
def _record_class(event_class: Any) -> Any:
    """Return the class that is written for a class of events: the same fields, and `type` before them."""
    hints, name = get_type_hints(event_class), type_of(event_class)
    made: list[Any] = [("type", Literal[name], name)]
    for one in fields(event_class):
        hint = _written(hints[one.name])
        made.append((one.name, hint) if one.default is MISSING else (one.name, hint, one.default))
    doc = (event_class.__doc__ or "").partition("\n\n")[0]
    return make_dataclass(event_class.__name__, made, kw_only=True, namespace={"__doc__": doc})


def _written(hint: Any) -> Any:
    """Return a type with the classes in it that are not written field by field replaced by how they are written."""
    if hint in _SHAPES:
        return _SHAPES[hint]
    inside = get_args(hint)
    if not inside or get_origin(hint) is Literal:
        return hint
    changed = tuple(_written(one) for one in inside)
    return reduce(or_, changed) if isinstance(hint, UnionType) else get_origin(hint)[changed]


@cache
def _run_record() -> Any:
    """Return the class that is written for a run: its configuration is an object, and what follows is added."""
    hints = get_type_hints(Run) | {"configuration": dict[str, Value]}
    made: list[Any] = [("id", str), ("tokens", int), ("entries_used", list[str])]
    made += [
        (one.name, hints[one.name]) if one.default is MISSING else (one.name, hints[one.name], one.default)
        for one in fields(Run)
    ]
    return make_dataclass("Run", made, kw_only=True, namespace={"__doc__": "One solved problem."})


def _write_run(run: Run) -> Json:
    given = {one.name: getattr(run, one.name) for one in fields(Run)} | {"configuration": dict(run.configuration)}
    record = _run_record()(id=run.id, tokens=run.tokens, entries_used=list(run.entries_used), **given)
    written: Json = _adapter(_run_record()).dump_python(record, mode="json")
    return written


def _read_run(record: Json) -> Run:
    found = _adapter(_run_record()).validate_python(record)
    given = {one.name: getattr(found, one.name) for one in fields(Run)}
    return Run(**given | {"configuration": tuple(found.configuration.items())})


RUN = Shape(_write_run, _read_run, _run_record)
RunJson = Annotated[Run, RUN]
_SHAPES: dict[Any, Any] = {Hit: HitJson, Abstention: AbstentionJson, Run: RunJson}


@cache
def _adapter(hint: Any) -> "TypeAdapter[Any]":
    from pydantic import TypeAdapter

    return TypeAdapter(hint)
