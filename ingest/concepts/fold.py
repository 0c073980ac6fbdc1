"""Folding concepts into those of the same name: stored ones are revised, those of one batch become one."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from midthought.ingest.concepts.compression import NOTHING_COMPRESSED, CompressedConcepts
from midthought.ingest.concepts.draft import EXTRACTOR
from midthought.ingest.concepts.merge import ConceptKey, concept_key, merge_concepts, name_key
from midthought.ingest.extraction import statements
from midthought.ingest.ingestion import Ingestion, SourcedEntries
from midthought.memory.records.batch import EntryRevision, EntryWrite
from midthought.memory.records.entry import Concept, Entry, Provenance, StoredEntry
from midthought.memory.records.merge import Merge, MergeVerdict

_STATEMENTS = statements.EXTRACTOR.rpartition("-")[0]
"""Worded statements in whatever version."""
ONE_NAME = "one name"
"""Why concepts were merged."""
OTHER_KIND = "kind: one name, but a structure and a routine"
"""Why they were kept apart."""


@dataclass(frozen=True, slots=True)
class FoldedConcepts:
    """What becomes of a batch.

    Attributes:
        entries: what is written as an entry, with concepts of one name joined.
        revisions: stored concepts that are said more of now.
        merges: each concept that became part of another, and each that was kept apart for its kind.
        kept: for the id of a concept that became part of another, the id of that.
    """

    entries: SourcedEntries
    revisions: tuple[EntryRevision, ...]
    merges: tuple[Merge, ...]
    kept: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Group:
    """The drafts of one name and kind, what they say together, and where they come from."""

    drafts: tuple[Concept, ...]
    merged: Concept
    places: tuple[Provenance, ...]


def fold_concepts(
    ingestion: Ingestion, entries: SourcedEntries, *, compressed: CompressedConcepts = NOTHING_COMPRESSED
) -> FoldedConcepts:
    """Return what to write: each concept that a model worded is folded into the one that has its name and kind.

    A stored concept that is `compressed` is revised by its shorter notes, and by what is new.
    """
    folding = _Folding(ingestion, compressed.found)
    rest = {one: entries[one] for one in entries if not _is_worded(entries[one][0])}
    groups = _group(entries[one] for one in entries if one not in rest)
    return folding.fold(rest, groups) if groups or compressed.found else FoldedConcepts(entries, (), (), {})


def _is_worded(entry: Entry) -> bool:
    return isinstance(entry, Concept) and entry.extractor == EXTRACTOR


def _group(sourced: Iterable[tuple[Entry, tuple[Provenance, ...]]]) -> dict[ConceptKey, _Group]:
    by_key: defaultdict[ConceptKey, list[tuple[Concept, tuple[Provenance, ...]]]] = defaultdict(list)
    for entry, places in sourced:
        if isinstance(entry, Concept):
            by_key[concept_key(entry)].append((entry, places))
    return {
        key: _Group(
            tuple(concept for concept, _ in found),
            merge_concepts(*(concept for concept, _ in found)),
            tuple(dict.fromkeys(place for _, places in found for place in places)),
        )
        for key, found in by_key.items()
    }


class _Folding:
    """One batch: what is stored under its names, and what is to be written."""

    def __init__(self, ingestion: Ingestion, compressed: Mapping[str, Concept]) -> None:
        self._ingestion = ingestion
        self._compressed = dict(compressed)
        self._revised: dict[str, tuple[Concept, tuple[Provenance, ...]]] = {}
        self._pairs: list[tuple[Concept, Concept, str]] = []

    def fold(self, rest: SourcedEntries, groups: Mapping[ConceptKey, _Group]) -> FoldedConcepts:
        """Return what to write."""
        reader, namespace = self._ingestion.store.reader, self._ingestion.namespace
        stored = reader.list_concepts_named(namespace, [one.merged.name for one in groups.values()])
        entries = dict(rest)
        for key, group in groups.items():
            target = _find_target(stored, key)
            entry = self._fold_one(group, target)
            if target is None or entry.id == target.id or reader.known_entries(namespace, [entry.id]):
                places = entries[entry.id][1] if entry.id in entries else ()
                entries[entry.id] = (entry, places + group.places)
            else:
                self._revised[target.id] = (entry, group.places)
            self._pairs += [(entry, draft, ONE_NAME) for draft in group.drafts if draft.id != entry.id]
            self._pairs += [(other, entry, OTHER_KIND) for other in _of_another_kind(stored, groups, key)]
        # Those that were asked about for their length alone; one that was forgotten or revised meanwhile stays so.
        known = {one.id for one in reader.list_entries(namespace, ids=list(self._compressed))}
        self._revised |= {one: (short, ()) for one, short in self._compressed.items() if one in known}
        kept = {draft.id: entry.id for entry, draft, reason in self._pairs if reason == ONE_NAME}
        return FoldedConcepts(entries, tuple(self._encode()), tuple(self._judge()), kept)

    def _fold_one(self, group: _Group, target: StoredEntry | None) -> Concept:
        """Return what a group says together with the stored concept of its name."""
        if target is None or not isinstance(target.entry, Concept):
            return group.merged
        merged = merge_concepts(self._compressed.pop(target.id, target.entry), group.merged)
        # A mere use changes no wording: the problem is in the provenance.
        return target.entry if merged.id == target.entry.id else merged

    def _encode(self) -> Iterator[EntryRevision]:
        revised = list(self._revised.items())
        vectors = self._ingestion.encode_keys([entry for _, (entry, _) in revised])
        for (entry_id, (entry, places)), rows in zip(revised, vectors, strict=True):
            yield EntryRevision(entry_id, EntryWrite(entry, places, rows))

    def _judge(self) -> Iterator[Merge]:
        keys = [one.key for pair in self._pairs for one in pair[:2]]
        vectors = iter(self._ingestion.encode(keys))
        for entry, draft, reason in self._pairs:
            similarity = min(1.0, float(next(vectors) @ next(vectors)))
            merged = reason == ONE_NAME
            verdict = MergeVerdict.MERGED if merged else MergeVerdict.REFUSED
            yield Merge(entry.id, draft.id, draft if merged else None, similarity, verdict, reason)


def _find_target(stored: Sequence[StoredEntry], key: ConceptKey) -> StoredEntry | None:
    """Return the stored concept of a name and kind; one of several statements is not guessed."""
    same = [one for one in stored if isinstance(one.entry, Concept) and concept_key(one.entry) == key]
    others = [one for one in same if one.entry.extractor.rpartition("-")[0] != _STATEMENTS]
    if others:
        return others[0]
    return same[0] if len(same) == 1 else None


def _of_another_kind(
    stored: Sequence[StoredEntry], groups: Mapping[ConceptKey, _Group], key: ConceptKey
) -> list[Concept]:
    """Return concepts that have the name of a key but another kind: stored ones, and earlier ones of the batch."""
    earlier = list(groups)[: list(groups).index(key)]
    known = [one.entry for one in stored if isinstance(one.entry, Concept)]
    known += [groups[one].merged for one in earlier]
    return [one for one in known if name_key(one.name) == key[0] and one.concept_kind is not key[1]]
