"""Entries survive the way to JSON and back, and bad objects are named."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midthought.memory.errors import BadInput
from midthought.memory.records.entry import (
    Concept,
    ConceptKind,
    Entry,
    ExampleSize,
    Lesson,
    Parameter,
    Procedure,
    WorkedCheck,
    WorkedExample,
    readable_key,
)
from midthought.memory.records.entry_json import entry_from_dict, entry_from_json, entry_to_json
from midthought.memory.records.trajectory import Outcome

text = st.text(max_size=20)
texts = st.lists(text, max_size=3).map(tuple)
checks = st.none() | st.builds(WorkedCheck, text, text, text)
entries = st.one_of(
    st.builds(Procedure, text, text, text, texts, text, texts, checks, text, texts),
    st.builds(Lesson, text, text, text, texts, text, texts),
    st.builds(
        WorkedExample,
        text,
        text,
        st.sampled_from(ExampleSize),
        text,
        text,
        st.sampled_from(Outcome),
        tags=texts,
        asked_as=texts,
    ),
    st.builds(
        Concept,
        text,
        st.sampled_from(ConceptKind),
        text,
        parameters=st.lists(st.builds(Parameter, text, text, text), max_size=2).map(tuple),
        cues=texts,
        implementation=texts,
        check=checks,
    ),
)


@pytest.mark.slow
@given(entries)
def test_round_trip(entry: Entry) -> None:
    """Writing and reading gives an equal entry with an equal id."""
    again = entry_from_json(entry_to_json(entry))
    assert again == entry
    assert again.id == entry.id


@pytest.mark.slow
@given(entries, entries)
def test_ids_tell_entries_apart(one: Entry, other: Entry) -> None:
    """Two entries of different content have different ids."""
    differs = (type(one), one.key, one.body) != (type(other), other.key, other.body)
    assert not differs or one.id != other.id


def test_position_matters_in_ids() -> None:
    """Moving text from one field to the next changes the id."""
    assert Procedure("ab", "c").id != Procedure("a", "bc").id


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"kind": "recipe"}, "field 'kind' must be one of procedure, concept, lesson, example, got 'recipe'"),
        ({"kind": "procedure", "subquestion": "q"}, "missing 1 required positional argument: 'subroutine'"),
        ({"kind": "lesson", "situation": "s", "suggestion": 3}, "field 'suggestion' must be text, got int"),
        ({"kind": "procedure", "subquestion": "q", "subroutine": "s", "colour": "red"}, "unknown field 'colour'"),
        ({"kind": "procedure", "subquestion": "q", "subroutine": "s", "tags": "red"}, "field 'tags' must be a list"),
    ],
)
def test_bad_objects_are_named(record: dict[str, object], message: str) -> None:
    """The error says which field is wrong, and where the record stands."""
    with pytest.raises(BadInput, match=re.escape(message)) as caught:
        entry_from_dict(json.loads(json.dumps(record)), place="file:3")
    assert str(caught.value).startswith("file:3: ")


@pytest.mark.parametrize(
    ("description", "shown"),
    [("Solves systems.", "elimination. Solves systems. two unknowns"), ("What?", "elimination. What? two unknowns")],
)
def test_a_concept_is_shown_with_one_mark_after_each_part(description: str, shown: str) -> None:
    """Its key, from which vectors are made, keeps the full stops that join the parts."""
    concept = Concept("elimination", ConceptKind.ROUTINE, description, cues=("two unknowns",))
    assert readable_key(concept) == shown
    assert concept.key == f"elimination. {description}. two unknowns"
    assert readable_key(Lesson("It rains..", "Stay in.")) == "It rains.."
