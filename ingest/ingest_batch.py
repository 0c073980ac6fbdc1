"""Ingesting one batch of records: store the trajectories, the entries extracted from them, and the counts."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from midthought.ingest.ask_model import NOTHING_WORDED, WordedBatch
from midthought.ingest.batch_yield import (
    BatchYield,
    add_kinds,
    add_yield,
    distinct_entries,
    extract_all,
    list_quarantined,
    without_common,
    without_refused,
)
from midthought.ingest.checks.injected_hint import find_hints
from midthought.ingest.concepts.fold import fold_concepts
from midthought.ingest.dedup.echoes import Echoes, find_echoes
from midthought.ingest.dedup.join import join_fresh
from midthought.ingest.extraction.recognition import find_links
from midthought.ingest.hold_back import HeldBack, hold_back, quarantine
from midthought.ingest.ingest_options import IngestOptions
from midthought.ingest.ingestion import Ingestion, SourcedEntries
from midthought.ingest.record_work import NOTHING_WORKED, WorkedRecords, may_link
from midthought.ingest.stream.reader import STDIN
from midthought.ingest.stream.records import BadRecord, ReadRecord
from midthought.ingest.waiting_rules import NO_RULES, hold_rules
from midthought.memory.records.batch import Batch, TrajectoryWrite
from midthought.memory.records.draft import DraftWrite
from midthought.memory.records.job import Counts, Job, Rejection
from midthought.memory.records.link import RecognisedLink
from midthought.memory.records.no_yield import Explanation, NoYield
from midthought.memory.records.trajectory import Trajectory

FORGOTTEN = "its trajectory was forgotten after this job was given: ingest it again to learn from it"
"""Why a record is rejected that could be read."""


def ingest_batch(
    ingestion: Ingestion,
    job: Job,
    records: Sequence[ReadRecord | BadRecord],
    *,
    options: IngestOptions,
    worded: WordedBatch = NOTHING_WORDED,
    worked: WorkedRecords = NOTHING_WORKED,
) -> tuple[Job, list[Explanation]]:
    """Store what a batch of records gives, and what a model made of it, in one commit. An attempt of `Ingestion.write`.

    Return the job with its new position and counts, and an explanation for each record that gave nothing. `worked` is
    what was done to some of the records before.
    """
    ingestion = replace(ingestion, encoded=worked.texts)
    records = leave_out_forgotten(ingestion, job, records)
    fresh = fresh_trajectories(ingestion, records)
    decomposed = worded.decomposed + worded.concepts.drafted
    # Extraction comes before any encoding: a refused draft costs no vector.
    given, echoes = extract_all(fresh, options, decomposed, worked), find_echoes(ingestion, fresh)
    given = without_refused(given, echoes.find_repeated(given.drafted))
    letters = decomposed.write_letters(job.id, fresh)
    sorted_out = _sort_out(ingestion, fresh, given, options)
    folded = fold_concepts(ingestion, sorted_out.free, compressed=worded.concepts.compressed)
    joined = join_fresh(
        ingestion,
        folded.entries,
        min_novelty=options.min_novelty,
        judged_same=decomposed.judged_same,
        echoes=echoes,
    )
    given = without_refused(without_common(given, joined.common), echoes.refuse(joined.echoed))
    links = _find_links(ingestion, fresh, given, options, echoes)
    given = _without_linked(given, {link.trajectory_id for link in links})
    counts = decomposed.add_to(add_yield(_add_records(job.counts, records, fresh), given, joined, sorted_out.waiting))
    counts = replace(counts, linked=counts.linked + len(links), dead_letters=counts.dead_letters + len(letters))
    explained = _explain(job, records, {trajectory.id for trajectory in fresh}, given)
    job = replace(job, position=job.position + len(records), counts=counts)
    batch = Batch(
        tuple(TrajectoryWrite(one, options.extractor.name, given.steps[one.id]) for one in fresh),
        joined.writes,
        tuple(Rejection(one.place, one.reason) for one in records if isinstance(one, BadRecord)),
        job,
        ingestion.encoder.identity,
        (*folded.merges, *joined.merges),
        links=links,
        drafts=(*sorted_out.waiting.writes, *sorted_out.quarantined),
        accepted_drafts=tuple(one for one in sorted_out.accepted if one not in joined.common),
        dead_letters=letters,
        revisions=folded.revisions,
    )
    # The job's position is in the same commit as the records, so a killed ingestion repeats and skips nothing.
    ingestion.store.writer.write(ingestion.namespace, batch)
    return job, explained


@dataclass(frozen=True, slots=True)
class _SortedOut:
    """What becomes of the entries of a batch before any of them is encoded.

    Attributes:
        free: what may be written as an entry.
        waiting: what waits for a decision, or for a second question.
        quarantined: drafts that repeat held-out texts.
        accepted: the ids of those of `free` that waited until now.
    """

    free: SourcedEntries
    waiting: HeldBack
    quarantined: tuple[DraftWrite, ...]
    accepted: tuple[str, ...]


def _sort_out(
    ingestion: Ingestion, fresh: Sequence[Trajectory], given: BatchYield, options: IngestOptions
) -> _SortedOut:
    """Tell entries that may be written from those that wait."""
    distinct = distinct_entries(given.drafted)
    quarantined = quarantine(ingestion, distinct_entries(list_quarantined(fresh, given)), taken=distinct)
    rules = NO_RULES if options.draft else hold_rules(ingestion, distinct, fresh)
    waiting = hold_back(ingestion, distinct) if options.draft else rules.held
    places = {one: rules.confirmed.get(one, places) for one, (_, places) in distinct.items()}
    free = {one: (distinct[one][0], places[one]) for one in distinct if one not in waiting.ids}
    return _SortedOut(free, waiting, quarantined, rules.accepted)


def leave_out_forgotten(
    ingestion: Ingestion, job: Job, records: Sequence[ReadRecord | BadRecord]
) -> list[ReadRecord | BadRecord]:
    """Return records, with those rejected whose trajectories were forgotten since the job was given."""
    forgotten = ingestion.store.reader.excluded_trajectories(ingestion.namespace, job.id)
    if not forgotten:
        return list(records)
    return [
        BadRecord(one.line, one.place, FORGOTTEN)
        if isinstance(one, ReadRecord) and one.trajectory.id in forgotten
        else one
        for one in records
    ]


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


def fresh_trajectories(ingestion: Ingestion, records: Iterable[ReadRecord | BadRecord]) -> list[Trajectory]:
    """Return the trajectories of some records that are not stored, each once, in reading order."""
    # A record that comes twice in one batch counts as merged the second time.
    by_id = {r.trajectory.id: r.trajectory for r in records if isinstance(r, ReadRecord)}
    known = ingestion.store.reader.known_trajectories(ingestion.namespace, by_id)
    return [trajectory for trajectory_id, trajectory in by_id.items() if trajectory_id not in known]


def _count_masked(records: Iterable[ReadRecord | BadRecord]) -> Counter[str]:
    """Return how many secrets of each kind were masked."""
    return sum((Counter(dict(one.masked)) for one in records if isinstance(one, ReadRecord)), Counter[str]())


def _find_links(
    ingestion: Ingestion, trajectories: Sequence[Trajectory], given: BatchYield, options: IngestOptions, echoes: Echoes
) -> tuple[RecognisedLink, ...]:
    """Return the links of the trajectories that may be learnt from, without those that a hint made."""
    fit = {one.id: one for one in trajectories if may_link(one, options)}
    found = tuple(find_links(ingestion, [(one, given.steps[one.id]) for one in fit.values()], options.cues))
    linked = dict.fromkeys(link.trajectory_id for link in found)
    hints = {one: find_hints(fit[one], options.context.hint_marks) for one in linked}
    return tuple(
        link
        for link in found
        if not echoes.was_shown(link.trajectory_id, link.entry_id)
        and not any(link.span.overlaps(hint) for hint in hints[link.trajectory_id])
    )


def _without_linked(given: BatchYield, linked: set[str]) -> BatchYield:
    """Return what was given without the reasons of trajectories that gave a link."""
    nothing = {one: extraction for one, extraction in given.nothing.items() if one not in linked}
    return replace(given, nothing=nothing, linked_only=len(given.nothing) - len(nothing))


def _add_records(counts: Counts, records: Sequence[ReadRecord | BadRecord], fresh: Sequence[Trajectory]) -> Counts:
    """Count the records of a batch, and the secrets that were masked in them."""
    rejected = sum(isinstance(one, BadRecord) for one in records)
    return replace(
        counts,
        read=counts.read + len(records),
        stored=counts.stored + len(fresh),
        merged=counts.merged + len(records) - len(fresh) - rejected,
        rejected=counts.rejected + rejected,
        masked=add_kinds(counts.masked, _count_masked(records)),
    )
