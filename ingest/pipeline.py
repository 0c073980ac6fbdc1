"""From a file of traces to entries in a store: batch by batch, each commit a place to go on from."""

import hashlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from itertools import count, islice
from pathlib import Path
from threading import get_ident
from typing import BinaryIO

from midthought.ingest.extraction.extractor import EXTRACTOR
from midthought.ingest.ingestion import ingest_batch
from midthought.ingest.progress import OnExplained, OnProgress, Progress, ignore_explained, ignore_progress
from midthought.ingest.stopping import IngestStopped, IsStopped, never, until_stopped
from midthought.ingest.stream.batches import take_batch
from midthought.ingest.stream.limits import NO_LIMITS, Limits
from midthought.ingest.stream.reader import STDIN, Format, read_trajectories, standard_input
from midthought.ingest.stream.records import BadRecord, ReadRecord
from midthought.memory.atomic_files import file_digest
from midthought.memory.errors import BadInput, StoreError
from midthought.memory.records.ids import content_id
from midthought.memory.records.job import Job, JobState
from midthought.memory.records.namespace import Namespace
from midthought.memory.store import Store
from midthought.retrieval.encoders.base import Encoder

_SHOWN = 5
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class _Ingestion:
    """Where an ingestion writes, how it reads, and who hears of it."""

    store: Store
    encoder: Encoder
    namespace: Namespace
    format: Format
    strict: bool
    limits: Limits
    on_progress: OnProgress
    on_explained: OnExplained
    is_stopped: IsStopped

    def read(self, source: str | Path, stream: BinaryIO | None = None) -> Iterator[ReadRecord | BadRecord]:
        """Return the records of a source; stops before the next one once it is to."""
        records = read_trajectories(source, format=self.format, stdin=stream, limits=self.limits)
        return until_stopped(records, self.is_stopped)


def ingest_source(
    store: Store,
    encoder: Encoder,
    namespace: Namespace,
    source: str | Path,
    *,
    format: Format = Format.AUTO,
    strict: bool = False,
    limits: Limits = NO_LIMITS,
    on_progress: OnProgress = ignore_progress,
    on_explained: OnExplained = ignore_explained,
    stdin: BinaryIO | None = None,
    is_stopped: IsStopped = never,
) -> Job:
    """Ingest one file, or standard input where `source` is ``-``; return the finished operation.

    An interrupted ingestion of the same content goes on after its last commit; of a stream, where it can be read from
    its start again. A record that cannot be read is recorded with its place and reason and the rest is ingested; with
    `strict` such a file is refused whole, before anything is written. `on_explained` hears of every record that taught
    nothing, and why; of one that goes on, those that are read now.

    Raises:
        BadInput: the source cannot be opened, or `strict` and a record cannot be read.
        TooLarge: there is more of it than `limits` allow. Of a file nothing was written then; of a stream, what came
            before is, and the operation is marked failed.
        IngestStopped: `is_stopped` said so before a record; what was committed stays, and the operation says so.
        StoreError: the store cannot be written; what was committed stays, and the operation is marked failed.
    """
    ingestion = _Ingestion(store, encoder, namespace, format, strict, limits, on_progress, on_explained, is_stopped)
    if str(source) == STDIN:
        return _ingest_stream(ingestion, stdin or standard_input())
    path = Path(source)
    if path.exists() and not path.is_file() and not path.is_dir():  # a pipe can be read only once
        with _open_pipe(path) as stream:
            return _ingest_stream(ingestion, stream)
    return _ingest_file(ingestion, path)


def _open_pipe(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:  # a socket, for one
        raise BadInput(f"cannot be opened: {error.strerror}", place=str(path)) from error


def _ingest_stream(ingestion: _Ingestion, stream: BinaryIO) -> Job:
    if not ingestion.strict:
        return _run_stream(ingestion, stream)
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(stream, copy)
        copy.seek(0)
        _survey(ingestion.read(STDIN, copy), strict=True)
        copy.seek(0)
        return _run_stream(ingestion, copy)


def _ingest_file(ingestion: _Ingestion, path: Path) -> Job:
    total = _survey(ingestion.read(path), ingestion.strict)
    name = str(path).encode("utf-8", "backslashreplace").decode()  # a name need not be text; what is stored must be
    job = _next_job(ingestion, name, f"{file_digest(path)}:{ingestion.format}")
    return _run(ingestion, job, ingestion.read(path), total)


def _survey(records: Iterator[ReadRecord | BadRecord], strict: bool) -> int:
    """Count the records, and refuse them all where `strict` and one is bad."""
    total = bad = 0
    first: list[str] = []
    for record in records:
        total += 1
        if isinstance(record, BadRecord):
            bad += 1
            first += [f"{record.place}: {record.reason}"] if bad <= _SHOWN else []
    if strict and bad:
        more = f"; and {bad - _SHOWN} more" if bad > _SHOWN else ""
        shown = "; ".join(first) + more
        raise BadInput(f"{bad} of {total} records cannot be read, nothing was ingested (--strict): {shown}")
    return total


def _next_job(ingestion: _Ingestion, source: str, content: str) -> Job:
    """Return the unfinished operation on this content, or record a new one."""
    for number in count(1):
        job_id = content_id("o", ingestion.namespace.name, "ingest", content, EXTRACTOR, number)
        found = ingestion.store.get_job(ingestion.namespace, job_id)
        if found is None:
            return _put_job(ingestion, job_id, source)
        if found.state is not JobState.FINISHED:
            return replace(found, state=JobState.RUNNING, error=None)
    raise AssertionError("count() does not end")


def _run_stream(ingestion: _Ingestion, stream: BinaryIO) -> Job:
    """Run the stopped operation on what can be read twice, or a new one.

    The id is claimed before its state is read: two threads with the same content would both take up a stopped one.
    Streams that are no such content are told apart by the moment: counting them up looked at every earlier one.
    """
    with ExitStack() as claims:
        job = _reread_job(ingestion, stream, claims) if _is_seekable(stream) else None
        if job is None:
            job = _put_job(ingestion, _stream_id(ingestion, f"stdin:{time.time_ns()}:{get_ident()}"), STDIN)
        return _run(ingestion, job, ingestion.read(STDIN, stream), None)


def _reread_job(ingestion: _Ingestion, stream: BinaryIO, claims: ExitStack) -> Job | None:
    """Return the first operation on this content unless it is finished, or another thread is at it."""
    job_id = _stream_id(ingestion, f"stdin:{_stream_digest(stream)}:{ingestion.format}")
    try:
        claims.enter_context(ingestion.store.claim_job(job_id))
    except BadInput:
        return None
    found = ingestion.store.get_job(ingestion.namespace, job_id)
    if found is None:
        return _put_job(ingestion, job_id, STDIN)
    return None if found.state is JobState.FINISHED else replace(found, state=JobState.RUNNING, error=None)


def _stream_id(ingestion: _Ingestion, content: str) -> str:
    return content_id("o", ingestion.namespace.name, "ingest", content, EXTRACTOR, 1)


def _put_job(ingestion: _Ingestion, job_id: str, source: str) -> Job:
    job = Job(job_id, "ingest", source)
    ingestion.store.put_job(ingestion.namespace, job)
    return job


def _is_seekable(stream: BinaryIO) -> bool:
    return bool(getattr(stream, "seekable", bool)())


def _stream_digest(stream: BinaryIO) -> str:
    """Return the SHA-256 of what is left of a stream, which stands there again afterwards."""
    place, digest = stream.tell(), hashlib.sha256()
    while block := stream.read(_BLOCK):
        digest.update(block)
    stream.seek(place)
    return digest.hexdigest()


def _run(ingestion: _Ingestion, job: Job, records: Iterator[ReadRecord | BadRecord], total: int | None) -> Job:
    with ingestion.store.claim_job(job.id):
        try:
            job = _learn_all(ingestion, job, islice(records, job.position, None), total)
        except Exception as error:  # recorded and raised again: an operation never fails silently
            with suppress(StoreError):  # the cause may be the store itself
                _record_end(ingestion, job.id, error)
            raise
        job.counts.check()
        job = replace(job, state=JobState.FINISHED)
        ingestion.store.put_job(ingestion.namespace, job)
        return job


def _learn_all(ingestion: _Ingestion, job: Job, records: Iterator[ReadRecord | BadRecord], total: int | None) -> Job:
    ingestion.on_progress(Progress("ingest", job.position, total, job.counts))
    while batch := take_batch(records):
        job, explained = ingest_batch(ingestion.store, ingestion.encoder, ingestion.namespace, job, batch)
        for one in explained:
            ingestion.on_explained(one)
        ingestion.on_progress(Progress("ingest", job.position, total, job.counts))
    return job


def _record_end(ingestion: _Ingestion, job_id: str, error: Exception) -> None:
    """Say why an operation ended before its source did; its counts are those of its last commit."""
    job = ingestion.store.get_job(ingestion.namespace, job_id)
    assert job is not None  # recorded before it ran
    if isinstance(error, IngestStopped):
        ended = replace(job, state=JobState.INTERRUPTED, error=str(error))
    else:
        ended = replace(job, state=JobState.FAILED, error=f"{type(error).__name__}: {error}")
    ingestion.store.put_job(ingestion.namespace, ended)
