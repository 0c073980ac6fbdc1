"""How concepts compose (arXiv 2509.04439): which of them can fill which parameter, by its type."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from midthought.ingest.concepts.typings import (
    CallableParts,
    TypeDefinitions,
    Typing,
    callable_parts,
    define_types,
    is_specific,
    parse_typing,
)
from midthought.memory.records.entry import Concept, ConceptKind, Parameter


class Fit(StrEnum):
    """Why a concept can fill a parameter."""

    SUBTYPE = "subtype"
    """The routine's subtype names the parameter's type, which is a Callable."""
    SIGNATURE = "signature"
    """The routine takes and gives what the parameter's Callable does."""
    RESULT = "result"
    """What the concept gives has the parameter's type."""


@dataclass(frozen=True, slots=True)
class Filler:
    """A concept that can fill a parameter."""

    id: str
    name: str
    fit: Fit


@dataclass(frozen=True, slots=True)
class OpenParameter:
    """A parameter with its typing as it is written, and what can fill it."""

    name: str
    typing: str
    fillers: tuple[Filler, ...]


@dataclass(frozen=True, slots=True)
class ComposedConcept:
    """A concept in the tree: what it gives, and what can fill each of its parameters."""

    id: str
    name: str
    concept_kind: ConceptKind
    routine_subtype: str
    output_typing: str
    parameters: tuple[OpenParameter, ...]


@dataclass(frozen=True, slots=True)
class Composition:
    """The concepts by name, and the names of types that two of them define differently; nothing is matched by those."""

    concepts: tuple[ComposedConcept, ...]
    ambiguous_types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Typed:
    """A concept with its typings parsed."""

    id: str
    concept: Concept
    subtype: Typing
    output: Typing
    parameters: tuple[Typing, ...]

    @property
    def typings(self) -> tuple[Typing, ...]:
        return (self.subtype, self.output, *self.parameters)


def compose(concepts: Iterable[tuple[str, Concept]]) -> Composition:
    """Return which concepts, given with their ids, can fill which parameters."""
    typed = sorted((_parse(*one) for one in concepts), key=lambda one: (one.concept.name.casefold(), one.id))
    definitions = define_types(typing for one in typed for typing in one.typings)
    composed = tuple(_compose_one(one, typed, definitions) for one in typed)
    return Composition(composed, definitions.ambiguous)


def _parse(entry_id: str, concept: Concept) -> _Typed:
    parameters = tuple(parse_typing(one.typing) for one in concept.parameters)
    return _Typed(
        entry_id, concept, parse_typing(concept.routine_subtype), parse_typing(concept.output_typing), parameters
    )


def _compose_one(one: _Typed, others: Sequence[_Typed], definitions: TypeDefinitions) -> ComposedConcept:
    concept = one.concept
    parameters = tuple(
        _open_parameter(parameter, typing, [other for other in others if other.id != one.id], definitions)
        for parameter, typing in zip(concept.parameters, one.parameters, strict=True)
    )
    return ComposedConcept(
        one.id, concept.name, concept.concept_kind, concept.routine_subtype, concept.output_typing, parameters
    )


def _open_parameter(
    parameter: Parameter, typing: Typing, others: Sequence[_Typed], definitions: TypeDefinitions
) -> OpenParameter:
    return OpenParameter(parameter.name, parameter.typing, tuple(_find_fillers(typing, others, definitions)))


def _find_fillers(wanted: Typing, others: Sequence[_Typed], definitions: TypeDefinitions) -> Iterator[Filler]:
    if wanted.type_name in definitions.ambiguous:
        return
    meant = definitions.expand(wanted)
    parts = callable_parts(meant)
    if parts is None and not is_specific(meant):
        return
    for other in others:
        if parts is None:
            fit = Fit.RESULT if definitions.expand(other.output) == meant else None
        else:
            fit = _find_fit(wanted, parts, other, definitions)
        if fit is not None:
            yield Filler(other.id, other.concept.name, fit)


def _find_fit(wanted: Typing, parts: CallableParts, other: _Typed, definitions: TypeDefinitions) -> Fit | None:
    """Return why a routine can fill a parameter that takes a function, None if it cannot."""
    if other.concept.concept_kind is not ConceptKind.ROUTINE or not _gives(other, parts[1], definitions):
        return None
    if _names_type(other.subtype, wanted, definitions):
        return Fit.SUBTYPE
    return Fit.SIGNATURE if parts[0] and _signature(other, definitions) == parts else None


def _gives(routine: _Typed, result: str, definitions: TypeDefinitions) -> bool:
    """Whether a routine gives a result of a type, or does not say what it gives."""
    given = definitions.expand(routine.output)
    return not given or not result or given == result


def _names_type(subtype: Typing, wanted: Typing, definitions: TypeDefinitions) -> bool:
    """Whether a subtype names a Callable type that is the wanted one."""
    if not subtype.type_name or not definitions.is_callable(subtype):
        return False
    return subtype.type_name == wanted.type_name or definitions.expand(subtype) == definitions.expand(wanted)


def _signature(routine: _Typed, definitions: TypeDefinitions) -> tuple[tuple[str, ...], str]:
    """Return what a routine takes and gives."""
    return tuple(map(definitions.expand, routine.parameters)), definitions.expand(routine.output)
