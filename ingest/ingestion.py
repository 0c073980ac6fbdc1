"""What one batch of records teaches: trajectories to store, procedures extracted from them, and the counts."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from midthought.ingest.dedup.join import join_fresh
from midthought.ingest.extraction.extracted import ExtractedProcedure, Extraction
from midthought.ingest.extraction.extractor import EXTRACTOR, extract
from midthought.ingest.stream.reader import STDIN
from midthought.ingest.stream.records import BadRecord, ReadRecord
from midthought.ingest.write_with_retry import write_with_retry
from midthought.memory.records.batch import Batch, TrajectoryWrite
from midthought.memory.records.entry import Entry, Provenance
from midthought.memory.records.job import Counts, Job, Rejection
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.no_yield import Explanation, NoYield
from midthought.memory.records.trajectory import Trajectory
from midthought.memory.store import Store
from midthought.retrieval.encoders.base import Encoder
from midthought.retrieval.encoders.current import use_encoder


@dataclass(frozen=True, slots=True)
class _Lessons:
    """Procedures drafted from new trajectories, with the trajectory each came from, and what became of the rest.

    Attributes:
        refused: drafts refused, by reason.
        nothing: by trajectory id, the extraction of each trajectory that taught nothing.
    """

    drafted: tuple[tuple[Trajectory, ExtractedProcedure], ...]
    refused: Counter[str]
    taught: int
    nothing: Mapping[str, Extraction]


def ingest_batch(
    store: Store,
    encoder: Encoder,
    namespace: Namespace,
    job: Job,
    records: Sequence[ReadRecord | BadRecord],
) -> tuple[Job, list[Explanation]]:
    """Store what a batch of records teaches in one commit.

    Return the operation with its new position and counts, and why each record that taught nothing did not.
    """
    return write_with_retry(
        store, lambda: use_encoder(encoder, lambda one: _learn(store, one, namespace, job, records))
    )


def _learn(
    store: Store,
    encoder: Encoder,
    namespace: Namespace,
    job: Job,
    records: Sequence[ReadRecord | BadRecord],
) -> tuple[Job, list[Explanation]]:
    fresh = _fresh_trajectories(store, namespace, records)
    lessons = _extract_all(fresh)
    joined = join_fresh(store, encoder, namespace, _distinct(lessons.drafted))
    rejections = tuple(Rejection(r.place, r.reason) for r in records if isinstance(r, BadRecord))
    counts = _add(job.counts, records=len(records), fresh=len(fresh), rejected=len(rejections))
    counts = _add_lessons(counts, lessons, joined.stored)
    explained = _explain(job, records, {one.id for one in fresh}, lessons)
    job = replace(job, position=job.position + len(records), counts=counts)
    trajectories = tuple(TrajectoryWrite(t, EXTRACTOR) for t in fresh)
    batch = Batch(trajectories, joined.writes, rejections, job, encoder.identity, joined.merges)
    store.write(namespace, batch)
    return job, explained


def _explain(
    job: Job, records: Sequence[ReadRecord | BadRecord], fresh: set[str], lessons: _Lessons
) -> list[Explanation]:
    """Return an explanation for each record that gave no entry, in reading order."""
    name = "<stdin>" if job.source == STDIN else job.source
    explained: list[Explanation] = []
    for number, record in enumerate(records, start=job.position + 1):
        if isinstance(record, BadRecord):
            explained.append(Explanation(number, "", record.place, NoYield.UNREADABLE, record.reason))
            continue
        place, trajectory_id = f"{name}:{record.line}", record.trajectory.id
        found = lessons.nothing.get(trajectory_id)
        if trajectory_id not in fresh:
            explained.append(Explanation(number, trajectory_id, place, NoYield.KNOWN))
        elif found is not None and found.reason is not None:
            explained.append(Explanation(number, trajectory_id, place, found.reason, found.detail))
        fresh.discard(trajectory_id)  # it is known when it comes again
    return explained


def _fresh_trajectories(
    store: Store, namespace: Namespace, records: Iterable[ReadRecord | BadRecord]
) -> list[Trajectory]:
    by_id = {r.trajectory.id: r.trajectory for r in records if isinstance(r, ReadRecord)}
    known = store.known_trajectories(namespace, by_id)
    return [trajectory for trajectory_id, trajectory in by_id.items() if trajectory_id not in known]


def _extract_all(trajectories: Iterable[Trajectory]) -> _Lessons:
    drafted: list[tuple[Trajectory, ExtractedProcedure]] = []
    refused: Counter[str] = Counter()
    nothing: dict[str, Extraction] = {}
    taught = 0
    for trajectory in trajectories:
        extraction = extract(trajectory)
        drafted += [(trajectory, procedure) for procedure in extraction.procedures]
        refused.update(draft.reason for draft in extraction.refused)
        taught += bool(extraction.procedures)
        if extraction.reason:
            nothing[trajectory.id] = extraction
    return _Lessons(tuple(drafted), refused, taught, nothing)


def _distinct(
    drafted: Sequence[tuple[Trajectory, ExtractedProcedure]],
) -> dict[str, tuple[Entry, tuple[Provenance, ...]]]:
    """Return each distinct procedure once, by id, with every place it was drafted from."""
    found: dict[str, tuple[Entry, tuple[Provenance, ...]]] = {}
    for trajectory, draft in drafted:
        places = tuple(Provenance(trajectory.id, trajectory.source or "ingest", span) for span in draft.spans)
        _, earlier = found.get(draft.procedure.id, (draft.procedure, ()))
        found[draft.procedure.id] = (draft.procedure, earlier + places)
    return found


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
        reasons=_add_kinds(counts.reasons, lessons.refused),
        untaught=_add_kinds(
            counts.untaught, Counter(one.reason.value for one in lessons.nothing.values() if one.reason)
        ),
    )


def _add_kinds(known: tuple[tuple[str, int], ...], more: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted((Counter(dict(known)) + more).items()))
