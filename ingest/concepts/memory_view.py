"""The part of the memory that a model sees while it abstracts: all concepts if they fit, else the nearest ones."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from midthought.ingest.ingestion import Ingestion
from midthought.memory.records.entry import Concept, EntryKind, Origin, StoredEntry
from midthought.memory.records.filter import Filter
from midthought.memory.records.keys import KeyField

MAX_WHOLE = 500
"""Concepts up to which it is tried whether all of them fit."""
NEAREST = 20
"""Concepts that are retrieved."""
MIN_SIMILARITY = 0.2
"""Cosine of a summary and a concept's key; unrelated texts are below it with the default encoder."""
MIN_PROBLEMS = 2
"""Concepts used in fewer problems are rendered by their names only (arXiv 2509.04439)."""

CountTokens = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class MemoryView:
    """Concepts in view: in full, or by name and kind only. Empty if nothing is known, or nothing is near."""

    full: tuple[StoredEntry, ...] = ()
    named: tuple[StoredEntry, ...] = ()

    @property
    def text(self) -> str:
        """The view as a model reads it."""
        named = [f"- {_title(concept)}" for concept in map(_concept_of, self.named)]
        return "\n".join([*(render_concept(_concept_of(one)) for one in self.full), *named])


NOTHING_IN_VIEW = MemoryView()


def view_whole(ingestion: Ingestion, *, max_tokens: int, count: CountTokens) -> MemoryView | None:
    """Return all concepts that the namespace sees, by name; None if they do not fit."""
    reader, namespace = ingestion.store.reader, ingestion.namespace
    found = reader.list_entries(namespace, kind=EntryKind.CONCEPT, limit=MAX_WHOLE + 1)
    found += reader.list_starter_entries(namespace, kind=EntryKind.CONCEPT, limit=MAX_WHOLE + 1)
    if len(found) > MAX_WHOLE:
        return None
    problems = _count_problems(ingestion, found)
    # By name, so that the same concepts make the same prompt, whatever ids a revision gives them.
    found.sort(key=lambda one: (_concept_of(one).name.casefold(), one.id))
    full = tuple(one for one in found if problems[one.id] >= MIN_PROBLEMS)
    view = MemoryView(full, tuple(one for one in found if problems[one.id] < MIN_PROBLEMS))
    return view if count(view.text) <= max_tokens else None


def view_nearest(ingestion: Ingestion, summary: str, *, max_tokens: int, count: CountTokens) -> MemoryView:
    """Return the concepts nearest to a summary, by name, description and cues, as many as fit, the nearest first.

    If none is near, nothing is in view: an empty selection never stands for the whole memory.
    """
    (vector,) = ingestion.encoder.encode_queries([summary])
    near: list[tuple[float, StoredEntry]] = []
    searcher, identity = ingestion.store.searcher, ingestion.encoder.identity
    for scope in searcher.scopes(ingestion.namespace, Filter(kinds=frozenset({EntryKind.CONCEPT}))):
        hits = searcher.search_vectors(
            scope.namespace,
            vector,
            NEAREST,
            within=scope.within,
            fields=frozenset({KeyField.MAIN}),
            encoder=identity,
        )
        similarities = {seq: similarity for seq, similarity in hits if similarity >= MIN_SIMILARITY}
        found = searcher.entries_by_seq(scope.namespace, list(similarities))
        near += [(similarities[seq], one) for seq, one in found.items()]
    near.sort(key=lambda one: (-one[0], one[1].id))
    return MemoryView(tuple(_take_fitting([one for _, one in near[:NEAREST]], max_tokens, count)))


def render_concept(concept: Concept) -> str:
    """Return a concept in full, as a model reads it."""
    lines = [f"- {_title(concept)}"]
    lines += [f"  {concept.description}"] if concept.description else []
    for one in concept.parameters:
        typing = f" ({one.typing})" if one.typing else ""
        lines.append(f"  parameter {one.name}{typing}: {one.description}".rstrip(": "))
    lines += [f"  cue: {cue}" for cue in concept.cues]
    lines += [f"  how: {note}" for note in concept.implementation]
    return "\n".join(lines)


def _title(concept: Concept) -> str:
    subtype = f", {concept.routine_subtype}" if concept.routine_subtype else ""
    output = f" -> {concept.output_typing}" if concept.output_typing else ""
    return f"{concept.name} [{concept.concept_kind}{subtype}]{output}"


def _take_fitting(found: Sequence[StoredEntry], max_tokens: int, count: CountTokens) -> Iterator[StoredEntry]:
    used = 0
    for one in found:
        used += count(render_concept(_concept_of(one)))
        if used > max_tokens:
            return
        yield one


def _count_problems(ingestion: Ingestion, found: Sequence[StoredEntry]) -> dict[str, int]:
    """Return in how many problems each concept was used: questions that it was learnt from, or that it says itself."""
    own = [one for one in found if one.origin is not Origin.STARTER]
    questions: defaultdict[int, set[str]] = defaultdict(set)
    for seq, question in ingestion.store.searcher.questions_of(ingestion.namespace, [one.seq for one in own]):
        questions[seq].add(question)
    return {
        one.id: max(len(questions[one.seq]) if one.origin is not Origin.STARTER else 0, len(_concept_of(one).used_in))
        for one in found
    }


def _concept_of(stored: StoredEntry) -> Concept:
    assert isinstance(stored.entry, Concept)  # only concepts were asked for
    return stored.entry
