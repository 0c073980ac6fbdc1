"""Operations on jobs: how far they are, what failed in them, and how they are stopped and run again."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, Le

from midthought.api.job_thread import wait_for_job
from midthought.api.operations.request import (
    MAX_LISTED,
    After,
    JobRows,
    Listed,
    MemoryCore,
    Request,
    Route,
    StoreRead,
)
from midthought.api.operations.shapes import JobJson
from midthought.memory.errors import NotFound
from midthought.memory.records.api_key import Scope
from midthought.memory.records.dead_letter import DeadLetter
from midthought.memory.records.job import Job, Rejection
from midthought.memory.records.namespace import Namespace

_JOBS = "/v1/namespaces/{namespace}/jobs"
_OPERATIONS = "/v1/namespaces/{namespace}/operations"
"""What the path of jobs was called before."""
MAX_WAIT = 60
"""Seconds that one call may wait: a longer one would look like a service that does not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListJobs(StoreRead[list[Job]]):
    """Return the ingestions, oldest first; a running one shows how far it is."""

    route: ClassVar = Route("GET", _JOBS, deprecated=(_OPERATIONS,))
    result: ClassVar = list[JobJson]
    reads: ClassVar = "list_jobs"

    after: After = ""
    """the id of the last job of the page before"""
    limit: Listed = MAX_LISTED
    """the largest number of items in the answer"""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetJob(Request[Job]):
    """Return one ingestion, with its progress and counts."""

    route: ClassVar = Route("GET", f"{_JOBS}/{{job_id}}", deprecated=(f"{_OPERATIONS}/{{job_id}}",))
    result: ClassVar = JobJson

    job_id: str

    def run(self, memory: MemoryCore, namespace: Namespace) -> Job:
        """Find it in the store."""
        found = memory.store.reader.get_job(namespace, self.job_id)
        if found is None:
            raise NotFound(f"no job {self.job_id!r} in namespace {namespace}")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRejections(JobRows[list[Rejection]]):
    """Return the records an ingestion could not read, in reading order."""

    route: ClassVar = Route(
        "GET", f"{_JOBS}/{{job_id}}/rejections", deprecated=(f"{_OPERATIONS}/{{job_id}}/rejections",)
    )
    result: ClassVar = list[Rejection]

    def run(self, memory: MemoryCore, namespace: Namespace) -> list[Rejection]:
        """Read them from the store; a job that does not exist is an error."""
        job = GetJob(job_id=self.job_id).run(memory, namespace)
        return memory.store.reader.list_rejections(namespace, job.id, skip=self.skip, limit=self.limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDeadLetters(JobRows[list[DeadLetter]]):
    """Return what the language model failed at for good, with the cause and its last output, oldest first."""

    route: ClassVar = Route("GET", f"{_JOBS}/{{job_id}}/dead-letters")
    result: ClassVar = list[DeadLetter]

    def run(self, memory: MemoryCore, namespace: Namespace) -> list[DeadLetter]:
        """Read them from the store; a job that does not exist is an error."""
        job = GetJob(job_id=self.job_id).run(memory, namespace)
        return memory.store.reader.list_dead_letters(namespace, job.id, skip=self.skip, limit=self.limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitJob(Request[Job]):
    """Return a job as soon as it has ended, or as it is after some seconds."""

    route: ClassVar = Route("GET", f"{_JOBS}/{{job_id}}/wait")
    result: ClassVar = JobJson

    job_id: str
    seconds: Annotated[float, Ge(0), Le(MAX_WAIT)] = 20.0
    """how long to wait at most"""

    def run(self, memory: MemoryCore, namespace: Namespace) -> Job:
        """Look at it until it has ended."""
        return wait_for_job(memory.store, namespace, self.job_id, seconds=self.seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelJob(Request[Job]):
    """Let a job stop after its present batch. What is stored stays, and the job can be run again.

    One that does not run is cancelled at once; one that is finished cannot be.
    """

    route: ClassVar = Route("POST", f"{_JOBS}/{{job_id}}/cancel", Scope.WRITE)
    result: ClassVar = JobJson

    job_id: str

    def run(self, memory: MemoryCore, namespace: Namespace) -> Job:
        """Note it in the store."""
        memory.store.writer.cancel_job(namespace, self.job_id)
        return GetJob(job_id=self.job_id).run(memory, namespace)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryJob(Request[Job]):
    """Run a job again that failed, was interrupted or cancelled, from its last commit; the answer is the queued job.

    Of a job that is finished, the language model is asked again for what is in the dead letters.
    """

    route: ClassVar = Route("POST", f"{_JOBS}/{{job_id}}/retry", Scope.WRITE, status=202)
    result: ClassVar = JobJson

    job_id: str

    def run(self, memory: MemoryCore, namespace: Namespace) -> Job:
        """Queue it."""
        return memory.jobs.retry(namespace, self.job_id)
