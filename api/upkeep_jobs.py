"""Upkeep as jobs: recorded before it is accepted, run by the thread of all jobs, with progress, stopped and retried."""

import json
import time
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from midthought.api.job_content import with_report
from midthought.api.job_thread import ACTIVE, JobThread
from midthought.api.upkeep_tasks import TaskReport, TaskRun, UpkeepPlan, UpkeepTask, run_task
from midthought.api.watch.listener import WatchPoint
from midthought.ingest.ingestion import Ingestion
from midthought.ingest.progress import IngestStopped, IsStopped, Progress
from midthought.memory.records.ids import content_id
from midthought.memory.records.job import Job, JobState
from midthought.memory.records.job_request import JobRequest
from midthought.memory.records.namespace import Namespace
from midthought.memory.store import Store
from midthought.retrieval.encoders.current import CurrentEncoder

_TASK = "task"
"""The field of a request that is no ingestion."""
_EVERY = 0.5
"""Seconds between two commits of progress, each of which takes two milliseconds."""


class UpkeepJobs:
    """Accepts and runs jobs of `UpkeepTask`.

    Args:
        thread: runs what is recorded.
        accepting: held while a job is recorded.
        watch: is told of what is run.
    """

    def __init__(
        self,
        store: Store,
        current: CurrentEncoder,
        *,
        thread: JobThread,
        accepting: AbstractContextManager[object],
        watch: WatchPoint,
    ) -> None:
        self._store, self._current, self._watch = store, current, watch
        self._thread, self._accepting = thread, accepting
        self.plan = UpkeepPlan()
        """What the service allows; set when it starts."""

    def accept(
        self, task: UpkeepTask, namespace: Namespace, arguments: dict[str, Any], *, source: str, upload: str = ""
    ) -> Job:
        """Record a job and return it, queued; if the same is being done or was not finished, it is that job."""
        text = json.dumps({_TASK: task, "arguments": arguments}, sort_keys=True)
        with self._accepting:
            ingestion = Ingestion(self._store, self._current, namespace)
            job_id, earlier = ingestion.find_job(task, text)
            if earlier is not None and earlier.state in ACTIVE:
                self._store.uploads.remove(upload)
                return earlier
            self._thread.check_room(namespace)
            if earlier is not None:
                self._store.writer.give_again(namespace, job_id)
            job = replace(earlier or Job(job_id, task, source), state=JobState.QUEUED, error=None)
            ticket = self._store.writer.queue_job(job_id)
            request = JobRequest(job_id, "", content_id("r", text), text, upload, waits=True)
            self._store.writer.accept_job(namespace, job, request)
            self._thread.submit(namespace, job_id, ticket)
        return job

    def run(self, namespace: Namespace, job_id: str, request: JobRequest, is_stopped: IsStopped) -> Job:
        """Run a recorded job to its end, as its only runner; its state then says how it ended."""
        ingestion = Ingestion(self._store, self._current, namespace)
        with ingestion.claim_when_free(job_id, is_stopped):
            job = self._store.reader.get_job(namespace, job_id)
            assert job is not None  # recorded together with the request
            if job.state is JobState.FINISHED or not self._store.reader.is_queued(job_id):
                return job
            with ingestion.running(job), self._watch.job(job.kind, namespace) as tell:
                tell(job)
                try:
                    report = self._run(namespace, replace(job, state=JobState.RUNNING, error=None), request, is_stopped)
                except IngestStopped:
                    if not ingestion.is_cancelled(job):
                        raise
                    return ingestion.cancel(job)
                self._store.writer.drop_upload(namespace, request)
                self._store.writer.put_request(namespace, with_report(request, report))
                return ingestion.finish(self._store.reader.get_job(namespace, job_id) or job)

    def _run(self, namespace: Namespace, job: Job, request: JobRequest, is_stopped: IsStopped) -> TaskReport:
        told = json.loads(request.content)
        writer, task = self._store.writer, UpkeepTask(told[_TASK])
        writer.begin_run(namespace, job, stage=task, total=None)
        known: list[int | None] = [None]
        last = [float("-inf")]

        def note(progress: Progress) -> None:
            if is_stopped() or self._store.reader.is_cancelling(job.id):
                raise IngestStopped(f"job {job.id} was stopped")
            if known[0] != progress.total:
                known[0] = progress.total
                writer.begin_run(namespace, job, stage=progress.stage, total=progress.total)
            if time.monotonic() - last[0] >= _EVERY or progress.done == progress.total:
                last[0] = time.monotonic()
                writer.update_job(namespace, replace(job, position=progress.done))

        file = self._store.uploads.path(request.upload) if request.upload else None
        arguments = (told["arguments"], file, note, is_stopped)
        return run_task(task, TaskRun(self._store, self._current, self.plan, namespace, job.id, *arguments))


def is_upkeep(request: JobRequest | None) -> bool:
    """Whether a job is one of `UpkeepTask`."""
    return request is not None and _TASK in json.loads(request.content)
