"""Merging concepts: nothing that is said is lost, whatever comes later, and in whatever spelling."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midthought.ingest.concepts.merge import concept_key, merge_concepts, name_key
from midthought.memory.records.entry import Concept, ConceptKind, Parameter

FULL = Concept(
    "two pointers",
    ConceptKind.ROUTINE,
    "Move two positions towards each other.",
    routine_subtype="search",
    output_typing="Pair := tuple[int, int]",
    parameters=(Parameter("values", "list[int]", "sorted"),),
    cues=("a sorted list", "a sum is wanted"),
    implementation=("start at both ends", "move the end that is off"),
    used_in=("t-1",),
    pitfalls=("an unsorted list",),
    domain="programming",
    tags=("search",),
    asked_as=("find a pair in a list",),
    extractor="concepts-1",
)
EMPTY = Concept("Two  Pointers", ConceptKind.ROUTINE, "", parameters=(Parameter("Values"),))
TEXTS = st.lists(st.sampled_from(["a", "A ", "b", " c", "", "d e", "d  E"]), max_size=4).map(tuple)
SAID = st.sampled_from(["", " ", "one", "two"])
PARAMETERS = st.lists(st.builds(Parameter, st.sampled_from(["x", "X", "y"]), SAID, SAID), max_size=3).map(tuple)
CONCEPTS = st.builds(
    lambda description, subtype, typing, parameters, cues, notes, used: Concept(
        "name", ConceptKind.ROUTINE, description, subtype, typing, parameters, cues, notes, used
    ),
    SAID,
    SAID,
    SAID,
    PARAMETERS,
    TEXTS,
    TEXTS,
    TEXTS,
)


def said(concept: Concept) -> set[tuple[str, str]]:
    """Every text of the lists of a concept, with its field."""
    listed = ("cues", "implementation", "used_in", "pitfalls", "tags")
    texts = {(name, " ".join(text.casefold().split())) for name in listed for text in getattr(concept, name)}
    named = {("parameter", name_key(one.name)) for one in concept.parameters}
    return {one for one in texts | named if one[1]}


def test_names_are_the_same_in_any_case_and_with_any_blanks() -> None:
    """A name is a key however a model spells it; another kind is another key."""
    assert concept_key(EMPTY) == concept_key(FULL)
    assert concept_key(replace(FULL, concept_kind=ConceptKind.STRUCTURE)) != concept_key(FULL)
    with pytest.raises(ValueError, match="one name and kind"):
        merge_concepts(FULL, replace(FULL, concept_kind=ConceptKind.STRUCTURE))


def test_a_later_empty_field_erases_nothing() -> None:
    """The trap of the published code: an empty typing that comes later took the place of a good one."""
    assert merge_concepts(FULL, EMPTY) == FULL
    blank = replace(EMPTY, output_typing=" ", routine_subtype="\n", description=" ")
    assert merge_concepts(FULL, blank) == FULL


def test_the_first_that_is_not_empty_counts() -> None:
    """Of description, output typing and subtype; an earlier empty one is filled in."""
    filled = merge_concepts(EMPTY, FULL)
    assert (filled.description, filled.output_typing) == (FULL.description, FULL.output_typing)
    assert (filled.routine_subtype, filled.domain) == (FULL.routine_subtype, FULL.domain)
    other = replace(FULL, description="Otherwise.", output_typing="int", routine_subtype="scan")
    assert merge_concepts(FULL, other) == FULL


def test_parameters_are_merged_by_name() -> None:
    """Each name once, in the order in which the names came; what one leaves empty another fills in."""
    other = replace(EMPTY, parameters=(Parameter("target", "int"), Parameter("VALUES", "set", "any")))
    merged = merge_concepts(EMPTY, other, FULL)
    assert merged.parameters == (Parameter("Values", "set", "any"), Parameter("target", "int", ""))


def test_cues_and_implementation_are_an_ordered_union() -> None:
    """The known ones first, then the new ones, none twice in another spelling."""
    other = replace(EMPTY, cues=("A sorted  list", "a target"), implementation=("move the end that is off", "stop"))
    merged = merge_concepts(FULL, other)
    assert merged.cues == ("a sorted list", "a sum is wanted", "a target")
    assert merged.implementation == ("start at both ends", "move the end that is off", "stop")


def test_used_in_is_the_union_of_problems() -> None:
    """All problems, each once."""
    assert merge_concepts(FULL, replace(EMPTY, used_in=("t-2", "t-1"))).used_in == ("t-1", "t-2")


def test_who_worded_it_first_stays() -> None:
    """The name as it was first spelled, and the extractor: both belong to the entry that others know."""
    own = replace(EMPTY, extractor="")
    merged = merge_concepts(own, FULL)
    assert (merged.name, merged.extractor) == ("Two  Pointers", "")


@given(CONCEPTS, CONCEPTS, CONCEPTS)
def test_nothing_is_lost_and_merging_again_changes_nothing(one: Concept, two: Concept, three: Concept) -> None:
    """For any three: all texts are in the result, no field that had text is empty, and brackets are free."""
    merged = merge_concepts(one, two, three)
    assert said(merged) == said(one) | said(two) | said(three)
    for field in fields(Concept):
        given_texts = [getattr(each, field.name) for each in (one, two, three)]
        if any(isinstance(text, str) and text.strip() for text in given_texts):
            assert getattr(merged, field.name).strip()
    assert merge_concepts(merged, one, two, three) == merged
    assert merge_concepts(one, merge_concepts(two, three)) == merged
