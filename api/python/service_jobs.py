"""How both clients follow a job that they started at a service, to its end."""

from typing import Any

from midthought.api.job_thread import ACTIVE
from midthought.api.operations.as_job import AsJob
from midthought.api.operations.jobs import CancelJob, WaitJob
from midthought.api.operations.request import Request
from midthought.ingest.progress import IngestStopped, IsStopped, OnProgress, Progress, ignore_progress, never
from midthought.memory.records.job import Job, JobState

_LOOK = 20.0
"""Seconds that one call waits for a job that nobody watches."""
_WATCHED = 0.5


class JobFollower:
    """Says what to ask next about a job, until it has ended; tells its progress to whoever asked for it."""

    def __init__(self, request: AsJob[Any]) -> None:
        self._tell: OnProgress = getattr(request, "on_progress", ignore_progress)
        self._is_stopped: IsStopped = getattr(request, "is_stopped", never)
        is_watched = self._tell is not ignore_progress or self._is_stopped is not never
        self._look = _WATCHED if is_watched else _LOOK
        self._is_cancelled = False

    def next(self, job: Job) -> Request[Job] | None:
        """Return what to ask next; None if the job is finished or failed. Raises `IngestStopped` if it was stopped."""
        if job.progress is not None:
            self._tell(Progress(job.progress.stage, job.position, job.progress.total, job.counts))
        if job.state in (JobState.FINISHED, JobState.FAILED):
            return None
        if job.state not in ACTIVE:
            raise IngestStopped(f"job {job.id} is {job.state}" + (f": {job.error}" if job.error else ""))
        if self._is_stopped() and not self._is_cancelled:
            self._is_cancelled = True
            return CancelJob(job_id=job.id)
        return WaitJob(job_id=job.id, seconds=self._look)
