"""Taking another tool's memory in, as an operation: counts add up, and what could not be read is kept with reasons."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import count, islice
from pathlib import Path

from midthought.ingest.progress import OnProgress, Progress, ignore_progress
from midthought.ingest.transfer.foreign.read_foreign import content_digest, read_foreign
from midthought.ingest.transfer.foreign.records import ForeignEntry, ForeignFormat, ForeignRecord
from midthought.ingest.write_with_retry import encode_fresh, write_with_retry
from midthought.memory.errors import StoreError
from midthought.memory.records.batch import Batch
from midthought.memory.records.entry import Entry, Provenance
from midthought.memory.records.ids import content_id
from midthought.memory.records.job import Counts, Job, JobState, Rejection
from midthought.memory.records.namespace import Namespace
from midthought.memory.store import Store
from midthought.retrieval.encoders.base import Encoder

KIND = "import"
"""The kind of operation these are."""

_BATCH = 64


def import_foreign(
    store: Store,
    encoder: Encoder,
    namespace: Namespace,
    path: Path,
    *,
    format: ForeignFormat,
    on_progress: OnProgress = ignore_progress,
) -> Job:
    """Store every record at a path as an entry; return the finished operation.

    Stopped, it goes on after its last commit when it is given again; given twice, everything is known already.

    Raises:
        BadInput: the path cannot be read at all; nothing was written.
        StoreError: the store cannot be written; what was committed stays.
    """
    records = list(read_foreign(path, format))
    job = _next_job(store, namespace, str(path), f"{content_digest(path, format)}:{format}")
    with store.claim_job(job.id):
        store.put_job(namespace, job)
        try:
            job = _take_all(store, encoder, namespace, job, records, on_progress)
        except Exception as error:  # recorded and raised again: an operation never fails silently
            failed = replace(job, state=JobState.FAILED, error=f"{type(error).__name__}: {error}")
            with suppress(StoreError):  # the cause may be the store itself
                store.put_job(namespace, _as_far(store, namespace, failed))
            raise
    return job


def _take_all(
    store: Store,
    encoder: Encoder,
    namespace: Namespace,
    job: Job,
    records: Sequence[ForeignRecord],
    on_progress: OnProgress,
) -> Job:
    waiting = islice(records, job.position, None)
    while batch := list(islice(waiting, _BATCH)):
        job = _take(store, encoder, namespace, job, batch)
        on_progress(Progress(KIND, job.position, len(records), job.counts))
    job.counts.check()
    job = replace(job, state=JobState.FINISHED)
    store.put_job(namespace, job)
    return job


def _as_far(store: Store, namespace: Namespace, failed: Job) -> Job:
    """Return the failed operation with what was committed of it."""
    committed = store.get_job(namespace, failed.id) or failed
    return replace(failed, position=committed.position, counts=committed.counts)


def _next_job(store: Store, namespace: Namespace, source: str, content: str) -> Job:
    """Return the unfinished operation on this content, or a new one."""
    for number in count(1):
        job_id = content_id("o", namespace.name, KIND, content, number)
        found = store.get_job(namespace, job_id)
        if found is None:
            return Job(job_id, KIND, source.encode("utf-8", "backslashreplace").decode())
        if found.state is not JobState.FINISHED:
            return replace(found, state=JobState.RUNNING, error=None)
    raise AssertionError("count() does not end")


def _take(store: Store, encoder: Encoder, namespace: Namespace, job: Job, batch: Sequence[ForeignRecord]) -> Job:
    return write_with_retry(store, lambda: _write(store, encoder, namespace, job, batch))


def _write(store: Store, encoder: Encoder, namespace: Namespace, job: Job, batch: Sequence[ForeignRecord]) -> Job:
    found = [record for record in batch if isinstance(record, ForeignEntry)]
    rejections = tuple(one for one in batch if isinstance(one, Rejection))
    entries: dict[str, tuple[Entry, tuple[Provenance, ...]]] = {}
    for record in found:
        _, places = entries.get(record.entry.id, (record.entry, ()))
        entries[record.entry.id] = (record.entry, (*places, Provenance(None, record.source)))
    writes, fresh = encode_fresh(store, encoder, namespace, entries)
    counts = _add(job.counts, read=len(batch), stored=fresh, rejected=len(rejections))
    job = replace(job, position=job.position + len(batch), counts=counts)
    store.write(namespace, Batch(entries=writes, rejections=rejections, job=job, encoder=encoder.identity))
    return job


def _add(counts: Counts, *, read: int, stored: int, rejected: int) -> Counts:
    """Count records, each of which is an entry drafted unless it was rejected."""
    merged = read - stored - rejected
    return replace(
        counts,
        read=counts.read + read,
        stored=counts.stored + stored,
        merged=counts.merged + merged,
        rejected=counts.rejected + rejected,
        taught=counts.taught + stored,
        drafted=counts.drafted + stored + merged,
        entries_stored=counts.entries_stored + stored,
        entries_merged=counts.entries_merged + merged,
    )
