"""The part of the writer that concerns jobs: how they were asked for, how far they are, what models answered."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from threading import get_ident
from typing import TypeVar

from midthought.memory.database.group_commit import Change, GroupCommit
from midthought.memory.database.tables import completions, job_requests, job_runs, jobs
from midthought.memory.database.write_transaction import WriteTransaction
from midthought.memory.errors import BadInput, NotFound
from midthought.memory.records.job import Job, JobState
from midthought.memory.records.job_request import JobRequest
from midthought.memory.records.kept_completion import KeptCompletion
from midthought.memory.records.namespace import STARTER_NAMESPACE, Namespace
from midthought.memory.store_commits import commit_group
from midthought.memory.store_state import StorePart, StoreState

Result = TypeVar("Result")


class JobWriter(StorePart):
    """Records jobs. It is the base of `StoreWriter`, whose commits it shares."""

    def __init__(self, state: StoreState) -> None:
        super().__init__(state)
        self._commits = GroupCommit(partial(commit_group, state), lock=state.database.lock)

    def put_job(self, namespace: Namespace, job: Job) -> None:
        """Record the state of a job."""
        self._record(namespace, lambda writing: jobs.put_job(writing.connection, namespace, job), begins=True)

    def accept_job(self, namespace: Namespace, job: Job, request: JobRequest) -> None:
        """Record a job and how it was asked for, in one commit."""

        def accept(writing: WriteTransaction) -> None:
            jobs.put_job(writing.connection, namespace, job)
            job_requests.put_request(writing.connection, namespace, request)

        self._record(namespace, accept, begins=True)

    def put_request(self, namespace: Namespace, request: JobRequest) -> None:
        """Record how a job was asked for."""
        self._record(namespace, lambda writing: job_requests.put_request(writing.connection, namespace, request))

    def set_waiting(self, namespace: Namespace, job_id: str, *, waits: bool) -> None:
        """Say whether a job is to be run without being asked for again."""
        self._record(
            namespace, lambda writing: job_requests.set_waiting(writing.connection, namespace, job_id, waits=waits)
        )

    def drop_upload(self, namespace: Namespace, request: JobRequest) -> None:
        """Delete what a job had to read."""
        if request.upload:
            self._record(
                namespace, lambda writing: job_requests.clear_upload(writing.connection, namespace, request.job_id)
            )
            self._state.uploads.remove(request.upload)

    def begin_run(self, namespace: Namespace, job: Job, *, stage: str, total: int | None) -> None:
        """Record a job as it is when a run begins at its position; None: how many records there are is not known."""

        def begin(writing: WriteTransaction) -> None:
            connection = writing.connection
            jobs.put_job(connection, namespace, job)
            job_runs.begin_run(connection, namespace, job.id, stage=stage, total=total, position=job.position)

        self._record(namespace, begin, begins=True)

    def cancel_job(self, namespace: Namespace, job_id: str) -> None:
        """Let a job stop after its present batch; one that does not run is cancelled at once. Raises `NotFound`.

        Raises `BadInput` if it is finished. A cancelled job goes on where it stopped if it is run again.
        """

        def cancel(writing: WriteTransaction) -> None:
            job = jobs.read_job(writing.connection, namespace, job_id)
            if job is None:
                raise NotFound(f"no job {job_id!r} in namespace {namespace}")
            if job.state is JobState.FINISHED:
                raise BadInput(f"job {job_id} is finished: nothing is left to cancel")
            self._state.cancelling.add(job_id)
            job_requests.set_waiting(writing.connection, namespace, job_id, waits=False)
            if job_id not in self._state.claimed_jobs:
                self._state.queued_jobs.discard(job_id)
                jobs.put_job(writing.connection, namespace, replace(job, state=JobState.CANCELLED, error=None))

        self._record(namespace, cancel)

    def queue_job(self, job_id: str) -> None:
        """Let a job wait for a thread of this process."""
        self._state.queued_jobs.add(job_id)

    def unqueue_job(self, job_id: str) -> None:
        """Let a job wait no longer."""
        self._state.queued_jobs.discard(job_id)

    def allow_job(self, job_id: str) -> None:
        """Let a job run again that was cancelled."""
        self._state.cancelling.discard(job_id)

    def keep_completion(self, namespace: Namespace, completion: KeptCompletion) -> None:
        """Keep the answer to a request, unless one is kept already or the namespace was forgotten meanwhile."""

        def keep(writing: WriteTransaction) -> None:
            if writing.exists(namespace):
                completions.insert_completion(writing.connection, namespace, completion)

        self._record(namespace, keep)

    def drop_completions(self, namespace: Namespace, said: Sequence[tuple[str, str]]) -> None:
        """Delete what a model said, as (trajectory, text), so that it is asked again."""
        self._record(namespace, lambda writing: completions.delete_answers(writing.connection, namespace, said))

    @contextmanager
    def claim_job(self, job_id: str) -> Iterator[None]:
        """Run a job as its only runner; raises `BadInput` if another thread is running it.

        A thread may claim a job again: it was interrupted before it released the job.
        """
        if self._state.claimed_jobs.setdefault(job_id, get_ident()) != get_ident():
            raise BadInput(f"this content is being ingested already, as operation {job_id}: wait for it")
        try:
            yield
        finally:
            self._state.claimed_jobs.pop(job_id, None)

    def _record(
        self, namespace: Namespace, apply: Callable[[WriteTransaction], Result], *, begins: bool = False
    ) -> Result:
        """Change rows that are in no index: the next search need not replay them."""
        refuse_starter(namespace)
        return self._commits.run(Change(namespace, apply, of_entries=False, begins=begins))


def refuse_starter(namespace: Namespace) -> None:
    """Raise `BadInput` for the reserved namespace, which only `StoreWriter.plant` writes to."""
    if namespace == STARTER_NAMESPACE:
        raise BadInput("the starter memory is shared by all namespaces: nothing can be written to it or forgotten")
