"""Ingestions as jobs: recorded before they are accepted, run here or in a thread, found by key, and run again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, BinaryIO

from midthought.api.job_content import (
    STDIN,
    ask_letters,
    chosen,
    digest_of,
    how_read,
    is_for_letters,
    is_read_once,
    open_once,
    read_budget,
    read_content,
    with_budget,
    write_content,
)
from midthought.api.job_thread import ACTIVE, JobThread
from midthought.api.opening import check_path
from midthought.api.recall_arguments import read_choice
from midthought.api.sources import Learning, Traces, check_source, open_records
from midthought.api.upkeep_jobs import UpkeepJobs, is_upkeep
from midthought.api.watch.listener import WatchPoint
from midthought.ingest.decomposition.model_calls import NO_BUDGET, Budget
from midthought.ingest.formats.format import Format
from midthought.ingest.progress import IsStopped, OnBegin, Progress, ignore_begin
from midthought.memory.errors import BadInput, NotFound
from midthought.memory.records.ids import content_id
from midthought.memory.records.job import Job, JobState
from midthought.memory.records.job_request import JobRequest
from midthought.memory.records.namespace import Namespace
from midthought.memory.store import Store
from midthought.retrieval.encoders.current import CurrentEncoder

if TYPE_CHECKING:
    from midthought.ingest.ingest_options import IngestOptions


@dataclass(slots=True)
class _Kept:
    """What a job is to read: the digest of its content, and the file it was kept in; empty if it lies elsewhere."""

    digest: str
    name: str = ""
    used: bool = False


class IngestJobs:
    """Every ingestion of an opened memory.

    Args:
        store: where the jobs are recorded, and what they learn is written.
        current: the encoder.
        options: makes the options of one ingestion.
        watch: is told of what is run.
    """

    def __init__(
        self,
        store: Store,
        current: CurrentEncoder,
        options: "Callable[[Learning], IngestOptions]",
        *,
        watch: WatchPoint,
    ) -> None:
        self._store, self._current, self._options, self._watch = store, current, options, watch
        self._accepting = Lock()
        self._thread = JobThread(store, self._run_recorded)
        self.upkeep = UpkeepJobs(store, current, thread=self._thread, accepting=self._accepting, watch=watch)
        """The jobs that are no ingestions."""
        self.stop = self._thread.stop
        self.close = self._thread.close
        """These stop the thread: what it ran is interrupted, and is run again when jobs are resumed."""

    @property
    def waiting(self) -> int:
        """How many accepted jobs wait for their turn."""
        return self._thread.waiting

    def ingest(self, traces: Traces, namespace: Namespace) -> Job:
        """Learn from traces here and return the ended job, or accept a job that is run in a thread."""
        place, stream = open_records(traces.source, traces.stream)
        check_path(place, place="source")
        if stream is None:
            check_source(place)
        if traces.wait and not traces.key:
            note = partial(self._note, namespace, place, stream, traces)
            job = self._ingest(place, stream, traces, namespace, on_begin=note)
            return self._find(namespace, job.id)  # with its progress
        with self._kept(place, stream) as kept, self._accepting:
            job = self._accept(place, traces, namespace, kept)
        if not traces.wait:
            return job
        if job.state not in ACTIVE and job.state is not JobState.FINISHED:
            return self._run_recorded(namespace, job.id, traces.is_stopped, traces)
        return self._thread.wait(namespace, job.id)

    def retry(self, namespace: Namespace, job_id: str) -> Job:
        """Let a job that did not finish run again, from its last commit, in a thread; return it, queued.

        Of one that is finished, the language model is asked again for what it failed at. Raises `NotFound`, and
        `BadInput` if it is finished without dead letters, or if what it read was not kept.
        """
        if (job := self._find(namespace, job_id)).state in ACTIVE and not self._store.reader.is_cancelling(job_id):
            return job
        if job.state not in ACTIVE:
            job = self._thread.wait(namespace, job_id)
        request = self._store.reader.find_request(namespace, job_id)
        if job.state is JobState.FINISHED:
            if not self._store.reader.list_dead_letters(namespace, job_id):
                raise BadInput(f"job {job_id} is finished: nothing is left to run again")
            request = ask_letters(job_id, request)
            if self._options(read_content(request.content).learning).decomposition is None:
                raise BadInput(f"job {job_id} has dead letters, and no language model is configured to ask again")
        elif request is None or not self._is_readable(request):
            raise BadInput(f"job {job_id} has not kept what it read: ingest the same content again, and it goes on")
        queued = replace(job, state=JobState.QUEUED, error=None)
        with self._accepting:
            self._thread.check_room(namespace)
            ticket = self._store.writer.queue_job(job_id)
            if job.state in ACTIVE:  # it is being cancelled, and is run again when that is done
                self._store.writer.put_request(namespace, replace(request, waits=True))
            else:
                self._store.writer.allow_job(job_id)
                self._store.writer.accept_job(namespace, queued, replace(request, waits=True))
            self._thread.submit(namespace, job_id, ticket)
        return queued

    def resume(self) -> None:
        """Run what was accepted and has not ended: the process that accepted it was stopped."""
        writer = self._store.writer
        for namespace, job_id in self._store.reader.waiting_jobs():
            with self._accepting:
                job = self._find(namespace, job_id)
                if job.state is not JobState.INTERRUPTED:
                    self._tidy(namespace, job)
                    continue
                ticket = writer.queue_job(job_id)
                writer.update_job(namespace, replace(job, state=JobState.QUEUED, error=None))
                self._thread.submit(namespace, job_id, ticket)

    def _tidy(self, namespace: Namespace, job: Job) -> None:
        """Let a job wait no longer that ended just before its process did; one that runs already goes on."""
        if job.state not in ACTIVE:
            self._store.writer.set_waiting(namespace, job.id, waits=False)
        request = self._store.reader.find_request(namespace, job.id)
        if job.state is JobState.FINISHED and request is not None:
            self._store.writer.drop_upload(namespace, request)

    def _find(self, namespace: Namespace, job_id: str) -> Job:
        job = self._store.reader.get_job(namespace, job_id)
        if job is None:
            raise NotFound(f"no job {job_id!r} in namespace {namespace}")
        return job

    def _note(self, namespace: Namespace, place: str | Path, stream: BinaryIO | None, traces: Traces, job: Job) -> None:
        """Record how a job was asked for, if it can be read again; and what it may spend."""
        known = self._store.reader.find_request(namespace, job.id)
        budget = self._budget_of(traces)
        if known is None and is_read_once(place, stream) and not budget.is_limited:
            return
        request = known or JobRequest(job.id, "", "", write_content(place, traces))
        content = with_budget(request.content, budget)
        if known is None or content != known.content:
            self._store.writer.put_request(namespace, replace(request, content=content))

    def _is_readable(self, request: JobRequest) -> bool:
        """Whether what a job read can be read again."""
        if request.upload:
            return self._store.uploads.path(request.upload).exists()
        if is_upkeep(request):
            return True
        return read_content(request.content).source != STDIN or is_for_letters(request)

    def _budget_of(self, traces: Traces) -> Budget:
        decomposition = self._options(traces.learning).decomposition
        return decomposition.budget if decomposition else NO_BUDGET

    def _options_of(self, request: JobRequest, learning: Learning) -> "IngestOptions":
        """Return the options of a recorded job: it may spend what it was given, unless another budget is set now."""
        options = self._options(learning)
        if (asked := options.decomposition) is None or asked.budget.is_limited:
            return options
        return replace(options, decomposition=replace(asked, budget=read_budget(request.content)))

    def _accept(self, place: str | Path, traces: Traces, namespace: Namespace, kept: _Kept) -> Job:
        """Record a job that is to be run, and return it; the one that has the key, if there is one."""
        asked = content_id("r", kept.digest, str(how_read(traces)), traces.strict, *chosen(traces.learning))
        known = self._store.reader.request_of_key(namespace, traces.key) if traces.key else None
        if known is None:
            return self._record(place, traces, namespace, kept, asked)
        if known.digest != asked:
            raise BadInput(f"idempotency key {traces.key!r} was given with other content, as job {known.job_id}")
        return self._find(namespace, known.job_id)

    def _record(self, place: str | Path, traces: Traces, namespace: Namespace, kept: _Kept, asked: str) -> Job:
        from midthought.ingest.ingest_source import KIND
        from midthought.ingest.ingestion import Ingestion
        from midthought.ingest.stream.reader import storable_name

        writer = self._store.writer
        ingestion = Ingestion(self._store, self._current, namespace)
        options = self._options(traces.learning)
        job_id, earlier = ingestion.find_job(KIND, f"{kept.digest}:{how_read(traces)}", options.digest)
        content = with_budget(write_content(place, traces), self._budget_of(traces))
        request = JobRequest(job_id, traces.key, asked, content, kept.name, not traces.wait)
        if earlier is not None and earlier.state in ACTIVE:
            before = self._store.reader.find_request(namespace, job_id)
            writer.put_request(namespace, replace(request, upload=before.upload if before else ""))
            return earlier
        if not traces.wait:
            self._thread.check_room(namespace)
        if earlier is not None and (before := self._store.reader.find_request(namespace, job_id)):
            writer.drop_upload(namespace, before)
        job = earlier or Job(job_id, KIND, storable_name(STDIN if kept.name else str(place)))
        if earlier is not None:
            writer.give_again(namespace, job_id)
        state = JobState.INTERRUPTED if traces.wait else JobState.QUEUED
        job = replace(job, state=state, error=None)
        ticket = 0 if traces.wait else writer.queue_job(job_id)
        writer.accept_job(namespace, job, request)
        kept.used = True
        if not traces.wait:
            self._thread.submit(namespace, job_id, ticket)
        return job

    def _run_recorded(
        self, namespace: Namespace, job_id: str, is_stopped: IsStopped, traces: Traces | None = None
    ) -> Job:
        """Run a recorded job, and return it when it has ended; a finished one keeps nothing that was sent for it.

        If another thread runs it, that is waited for, and the job is run again unless it is finished.
        """
        from midthought.ingest.ingestion import Ingestion

        request = self._store.reader.find_request(namespace, job_id)
        if request is not None and is_upkeep(request):
            return self.upkeep.run(namespace, job_id, request, is_stopped)
        with Ingestion(self._store, self._current, namespace).claim_when_free(job_id, is_stopped):
            return self._run_claimed(namespace, job_id, is_stopped, traces)

    def _run_claimed(self, namespace: Namespace, job_id: str, is_stopped: IsStopped, traces: Traces | None) -> Job:
        job, request = self._find(namespace, job_id), self._store.reader.find_request(namespace, job_id)
        assert request is not None  # recorded together
        if job.state is JobState.FINISHED:
            self._store.writer.drop_upload(namespace, request)
            return job
        if traces is None and not self._store.reader.is_queued(job_id):  # cancelled while another thread ran it
            return job
        asked = read_content(request.content)
        told = replace(traces or asked, is_stopped=is_stopped)
        options = self._options_of(request, told.learning)
        if is_for_letters(request):
            return self._retry_letters(job, told, namespace, options)
        with self._opened(request) as stream:
            if stream is None:
                check_source(str(asked.source))
            job = self._ingest(str(asked.source), stream, told, namespace, options=options, job=job)
        if job.state is JobState.FINISHED:
            self._store.writer.drop_upload(namespace, request)
        return job

    def _retry_letters(self, job: Job, traces: Traces, namespace: Namespace, options: "IngestOptions") -> Job:
        from midthought.ingest.ingestion import Ingestion
        from midthought.ingest.retry import retry_letters

        return retry_letters(
            Ingestion(self._store, self._current, namespace),
            job,
            options=options,
            on_progress=traces.on_progress,
            is_stopped=traces.is_stopped,
        )

    @contextmanager
    def _opened(self, request: JobRequest) -> Iterator[BinaryIO | None]:
        """Yield what was sent for a job; None if it reads files that lie elsewhere."""
        if not request.upload:
            yield None
            return
        try:
            stream = self._store.uploads.path(request.upload).open("rb")
        except OSError as error:
            gone = f"what job {request.job_id} is to read is gone ({error.strerror}): send it again"
            raise BadInput(gone) from error
        with stream:
            yield stream

    @contextmanager
    def _kept(self, place: str | Path, stream: BinaryIO | None) -> Iterator[_Kept]:
        """Yield what a job is to read; a stream is kept in a file, which is deleted unless it is used."""
        if not is_read_once(place, stream):
            yield _Kept(digest_of(place))
            return
        with open_once(place, stream) as opened:
            name, digest = self._store.uploads.keep(opened)
        kept = _Kept(digest, name)
        try:
            yield kept
        finally:
            if not kept.used:
                self._store.uploads.remove(name)

    def _ingest(
        self,
        place: str | Path,
        stream: BinaryIO | None,
        traces: Traces,
        namespace: Namespace,
        *,
        options: "IngestOptions | None" = None,
        job: Job | None = None,
        on_begin: OnBegin = ignore_begin,
    ) -> Job:
        from midthought.ingest.formats.field_map import FieldMap
        from midthought.ingest.ingest_source import KIND, ingest_source
        from midthought.ingest.ingestion import Ingestion
        from midthought.ingest.ray_stages import open_workers

        def begin(job: Job) -> None:
            tell(job)
            on_begin(job)

        def note(progress: Progress) -> None:
            tell(progress)
            traces.on_progress(progress)

        with open_workers(traces.ray) as workers, self._watch.job(KIND, namespace) as tell:
            return ingest_source(
                Ingestion(self._store, self._current, namespace),
                place,
                format=read_choice("format", traces.format, Format),
                map=FieldMap.read(traces.map),
                options=options or self._options(traces.learning),
                strict=traces.strict,
                limits=traces.limits,
                on_progress=note,
                on_explained=traces.on_explained,
                stdin=stream,
                is_stopped=traces.is_stopped,
                job=job,
                on_begin=begin,
                workers=workers,
            )
