"""Imports another tool's memory as a job: counts add up, and what could not be read is kept with its reason."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path

from midthought.ingest.ingestion import Ingestion
from midthought.ingest.progress import OnProgress, Progress, ignore_progress
from midthought.ingest.transfer.foreign.records import ForeignEntry, ForeignRecord, read_small
from midthought.ingest.transfer.import_format import FOREIGN_FORMATS, ImportFormat
from midthought.memory.errors import BadInput
from midthought.memory.records.batch import Batch
from midthought.memory.records.entry import Entry, Provenance
from midthought.memory.records.job import Counts, Job, Rejection
from midthought.memory.records.trust import Trust

KIND = "import"
"""The kind of these jobs."""

_BATCH = 64


def import_foreign(
    ingestion: Ingestion,
    path: Path,
    *,
    format: ImportFormat,
    trusted: bool = False,
    shown: str = "",
    on_progress: OnProgress = ignore_progress,
) -> Job:
    """Store every record at a path as an entry, its owner's if it is `trusted`; return the finished job.

    The job and its rejections call the path as it is `shown`, if that is given.

    If it is stopped and given again, it continues after its last commit; if given twice, everything is known already.

    Raises:
        BadInput: the path cannot be read at all; nothing was written.
        StoreError: the store cannot be written; what was committed stays.
    """
    reader = FOREIGN_FORMATS.load(format)
    name = shown or str(path)
    records = [_as_shown(one, str(path), name) for one in reader.read(path)]
    digest = content_digest(path, reader.list_files(path))
    job = ingestion.next_job(KIND, name, f"{digest}:{format}")
    trust = Trust.OWN if trusted else Trust.IMPORTED
    with ingestion.running(job):
        ingestion.store.writer.update_job(ingestion.namespace, job)
        waiting = islice(records, job.position, None)
        while batch := list(islice(waiting, _BATCH)):
            job = ingestion.write(partial(_write, job=job, batch=batch, trust=trust))
            on_progress(Progress(KIND, job.position, len(records), job.counts))
        return ingestion.finish(job)


def _as_shown(record: ForeignRecord, path: str, name: str) -> ForeignRecord:
    """Return a record whose place, if it is a rejection, begins as the path is shown."""
    if isinstance(record, Rejection) and record.place.startswith(path):
        return replace(record, place=name + record.place.removeprefix(path))
    return record


def content_digest(path: Path, files: Iterable[Path]) -> str:
    """Return the SHA-256 over the files that are read at a path."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(_digest(file, path))
        digest.update(file.relative_to(path).as_posix().encode("utf-8", "backslashreplace") if path.is_dir() else b"")
    return digest.hexdigest()


def _digest(file: Path, path: Path) -> bytes:
    """Return the SHA-256 of a file, and nothing for one that is refused: its record says why."""
    try:
        return hashlib.sha256(read_small(file, within=path if path.is_dir() else None)).digest()
    except BadInput:
        return b""


def _write(ingestion: Ingestion, job: Job, batch: Sequence[ForeignRecord], trust: Trust) -> Job:
    found = [record for record in batch if isinstance(record, ForeignEntry)]
    rejections = tuple(one for one in batch if isinstance(one, Rejection))
    entries: dict[str, tuple[Entry, tuple[Provenance, ...]]] = {}
    for record in found:
        _, places = entries.get(record.entry.id, (record.entry, ()))
        entries[record.entry.id] = (record.entry, (*places, Provenance(None, record.source)))
    writes, fresh = ingestion.encode_new(entries)
    counts = _add(job.counts, read=len(batch), stored=fresh, rejected=len(rejections))
    job = replace(job, position=job.position + len(batch), counts=counts)
    encoder = ingestion.encoder.identity
    batch_write = Batch(entries=writes, rejections=rejections, job=job, encoder=encoder, trust=trust)
    ingestion.store.writer.write(ingestion.namespace, batch_write)
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
