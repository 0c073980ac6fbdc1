"""Ingesting one batch of records: store the trajectories, the entries extracted from them, and the counts."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from midthought.ingest.checks.check_drafts import keep_examples
from midthought.ingest.checks.contamination import is_held_out
from midthought.ingest.decomposition.batch import NO_DECOMPOSITION, DecomposedBatch
from midthought.ingest.dedup.join import Joined, join_fresh
from midthought.ingest.dedup.novelty import REASON as NOT_NOVEL
from midthought.ingest.dedup.novelty import Novelty
from midthought.ingest.extraction.extracted import ExtractedEntry, Extraction, RefusedDraft, count_kinds
from midthought.ingest.extraction.recognition import find_links
from midthought.ingest.hold_back import REJECTED_BEFORE, HeldBack, hold_back, quarantine
from midthought.ingest.ingest_options import IngestOptions
from midthought.ingest.ingestion import Ingestion, SourcedEntries
from midthought.ingest.steps.split import split_steps
from midthought.ingest.stream.reader import STDIN
from midthought.ingest.stream.records import BadRecord, ReadRecord
from midthought.ingest.waiting_rules import NO_RULES, hold_rules
from midthought.memory.interrupts import stop_if_left
from midthought.memory.records.batch import Batch, TrajectoryWrite
from midthought.memory.records.entry import Entry, Provenance, label_of
from midthought.memory.records.job import Counts, Job, Rejection
from midthought.memory.records.link import RecognisedLink
from midthought.memory.records.no_yield import Explanation, NoYield
from midthought.memory.records.step import Step
from midthought.memory.records.trajectory import Trajectory


@dataclass(frozen=True, slots=True)
class BatchYield:
    """What the new trajectories of a batch gave.

    Attributes:
        steps: what each trajectory was split into, by its id.
        drafted: each entry with the trajectory that it came from.
        refused: refused drafts, each with the id of the trajectory that it came from.
        yielded: trajectories that gave at least one entry.
        nothing: by trajectory id, the extraction of each trajectory that gave neither an entry nor a link.
        linked_only: trajectories that gave links alone.
    """

    steps: Mapping[str, tuple[Step, ...]]
    drafted: tuple[tuple[Trajectory, ExtractedEntry[Entry]], ...]
    refused: tuple[tuple[str, RefusedDraft], ...]
    yielded: int
    nothing: Mapping[str, Extraction]
    linked_only: int = 0


def ingest_batch(
    ingestion: Ingestion,
    job: Job,
    records: Sequence[ReadRecord | BadRecord],
    *,
    options: IngestOptions,
    decomposed: DecomposedBatch = NO_DECOMPOSITION,
) -> tuple[Job, list[Explanation]]:
    """Store what a batch of records gives, and what a model made of it, in one commit. An attempt of `Ingestion.write`.

    Return the job with its new position and counts, and an explanation for each record that gave nothing.
    """
    fresh = _fresh_trajectories(ingestion, records)
    # Extraction comes before any encoding: a refused draft costs no vector.
    given = _extract_all(fresh, options, decomposed)
    letters = decomposed.write_letters(job.id, fresh)
    distinct = distinct_entries(given.drafted)
    quarantined = quarantine(ingestion, distinct_entries(_quarantined(fresh, given)), taken=distinct)
    rules = NO_RULES if options.draft else hold_rules(ingestion, distinct, fresh)
    waiting = hold_back(ingestion, distinct) if options.draft else rules.held
    distinct = {one: (entry, rules.confirmed.get(one, places)) for one, (entry, places) in distinct.items()}
    joined = join_fresh(
        ingestion,
        {one: distinct[one] for one in distinct if one not in waiting.ids},
        min_novelty=options.min_novelty,
        judged_same=decomposed.judged_same,
    )
    given = without_common(given, joined.common)
    links = _find_links(ingestion, fresh, given, options)
    given = _without_linked(given, {link.trajectory_id for link in links})
    rejections = tuple(Rejection(r.place, r.reason) for r in records if isinstance(r, BadRecord))
    counts = _add_records(job.counts, records=len(records), fresh=len(fresh), rejected=len(rejections))
    counts = decomposed.add_to(add_yield(counts, given, joined, waiting))
    counts = replace(
        counts,
        linked=counts.linked + len(links),
        masked=_add_kinds(counts.masked, _count_masked(records)),
        dead_letters=counts.dead_letters + len(letters),
    )
    explained = _explain(job, records, {trajectory.id for trajectory in fresh}, given)
    job = replace(job, position=job.position + len(records), counts=counts)
    trajectories = tuple(TrajectoryWrite(one, options.extractor.name, given.steps[one.id]) for one in fresh)
    batch = Batch(
        trajectories,
        joined.writes,
        rejections,
        job,
        ingestion.encoder.identity,
        joined.merges,
        links=links,
        drafts=(*waiting.writes, *quarantined),
        accepted_drafts=tuple(one for one in rules.accepted if one not in joined.common),
        dead_letters=letters,
    )
    # The job's position is in the same commit as the records, so a killed ingestion repeats and skips nothing.
    ingestion.store.writer.write(ingestion.namespace, batch)
    return job, explained


def _explain(
    job: Job, records: Sequence[ReadRecord | BadRecord], fresh: set[str], given: BatchYield
) -> list[Explanation]:
    """Return an explanation for each record that gave nothing, in reading order."""
    name = "<stdin>" if job.source == STDIN else job.source
    explained: list[Explanation] = []
    for number, record in enumerate(records, start=job.position + 1):
        if isinstance(record, BadRecord):
            explained.append(Explanation(number, "", record.place, NoYield.UNREADABLE, record.reason))
            continue
        place, trajectory_id = record.place or f"{name}:{record.line}", record.trajectory.id
        extraction = given.nothing.get(trajectory_id)
        if trajectory_id not in fresh:
            explained.append(Explanation(number, trajectory_id, place, NoYield.KNOWN))
        elif extraction is not None and extraction.reason is not None:
            explained.append(Explanation(number, trajectory_id, place, extraction.reason, extraction.detail))
        fresh.discard(trajectory_id)  # it is known when it comes again
    return explained


def _fresh_trajectories(ingestion: Ingestion, records: Iterable[ReadRecord | BadRecord]) -> list[Trajectory]:
    # A record that comes twice in one batch counts as merged the second time.
    by_id = {r.trajectory.id: r.trajectory for r in records if isinstance(r, ReadRecord)}
    known = ingestion.store.reader.known_trajectories(ingestion.namespace, by_id)
    return [trajectory for trajectory_id, trajectory in by_id.items() if trajectory_id not in known]


def _extract_all(trajectories: Iterable[Trajectory], options: IngestOptions, decomposed: DecomposedBatch) -> BatchYield:
    steps: dict[str, tuple[Step, ...]] = {}
    drafted: list[tuple[Trajectory, ExtractedEntry[Entry]]] = []
    refused: list[tuple[str, RefusedDraft]] = []
    nothing: dict[str, Extraction] = {}
    yielded = 0
    for trajectory in trajectories:
        stop_if_left()
        steps[trajectory.id] = split_steps(trajectory)
        extraction = options.extractor.extract(
            trajectory,
            steps[trajectory.id],
            worded=decomposed.get(trajectory.id).drafts,
            context=options.context,
            verdicts=options.verdicts,
        )
        drafted += [(trajectory, draft) for draft in extraction.entries]
        refused += [(trajectory.id, draft) for draft in extraction.refused]
        yielded += bool(extraction.entries)
        if extraction.reason:
            nothing[trajectory.id] = extraction
    return BatchYield(steps, tuple(drafted), tuple(refused), yielded, nothing)


def _count_masked(records: Iterable[ReadRecord | BadRecord]) -> Counter[str]:
    """Return how many secrets of each kind were masked."""
    return sum((Counter(dict(one.masked)) for one in records if isinstance(one, ReadRecord)), Counter[str]())


def _find_links(
    ingestion: Ingestion, trajectories: Sequence[Trajectory], given: BatchYield, options: IngestOptions
) -> tuple[RecognisedLink, ...]:
    """Return the links of the trajectories that may be learnt from."""
    if not options.extractor.links:
        return ()
    judged = (one for one in trajectories if options.verdicts.find_unfit(one) is None)
    fit = [one for one in judged if not is_held_out(one, options.context)]
    return tuple(find_links(ingestion, [(one, given.steps[one.id]) for one in fit], options.cues))


def _without_linked(given: BatchYield, linked: set[str]) -> BatchYield:
    """Return what was given without the reasons of trajectories that gave a link."""
    nothing = {one: extraction for one, extraction in given.nothing.items() if one not in linked}
    return replace(given, nothing=nothing, linked_only=len(given.nothing) - len(nothing))


def without_common(given: BatchYield, common: Mapping[str, Novelty]) -> BatchYield:
    """Return what was given with those drafts refused that are too near to what is known."""
    if not common:
        return given
    drafted = tuple(one for one in given.drafted if one[1].entry.id not in common)
    refused = tuple(
        (trajectory.id, RefusedDraft(draft.entry.key, NOT_NOVEL, str(common[draft.entry.id])))
        for trajectory, draft in given.drafted
        if draft.entry.id in common
    )
    left = {trajectory.id for trajectory, _ in drafted}
    bare = dict.fromkeys(trajectory_id for trajectory_id, _ in refused if trajectory_id not in left)
    nothing = {one: _explain_common(one, (*given.refused, *refused)) for one in bare}
    return replace(
        given,
        drafted=drafted,
        refused=(*given.refused, *refused),
        yielded=given.yielded - len(nothing),
        nothing={**given.nothing, **nothing},
    )


def _explain_common(trajectory_id: str, refused: Sequence[tuple[str, RefusedDraft]]) -> Extraction:
    """Return why a trajectory gave no entry, if the last of them were too near to what is known."""
    drafts = tuple(draft for one, draft in refused if one == trajectory_id)
    return Extraction((), drafts, NoYield.REFUSED, count_kinds(draft.reason for draft in drafts))


def _quarantined(
    trajectories: Iterable[Trajectory], given: BatchYield
) -> tuple[tuple[Trajectory, ExtractedEntry[Entry]], ...]:
    """Return the refused drafts that are kept, each with its trajectory."""
    by_id = {one.id: one for one in trajectories}
    return tuple((by_id[one], draft.quarantined) for one, draft in given.refused if draft.quarantined)


def distinct_entries(drafted: Sequence[tuple[Trajectory, ExtractedEntry[Entry]]]) -> SourcedEntries:
    """Return each distinct entry once, by id, with every place it was drafted from."""
    distinct: dict[str, tuple[Entry, tuple[Provenance, ...]]] = {}
    for trajectory, draft in drafted:
        places = tuple(Provenance(trajectory.id, trajectory.source or "ingest", span) for span in draft.spans)
        # The same wording from two traces is one entry with two sources.
        _, earlier = distinct.get(draft.entry.id, (draft.entry, ()))
        distinct[draft.entry.id] = (draft.entry, earlier + places)
    return distinct


def _add_records(counts: Counts, *, records: int, fresh: int, rejected: int) -> Counts:
    return replace(
        counts,
        read=counts.read + records,
        stored=counts.stored + fresh,
        merged=counts.merged + records - fresh - rejected,
        rejected=counts.rejected + rejected,
    )


def add_yield(counts: Counts, given: BatchYield, joined: Joined, waiting: HeldBack) -> Counts:
    """Return counts with what a batch gave."""
    again = sum(draft.entry.id in waiting.rejected for _, draft in given.drafted)
    reasons = Counter(draft.reason for _, draft in given.refused) + Counter({REJECTED_BEFORE: again})
    drafted, refused, stored = len(given.drafted) - again, reasons.total(), joined.stored
    # What has vectors is not stored yet.
    fresh = (write.entry for write in joined.writes if write.vectors is not None)
    return replace(
        counts,
        taught=counts.taught + given.yielded,
        linked_only=counts.linked_only + given.linked_only,
        drafted=counts.drafted + drafted + refused,
        entries_stored=counts.entries_stored + stored,
        # What was neither stored nor refused: the same wording again, or a paraphrase of a stored entry.
        entries_merged=counts.entries_merged + drafted - stored - waiting.fresh,
        entries_waiting=counts.entries_waiting + waiting.fresh,
        entries_refused=counts.entries_refused + refused,
        learnt=_add_kinds(counts.learnt, Counter(map(label_of, fresh))),
        reasons=_add_kinds(counts.reasons, reasons),
        examples=keep_examples(counts.examples, given.refused),
        untaught=_add_kinds(
            counts.untaught, Counter(nothing.reason.value for nothing in given.nothing.values() if nothing.reason)
        ),
    )


def _add_kinds(known: tuple[tuple[str, int], ...], more: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted((Counter(dict(known)) + more).items()))
