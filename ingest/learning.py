"""What one batch of records teaches: trajectories to store, procedures extracted from them, and the counts."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from midthought.ingest.extraction.extracted import ExtractedProcedure
from midthought.ingest.extraction.extractor import EXTRACTOR, extract
from midthought.ingest.readers.records import BadRecord, ReadRecord
from midthought.memory.batch import Batch, EntryWrite, MissingVector, TrajectoryWrite
from midthought.memory.entry import Provenance
from midthought.memory.namespace import Namespace
from midthought.memory.operation import Counts, Operation, Rejection
from midthought.memory.store import Store
from midthought.memory.trajectory import Trajectory
from midthought.retrieval.encoders.base import Encoder


@dataclass(frozen=True, slots=True)
class _Lessons:
    """Procedures drafted from new trajectories, with the trajectory each came from, and refusals by reason."""

    drafted: tuple[tuple[Trajectory, ExtractedProcedure], ...]
    refused: Counter[str]
    taught: int


def learn_batch(
    store: Store,
    encoder: Encoder,
    namespace: Namespace,
    operation: Operation,
    records: Sequence[ReadRecord | BadRecord],
) -> Operation:
    """Store what a batch of records teaches in one commit; return the operation with its new position and counts."""
    with store.teaching:  # between looking what is known and writing, no other ingestion may write it
        while True:
            try:
                return _learn(store, encoder, namespace, operation, records)
            except MissingVector:  # a known entry was forgotten in between: look again
                continue


def _learn(
    store: Store,
    encoder: Encoder,
    namespace: Namespace,
    operation: Operation,
    records: Sequence[ReadRecord | BadRecord],
) -> Operation:
    fresh = _fresh_trajectories(store, namespace, records)
    lessons = _extract_all(fresh)
    known = store.known_entries(namespace, [draft.procedure.id for _, draft in lessons.drafted])
    writes, stored = _entry_writes(lessons.drafted, known, encoder)
    rejections = tuple(Rejection(r.place, r.reason) for r in records if isinstance(r, BadRecord))
    counts = _add(operation.counts, records=len(records), fresh=len(fresh), rejected=len(rejections))
    counts = _add_lessons(counts, lessons, stored)
    operation = replace(operation, position=operation.position + len(records), counts=counts)
    trajectories = tuple(TrajectoryWrite(t, EXTRACTOR) for t in fresh)
    store.write(namespace, Batch(trajectories, writes, rejections, operation))
    return operation


def _fresh_trajectories(
    store: Store, namespace: Namespace, records: Iterable[ReadRecord | BadRecord]
) -> list[Trajectory]:
    by_id = {r.trajectory.id: r.trajectory for r in records if isinstance(r, ReadRecord)}
    known = store.known_trajectories(namespace, by_id)
    return [trajectory for trajectory_id, trajectory in by_id.items() if trajectory_id not in known]


def _extract_all(trajectories: Iterable[Trajectory]) -> _Lessons:
    drafted: list[tuple[Trajectory, ExtractedProcedure]] = []
    refused: Counter[str] = Counter()
    taught = 0
    for trajectory in trajectories:
        extraction = extract(trajectory)
        drafted += [(trajectory, procedure) for procedure in extraction.procedures]
        refused.update(draft.reason for draft in extraction.refused)
        taught += bool(extraction.procedures)
    return _Lessons(tuple(drafted), refused, taught)


def _entry_writes(
    drafted: Sequence[tuple[Trajectory, ExtractedProcedure]], known: set[str], encoder: Encoder
) -> tuple[tuple[EntryWrite, ...], int]:
    """Return one write a distinct procedure, with all its provenance, and how many of them are new."""
    provenance: dict[str, list[Provenance]] = {}
    procedures = {}
    for trajectory, draft in drafted:
        procedures[draft.procedure.id] = draft.procedure
        places = provenance.setdefault(draft.procedure.id, [])
        places += [Provenance(trajectory.id, trajectory.source or "ingest", span) for span in draft.spans]
    fresh = [entry_id for entry_id in procedures if entry_id not in known]
    vectors = encoder.encode_documents([procedures[entry_id].key for entry_id in fresh])
    row = {entry_id: vectors[number] for number, entry_id in enumerate(fresh)}
    writes = [EntryWrite(p, tuple(provenance[entry_id]), row.get(entry_id)) for entry_id, p in procedures.items()]
    return tuple(writes), len(fresh)


def _add(counts: Counts, *, records: int, fresh: int, rejected: int) -> Counts:
    return replace(
        counts,
        read=counts.read + records,
        stored=counts.stored + fresh,
        merged=counts.merged + records - fresh - rejected,
        rejected=counts.rejected + rejected,
    )


def _add_lessons(counts: Counts, lessons: _Lessons, stored: int) -> Counts:
    drafted, refused = len(lessons.drafted), lessons.refused.total()
    return replace(
        counts,
        taught=counts.taught + lessons.taught,
        drafted=counts.drafted + drafted + refused,
        entries_stored=counts.entries_stored + stored,
        entries_merged=counts.entries_merged + drafted - stored,
        entries_refused=counts.entries_refused + refused,
        reasons=tuple(sorted((Counter(dict(counts.reasons)) + lessons.refused).items())),
    )
