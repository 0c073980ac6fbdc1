"""A later pass over the problems of a source: what is known now is in view, concepts are added and revised."""

from collections.abc import Sequence
from dataclasses import replace

from midthought.ingest.ask_model import WordedBatch
from midthought.ingest.batch_yield import (
    add_yield,
    distinct_entries,
    extract_all,
    list_quarantined,
    without_common,
    without_refused,
)
from midthought.ingest.concepts.fold import fold_concepts
from midthought.ingest.dedup.echoes import find_echoes
from midthought.ingest.dedup.join import join_fresh
from midthought.ingest.extraction.extractor import draft_nothing
from midthought.ingest.hold_back import NOTHING_HELD, hold_back, quarantine
from midthought.ingest.ingest_options import IngestOptions
from midthought.ingest.ingestion import Ingestion
from midthought.ingest.stream.records import BadRecord, ReadRecord
from midthought.memory.records.batch import Batch
from midthought.memory.records.job import Job


def ingest_again(
    ingestion: Ingestion,
    job: Job,
    records: Sequence[ReadRecord | BadRecord],
    *,
    options: IngestOptions,
    worded: WordedBatch,
) -> Job:
    """Store the concepts that a batch gives once more, in one commit; its records are stored, and counted, already.

    An attempt of `Ingestion.write`. Return the job with its new position and counts.
    """
    concepts = worded.concepts
    by_id = {one.trajectory.id: one.trajectory for one in records if isinstance(one, ReadRecord)}
    known = ingestion.store.reader.known_trajectories(ingestion.namespace, by_id)  # others were forgotten since
    asked = [by_id[one] for one in concepts.drafted.found if one in known]
    silent = replace(options, extractor=replace(options.extractor, draft=draft_nothing, links=False))
    given, echoes = extract_all(asked, silent, concepts.drafted), find_echoes(ingestion, asked)
    given = without_refused(given, echoes.find_repeated(given.drafted))
    letters = concepts.drafted.write_letters(job.id, asked)
    distinct = distinct_entries(given.drafted)
    quarantined = quarantine(ingestion, distinct_entries(list_quarantined(asked, given)), taken=distinct)
    waiting = hold_back(ingestion, distinct) if options.draft else NOTHING_HELD
    free = {one: distinct[one] for one in distinct if one not in waiting.ids}
    folded = fold_concepts(ingestion, free, compressed=concepts.compressed)
    joined = join_fresh(ingestion, folded.entries, min_novelty=options.min_novelty, echoes=echoes)
    given = without_refused(without_common(given, joined.common), echoes.refuse(joined.echoed))
    given = replace(given, yielded=0, nothing={})
    counts = concepts.drafted.add_to(add_yield(job.counts, given, joined, waiting))
    counts = replace(counts, dead_letters=counts.dead_letters + len(letters))
    job = replace(job, position=job.position + len(records), counts=counts)
    batch = Batch(
        entries=joined.writes,
        job=job,
        encoder=ingestion.encoder.identity,
        merges=(*folded.merges, *joined.merges),
        drafts=(*waiting.writes, *quarantined),
        dead_letters=letters,
        revisions=folded.revisions,
    )
    ingestion.store.writer.write(ingestion.namespace, batch)
    return job
