"""Typed composition: a routine can fill a parameter of the type that its subtype names."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midthought.ingest.concepts.composition import Composition, Fit, compose
from midthought.ingest.concepts.typings import Typing, callable_parts, define_types, parse_typing
from midthought.memory.records.entry import Concept, ConceptKind, Parameter
from midthought.memory.records.entry_json import entry_from_dict

from ..decomposition.playback import DATA

SCORER = "Scorer := Callable[[Grid], float]"
SEARCH = Concept("beam search", ConceptKind.ROUTINE, "d", parameters=(Parameter("score", SCORER),))
COUNT = Concept("count corners", ConceptKind.ROUTINE, "d", "Scorer", "float", (Parameter("grid", "Grid"),))


def fits(*concepts: Concept) -> set[tuple[str, str, str, Fit]]:
    """(concept, parameter, filler, why) of all fits."""
    return set_of(compose((one.id, one) for one in concepts))


def set_of(tree: Composition) -> set[tuple[str, str, str, Fit]]:
    """The fits of a tree."""
    return {
        (one.name, slot.name, filler.name, filler.fit)
        for one in tree.concepts
        for slot in one.parameters
        for filler in slot.fillers
    }


def test_a_definition_is_read_as_name_and_annotation() -> None:
    """``Name := annotation`` with any blanks; a mere name means itself; plain words are one opaque type."""
    assert parse_typing(" Scorer:=Callable[[Grid],float] ") == parse_typing(SCORER)
    assert parse_typing("Grid") == Typing("", "Grid")
    assert parse_typing("List of  Integers") == Typing("", "list of integers")
    assert parse_typing("shares and counts").type_name == ""
    assert callable_parts(parse_typing(SCORER).annotation) == (("Grid",), "float")
    assert callable_parts("list[Grid]") is None


@given(st.text(max_size=40) | st.text(alphabet="Ab:=[],|.\"' \\0", max_size=40))
def test_any_text_is_a_typing(text: str) -> None:
    """Models write what they want: nothing raises or warns, and the normal form is its own normal form."""
    typing = parse_typing(text)
    assert re.search(r"\s\s", typing.annotation) is None or '"' in text or "'" in text
    define_types([typing]).expand(typing)


def test_a_routine_of_the_type_fills_the_parameter() -> None:
    """By the subtype that names the type, also if another concept defines it."""
    assert fits(SEARCH, COUNT) == {("beam search", "score", "count corners", Fit.SUBTYPE)}
    plain = Concept("climb", ConceptKind.ROUTINE, "d", parameters=(Parameter("by", "Scorer"),))
    assert ("climb", "by", "count corners", Fit.SUBTYPE) in fits(SEARCH, COUNT, plain)


@pytest.mark.parametrize(
    "other",
    [
        Concept("c", ConceptKind.ROUTINE, "d", "Ranker", "float", (Parameter("a"),)),
        Concept("c", ConceptKind.STRUCTURE, "d", "Scorer", "float"),
        Concept("c", ConceptKind.ROUTINE, "d", "Scorer", "Grid"),
        Concept("c", ConceptKind.ROUTINE, "d", "scorer", "float"),
    ],
    ids=["another type", "a structure", "another result", "another spelling"],
)
def test_what_is_not_of_the_type_fills_nothing(other: Concept) -> None:
    """A structure does nothing, and a routine that gives something else would not fit."""
    assert fits(SEARCH, other) == set()


def test_a_signature_is_enough() -> None:
    """A routine that takes and gives what the type says fills the parameter without naming the type."""
    unnamed = Concept("c", ConceptKind.ROUTINE, "d", "scoring", "float", (Parameter("grid", "Grid"),))
    assert fits(SEARCH, unnamed) == {("beam search", "score", "c", Fit.SIGNATURE)}
    defined = Concept("g", ConceptKind.STRUCTURE, "d", output_typing="Grid := list[list[int]]")
    assert fits(SEARCH, unnamed, defined) >= {("beam search", "score", "c", Fit.SIGNATURE)}


def test_a_result_of_the_type_fills_a_parameter_that_is_no_function() -> None:
    """If the type says more than one of Python's own: two integers need not go together."""
    maker = Concept("m", ConceptKind.STRUCTURE, "d", output_typing="Grid")
    number = Concept("n", ConceptKind.ROUTINE, "d", output_typing="int", parameters=(Parameter("k", "int"),))
    takes = Concept("t", ConceptKind.ROUTINE, "d", parameters=(Parameter("g", "Grid"), Parameter("k", "int")))
    assert fits(maker, number, takes) == {("t", "g", "m", Fit.RESULT)}


def test_a_type_with_two_meanings_matches_nothing_and_is_named() -> None:
    """Two concepts that define one name differently: the tree says so instead of guessing."""
    other = Concept("rank", ConceptKind.ROUTINE, "d", parameters=(Parameter("by", "Scorer := Callable[[str], int]"),))
    tree = compose((one.id, one) for one in (SEARCH, COUNT, other))
    assert tree.ambiguous_types == ("Scorer",)
    assert {slot for slot in set_of(tree) if slot[3] is Fit.SUBTYPE} == set()


def test_a_type_that_is_defined_by_itself_ends() -> None:
    """Trees of trees are common types."""
    tree = Concept("tree", ConceptKind.STRUCTURE, "d", output_typing="Tree := list[Tree]")
    walk = Concept("walk", ConceptKind.ROUTINE, "d", parameters=(Parameter("tree", "Tree"),))
    assert fits(tree, walk) == {("walk", "tree", "tree", Fit.RESULT)}


def test_the_reference_concepts_compose() -> None:
    """Written by hand as the prompt asks, a look-up over two articles is what the check of two things needs."""
    texts = [(DATA / "decompositions" / name).read_text("utf-8") for name in ("own.jsonl", "public.jsonl")]
    records = [one for text in texts for row in text.splitlines() for one in json.loads(row)["concepts"]]
    read = [entry_from_dict({"kind": "concept", **{k: v for k, v in one.items() if k != "spans"}}) for one in records]
    found = fits(*(one for one in read if isinstance(one, Concept)))
    assert ("two-entity check", "property", "bridge look-up", Fit.SUBTYPE) in found
    assert ("fixed-size chunking", "sequence", "arithmetic progression", Fit.RESULT) in found
