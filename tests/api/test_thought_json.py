"""Every event of a thought is the same when it was written as JSON and read."""

import json
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from midthought.api.operations.thought_json import (
    KINDS,
    AnswerGiven,
    ServedEvent,
    ThoughtEventKind,
    read_event,
    type_of,
    write_event,
)
from midthought.memory.records.entry import Concept, ConceptKind, Entry, Lesson, Procedure, Provenance, StoredEntry
from midthought.memory.records.trajectory import Part, Span
from midthought.reasoner.thought.receipts import Value
from midthought.retrieval.hits import Abstention, AbstentionReason, Hit

CLASSES: tuple[type, ...] = typing.get_args(ServedEvent)
ENTRIES: tuple[Entry, ...] = (
    Procedure("How?", "So.", tags=("a", "ä")),
    Lesson("When it rains", "take \u2028 cover\n\n"),
    Concept("Pigeonhole", ConceptKind.STRUCTURE, "Two share one."),
)
HITS = tuple(
    Hit(StoredEntry(0, entry, 2, (Provenance("t-1", "s", Span(Part.THOUGHT, 0, 3)),)), 0.5, None, 1.5)
    for entry in ENTRIES
)
ABSTENTION = Abstention(AbstentionReason.NOTHING_CLOSE, "0.1 < 0.4", HITS[:1])
GIVEN: Mapping[Any, st.SearchStrategy[Any]] = {
    float: st.floats(allow_nan=False, allow_infinity=False),
    Hit: st.sampled_from(HITS),
    Abstention: st.just(ABSTENTION),
    dict[str, Any]: st.dictionaries(st.text(), st.text()),
}
"""Values as they occur: finite numbers, entries that are well-formed."""


def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a type, with those above in it."""
    inside = typing.get_args(hint)
    if hint in GIVEN:
        return GIVEN[hint]
    if is_dataclass(hint):
        hints = typing.get_type_hints(hint)
        return st.builds(hint, **{one.name: values_of(hints[one.name]) for one in fields(hint)})  # type: ignore[arg-type]  # a class
    if typing.get_origin(hint) is tuple:
        return (
            st.lists(values_of(inside[0]), max_size=3).map(tuple)
            if inside[-1] is ...
            else st.tuples(*map(values_of, inside))
        )
    if inside and typing.get_origin(hint) is not typing.Literal:
        return st.one_of(*map(values_of, inside))
    return st.from_type(hint)


@pytest.mark.parametrize("event_class", CLASSES, ids=lambda one: one.__name__)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_an_event_is_read_as_it_was_written(event_class: type, data: st.DataObject) -> None:
    """Whatever fields it has, nested records and entries of every kind included."""
    event = data.draw(values_of(event_class))
    if hasattr(event, "run"):  # the configuration is an object: each name once
        named: dict[str, Value] = dict(event.run.configuration)
        event = replace(event, run=replace(event.run, configuration=tuple(named.items())))
    text = write_event(event)
    assert b"\n" not in text
    assert b"\r" not in text
    assert json.loads(text)["type"] == type_of(event_class)
    assert read_event(text) == event


def test_every_kind_but_one_has_its_classes() -> None:
    """What is in no row is a `thought`; every row is of a class that is sent."""
    assert set(KINDS) < set(CLASSES)
    assert set(KINDS.values()) == set(ThoughtEventKind) - {ThoughtEventKind.THOUGHT}


@pytest.mark.parametrize("text", [b"[]", b"3", b"{", b'{"type":"answer_given"}', b'{"type":"answer_given","run_id":3}'])
def test_what_is_no_event_is_refused(text: bytes) -> None:
    """With the one error that callers expect."""
    with pytest.raises(ValueError):  # noqa: PT011  # pydantic's, or ours
        read_event(text)


def test_events_of_later_versions_are_read() -> None:
    """A type that is not known is nothing; fields that are not known are passed over."""
    assert read_event(b'{"type":"of_tomorrow","a":1}') is None
    assert read_event(b"{}") is None
    record = {"type": "answer_given", **{one.name: "x" for one in fields(AnswerGiven)}, "more": [1]}
    assert read_event(json.dumps(record).encode()) == AnswerGiven("x", "x", "x")
