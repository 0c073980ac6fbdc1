"""From files of traces to entries in a store, batch by batch; after every commit it can be continued."""

import hashlib
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from threading import get_ident
from typing import BinaryIO

from midthought.ingest.formats.field_map import FieldMap
from midthought.ingest.formats.format import Format
from midthought.ingest.ingest_options import IngestOptions, make_options
from midthought.ingest.ingestion import Ingestion
from midthought.ingest.preparation import Preparation, mask_record
from midthought.ingest.progress import (
    IsStopped,
    OnBegin,
    OnExplained,
    OnProgress,
    Progress,
    ignore_begin,
    ignore_explained,
    ignore_progress,
    never,
)
from midthought.ingest.record_loop import RecordLoop, is_cancelled
from midthought.ingest.record_work import RecordWorkers
from midthought.ingest.stream.folders import FilesReader
from midthought.ingest.stream.limits import NO_LIMITS, Limits
from midthought.ingest.stream.reader import STDIN, read_trajectories
from midthought.ingest.stream.records import BadRecord, ReadRecord
from midthought.ingest.stream.remote import is_url, open_url, show_source
from midthought.ingest.stream.source_place import Records, open_place
from midthought.ingest.verdicts.agreement import Votes
from midthought.ingest.verdicts.mathematics import MathComparison
from midthought.ingest.verdicts.policy import UnjudgedPolicy
from midthought.memory.atomic_files import file_digest
from midthought.memory.errors import BadInput
from midthought.memory.records.ids import content_id
from midthought.memory.records.job import Job, JobState

KIND = "ingest"
"""The kind of these jobs."""

_SHOWN_BAD = 5
_BLOCK = 1 << 20


def ingest_source(
    ingestion: Ingestion,
    source: str | Path,
    *,
    format: Format = Format.AUTO,
    map: FieldMap | None = None,
    options: IngestOptions | None = None,
    strict: bool = False,
    limits: Limits = NO_LIMITS,
    on_progress: OnProgress = ignore_progress,
    on_explained: OnExplained = ignore_explained,
    stdin: BinaryIO | None = None,
    is_stopped: IsStopped = never,
    job: Job | None = None,
    on_begin: OnBegin = ignore_begin,
    workers: RecordWorkers | None = None,
) -> Job:
    """Ingest a file, the files of a folder or a pattern, a URL, or standard input (``-``); return the finished job.

    An interrupted ingestion of the same content continues after its last commit; a stream only if it can be read from
    its start again. The files of a folder or a pattern are one source: one job, one position, one sum of counts. A
    record that cannot be read is recorded with its place and reason, and the rest is ingested; a file of which nothing
    can be read counts as one such record. With `strict` such a source is refused whole, before anything is written.
    A `map` names the fields of records that are in no known format. `on_explained` is called for each record that gave
    no entry; in a continued ingestion, only for the records that are read now. A given `job` is run, which must have
    been recorded for this content; `on_begin` is called with the job before anything is read.
    A job that is cancelled meanwhile is returned as such, after the batch that it was at. `workers` split, extract and
    encode in other processes; everything is written by this one, and comes out the same.

    Raises:
        BadInput: the source cannot be opened, or `strict` and a record cannot be read, or the content is not that of
            the `job`.
        Unreachable: what is behind a URL cannot be read on; what was committed stays.
        MissingExtra: a URL needs a package that is not installed.
        TooLarge: the source exceeds `limits`. Of a file nothing was written then; of a stream, what came before is
            stored, and the job is marked failed.
        IngestStopped: `is_stopped` said so before a record; what was committed stays, and the job is marked
            interrupted.
        StoreError: the store cannot be written; what was committed stays, and the job is marked failed.
    """
    read = partial(read_trajectories, format=format, map=map, limits=limits, is_stopped=is_stopped)
    chosen = options or make_options()
    heard = (on_progress, on_explained, is_stopped)
    reading = _SourceIngestion(ingestion, read, map or format, chosen, strict, *heard, job, on_begin, workers)
    with open_place(source, stdin) as place:
        if isinstance(place, str | Path):
            return reading.ingest_file(place)
        if isinstance(place, list):
            return reading.ingest_files(show_source(str(source)), place)
        return reading.ingest_stream(place)


@dataclass(frozen=True, slots=True)
class _SourceIngestion:
    """One call of `ingest_source`: its target, how it reads, and its callbacks."""

    ingestion: Ingestion
    read: Callable[..., Iterator[ReadRecord | BadRecord]]
    """Reads a path, or the stream that is given as `stdin`."""
    format: Format | FieldMap
    """How records are read: it is part of the job's id."""
    options: IngestOptions
    strict: bool
    on_progress: OnProgress
    on_explained: OnExplained
    is_stopped: IsStopped
    job: Job | None = None
    """The one to run; None: the one of this content."""
    on_begin: OnBegin = ignore_begin
    workers: RecordWorkers | None = None
    """Do the work of single records; None: it is done here."""

    def ingest_stream(self, stream: BinaryIO) -> Job:
        """Ingest a stream; with `strict`, or if agreement counts, it is copied first, because it is read twice."""
        if self.job is not None:  # it is kept in a file, so that it can be read twice
            total, votes = self._survey(STDIN, stream)
            job = replace(self.job, state=JobState.RUNNING, error=None)
            return self._run(job, lambda: self._reread(stream), total, votes)
        if not (self.strict or self._counts_votes or self.options.passes > 1):
            return self._run_stream(stream, lambda: self.read(STDIN, stdin=stream), None, None)
        with tempfile.TemporaryFile() as copy:
            shutil.copyfileobj(stream, copy)
            copy.seek(0)
            total, votes = self._survey(STDIN, copy)
            copy.seek(0)
            return self._run_stream(copy, lambda: self._reread(copy), total, votes)

    def _reread(self, stream: BinaryIO) -> Records:
        stream.seek(0)
        return self.read(STDIN, stdin=stream)

    def ingest_file(self, path: str | Path) -> Job:
        """Ingest a file or a URL, which is read three times: to count its records, to hash it, to learn from it."""
        total, votes = self._survey(path)
        # The digest is in the job's id: the same content continues where it stopped, under any name, and a changed
        # file is a new job.
        with self._next_job(show_source(str(path)), source_digest(str(path))) as job:
            return self._run(job, lambda: self.read(path), total, votes)

    def ingest_files(self, source: str, files: Sequence[str]) -> Job:
        """Ingest the files of a folder or a pattern as one job, as if they were one file."""
        reader = FilesReader(self.read, tuple(files))
        total, votes = self._count(reader.read())
        with self._next_job(source, files_digest(files)) as job:
            return self._run(job, reader.read, total, votes)

    @contextmanager
    def _next_job(self, source: str, digest: str) -> Iterator[Job]:
        """Yield the job to run on content with a digest; raises `BadInput` if it was given, and is of another."""
        content = (f"{digest}:{self.format}", self.options.digest)
        if self.job is None:
            with self.ingestion.claim_next_job(KIND, source, *content, is_stopped=self.is_stopped) as job:
                yield job
            return
        job_id, _ = self.ingestion.find_job(KIND, *content)
        if job_id != self.job.id:
            raise BadInput(f"has changed since job {self.job.id} read it: ingest it as a new one", place=source)
        yield replace(self.job, state=JobState.RUNNING, error=None)

    @property
    def _counts_votes(self) -> bool:
        return self.options.verdicts.unjudged is UnjudgedPolicy.AGREE

    def _survey(self, source: str | Path, stream: BinaryIO | None = None) -> tuple[int, Votes | None]:
        return self._count(self.read(source, stdin=stream))

    def _count(self, records: Iterator[ReadRecord | BadRecord]) -> tuple[int, Votes | None]:
        """Count the records and, if agreement counts, the answers; with `strict`, raise `BadInput` if one is bad."""
        votes = Votes() if self._counts_votes else None
        total = bad = 0
        shown: list[str] = []
        for record in records:
            total += 1
            if isinstance(record, BadRecord):
                bad += 1
                shown += [f"{record.place}: {record.reason}"] if bad <= _SHOWN_BAD else []
            elif votes is not None:
                votes.add(mask_record(record, self.options).trajectory)
        if self.strict and bad:
            shown += [f"and {bad - _SHOWN_BAD} more"] if bad > _SHOWN_BAD else []
            listed = "; ".join(shown)
            raise BadInput(f"{bad} of {total} records cannot be read, nothing was ingested (--strict): {listed}")
        return total, votes

    def _run_stream(self, stream: BinaryIO, read: Callable[[], Records], total: int | None, votes: Votes | None) -> Job:
        """Run the stopped job on the same content if the stream can be read twice, else a new job.

        The id is claimed before its state is read: two threads with the same content would both take up a stopped job.
        One that another thread runs is waited for, so that the same content is learnt from once. Streams after the
        first of the same content get different ids by the time: counting them up looked at every earlier one.
        """
        with ExitStack() as claims:
            job = self._reread_job(stream, claims) if _is_seekable(stream) else None
            if job is None:
                job = self._new_stream_job(f"stdin:{time.time_ns()}:{get_ident()}")
            return self._run(job, read, total, votes)

    def _reread_job(self, stream: BinaryIO, claims: ExitStack) -> Job | None:
        """Return the first job on this content, claimed, or None if it is finished."""
        content = f"stdin:{_stream_digest(stream)}:{self.format}"
        job_id, store = self._stream_job_id(content), self.ingestion.store
        claims.enter_context(self.ingestion.claim_when_free(job_id, self.is_stopped))
        earlier = store.reader.get_job(self.ingestion.namespace, job_id)
        if earlier is None:
            return self._new_stream_job(content)
        if earlier.state is JobState.FINISHED:
            return None
        store.writer.give_again(self.ingestion.namespace, job_id)
        return replace(earlier, state=JobState.RUNNING, error=None)

    def _new_stream_job(self, content: str) -> Job:
        return self.ingestion.record_job(self._stream_job_id(content), KIND, STDIN)

    def _stream_job_id(self, content: str) -> str:
        return content_id("o", self.ingestion.namespace.name, KIND, content, self.options.digest, 1)

    def _run(self, job: Job, read: Callable[[], Records], total: int | None, votes: Votes | None) -> Job:
        """Ingest the records after the job's position, batch by batch; the position counts on through all passes."""
        whole = None if total is None else total * self.options.passes
        with self.ingestion.running(job), MathComparison() as mathematics:
            self.ingestion.store.writer.begin_run(self.ingestion.namespace, job, stage=KIND, total=whole)
            self.on_begin(job)
            self.on_progress(Progress(KIND, job.position, whole, job.counts))
            heard = (self.on_progress, self.on_explained, self.is_stopped)
            for number in range(self.options.passes):
                begin = number * (total or 0)
                if total is not None and job.position >= begin + total:
                    continue
                # The records before the position are read again but not learnt from again.
                unread = islice(read(), max(0, job.position - begin), None)
                waiting = Preparation(self.options, mathematics, votes).prepare(unread)
                loop = RecordLoop(
                    self.ingestion, self.options, KIND, whole, *heard, number=number, workers=self.workers
                )
                job = loop.run(job, waiting)
                if is_cancelled(job):
                    return job
            return self.ingestion.finish(job)


def files_digest(files: Sequence[str]) -> str:
    """Return the digest of the content of several files in their order."""
    return content_id("f", *(source_digest(file) for file in files))


def source_digest(source: str) -> str:
    """Return the SHA-256 of the content of a file or a URL: the same content is the same job, wherever it lies."""
    if not is_url(source):
        return file_digest(Path(source))
    with open_url(source) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _is_seekable(stream: BinaryIO) -> bool:
    return bool(getattr(stream, "seekable", bool)())


def _stream_digest(stream: BinaryIO) -> str:
    """Return the SHA-256 of the rest of a stream, and put the stream back to where it was."""
    place, digest = stream.tell(), hashlib.sha256()
    while block := stream.read(_BLOCK):
        digest.update(block)
    stream.seek(place)
    return digest.hexdigest()
