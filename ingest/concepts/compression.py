"""Shorter notes for concepts that have grown over many problems: a model writes cues and implementation again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from midthought.ingest.concepts.answers import ShortNotes, read_notes
from midthought.ingest.concepts.memory_view import render_concept
from midthought.ingest.concepts.prompting import ConceptPrompting
from midthought.ingest.decomposition.asking import Ask, GaveUp, ask_until_usable
from midthought.ingest.decomposition.model_calls import ModelCalls
from midthought.memory.records.entry import Concept, Origin, StoredEntry

LONG_NOTES = 200
"""Words of cues and implementation from which they are written again: a body of more than 250 is hard to read."""
SHORT_NOTES = 100
"""Words that are asked for."""


@dataclass(frozen=True, slots=True)
class CompressedConcepts:
    """Stored concepts with shorter notes, by the id that they had, and those for which there are none."""

    found: Mapping[str, Concept]
    failed: Sequence[tuple[str, GaveUp]] = ()


NOTHING_COMPRESSED = CompressedConcepts({})


def is_long(concept: Concept) -> bool:
    """Whether the notes of a concept are to be written again."""
    return sum(len(text.split()) for text in (*concept.cues, *concept.implementation)) > LONG_NOTES


def compress_concepts(
    concepts: Sequence[StoredEntry], calls: ModelCalls, prompting: ConceptPrompting
) -> CompressedConcepts:
    """Return shorter notes for those of the namespace's concepts that are long; all other fields stay as they are."""
    found = [
        (one, one.entry, trajectory_id)
        for one in concepts
        if isinstance(one.entry, Concept) and is_long(one.entry) and (trajectory_id := _learnt_from(one))
    ]
    if not found:
        return NOTHING_COMPRESSED
    asks = [
        Ask(
            trajectory_id,
            prompting.request_notes(
                prompting.prompts.ask_compression(
                    render_concept(concept), words=SHORT_NOTES, structured=prompting.structured
                )
            ),
            partial(read_notes, before=concept),
        )
        for _, concept, trajectory_id in found
    ]
    results = ask_until_usable(calls, asks, prompting.prompts.ask_again)
    shorter: dict[str, Concept] = {}
    failed: list[tuple[str, GaveUp]] = []
    for (stored, concept, _), notes in zip(found, results, strict=True):
        if isinstance(notes, ShortNotes):
            shorter[stored.id] = replace(concept, cues=notes.cues, implementation=notes.implementation)
        else:
            failed.append((concept.name, notes))
    return CompressedConcepts(shorter, failed)


def _learnt_from(stored: StoredEntry) -> str:
    """Return a trajectory that a concept was learnt from; empty for one of the starter memory or of a user."""
    if stored.origin is Origin.STARTER:
        return ""
    return min((place.trajectory_id for place in stored.provenance if place.trajectory_id), default="")
