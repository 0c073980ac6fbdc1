"""Merging concepts of one name (arXiv 2509.04439, with its traps closed): nothing that is said is ever lost.

Pure functions. Names are the same whatever their case and blanks are; nothing depends on positions in a list.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import reduce

from midthought.memory.records.entry import Concept, ConceptKind, Parameter
from midthought.memory.records.keys import MAX_WORDINGS

ConceptKey = tuple[str, ConceptKind]
"""What concepts are merged by: concepts of one name but another kind stay apart."""


def name_key(name: str) -> str:
    """Return what two spellings of one name share.

    >>> name_key("Two  Pointers") == name_key("two pointers")
    True
    """
    return "".join(name.casefold().split())


def concept_key(concept: Concept) -> ConceptKey:
    """Return what a concept is merged by."""
    return name_key(concept.name), concept.concept_kind


def merge_concepts(first: Concept, *others: Concept) -> Concept:
    """Return what several concepts of one name and kind say together, the earliest first.

    Of description, output typing, subtype, domain and check the first that is not empty counts; parameters are merged
    by name; cues, implementation, pitfalls, tags and problems are ordered unions. Name and extractor are those of the
    first. Merging again changes nothing. Raises `ValueError` for another name or kind.
    """
    return reduce(_merge_two, others, first)


def _merge_two(first: Concept, second: Concept) -> Concept:
    if concept_key(first) != concept_key(second):
        raise ValueError(f"only concepts of one name and kind merge, got {first.name!r} and {second.name!r}")
    return replace(
        first,
        description=_first_said(first.description, second.description),
        routine_subtype=_first_said(first.routine_subtype, second.routine_subtype),
        output_typing=_first_said(first.output_typing, second.output_typing),
        parameters=merge_parameters(first.parameters, second.parameters),
        cues=unite(first.cues, second.cues),
        implementation=unite(first.implementation, second.implementation),
        used_in=unite(first.used_in, second.used_in),
        pitfalls=unite(first.pitfalls, second.pitfalls),
        domain=_first_said(first.domain, second.domain),
        tags=unite(first.tags, second.tags),
        check=first.check or second.check,
        asked_as=unite(first.asked_as, second.asked_as)[: max(len(first.asked_as), MAX_WORDINGS)],
    )


def merge_parameters(first: Sequence[Parameter], second: Iterable[Parameter]) -> tuple[Parameter, ...]:
    """Return the parameters of both by name, in the order in which the names come first."""
    merged: dict[str, Parameter] = {}
    for one in (*first, *second):
        known = merged.setdefault(name_key(one.name), one)
        merged[name_key(one.name)] = replace(
            known,
            typing=_first_said(known.typing, one.typing),
            description=_first_said(known.description, one.description),
        )
    return tuple(merged.values())


def unite(first: Iterable[str], second: Iterable[str]) -> tuple[str, ...]:
    """Return the texts of both in order, each once whatever its case and blanks are; blank ones are left out."""
    said: dict[str, str] = {}
    for text in (*first, *second):
        if text.strip():
            said.setdefault(" ".join(text.casefold().split()), text)
    return tuple(said.values())


def _first_said(first: str, second: str) -> str:
    return first if first.strip() else second
