"""The part of the writer that concerns jobs: how they were asked for, how far they are, what models answered."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from threading import get_ident
from typing import TypeVar

from midthought.memory.database.group_commit import Change, GroupCommit
from midthought.memory.database.tables import completions, job_exclusions, job_requests, job_runs, jobs, kept_answers
from midthought.memory.database.tables.statements import Connection
from midthought.memory.database.write_transaction import WriteTransaction
from midthought.memory.errors import BadInput, NotFound
from midthought.memory.records.batch import Batch, Written
from midthought.memory.records.job import Job, JobState
from midthought.memory.records.job_request import JobRequest
from midthought.memory.records.kept_answer import KeptAnswer
from midthought.memory.records.kept_completion import KeptCompletion
from midthought.memory.records.namespace import STARTER_NAMESPACE, Namespace
from midthought.memory.records.store_load import CommitCounts
from midthought.memory.store_commits import commit_group
from midthought.memory.store_state import StorePart, StoreState

Result = TypeVar("Result")


class JobWriter(StorePart):
    """Records jobs. It is the base of `StoreWriter`, whose commits it shares."""

    def __init__(self, state: StoreState) -> None:
        super().__init__(state)
        self._commits = GroupCommit(partial(commit_group, state), lock=state.database.lock)

    @property
    def commit_counts(self) -> CommitCounts:
        """What waits to be committed, and what has been since the store was opened."""
        return self._commits.counts

    def put_job(self, namespace: Namespace, job: Job) -> None:
        """Record the state of a job."""
        self._record(namespace, lambda writing: jobs.put_job(writing.connection, namespace, job), begins=True)

    def update_job(self, namespace: Namespace, job: Job) -> None:
        """Record what became of a job; raises `NotFound` if its namespace was forgotten meanwhile."""

        def end(writing: WriteTransaction) -> None:
            self._refuse_forgotten_job(writing, namespace, job.id)
            jobs.put_job(writing.connection, namespace, job)
            if job.state is JobState.FINISHED:
                job_exclusions.clear_exclusions(writing.connection, namespace, job.id)

        self._record(namespace, end)

    def accept_job(self, namespace: Namespace, job: Job, request: JobRequest) -> None:
        """Record a job and how it was asked for, in one commit; one that is stored keeps its position and counts."""

        def accept(writing: WriteTransaction) -> None:
            stored = jobs.read_job(writing.connection, namespace, job.id)
            accepted = replace(stored, state=job.state, error=job.error) if stored else job
            jobs.put_job(writing.connection, namespace, accepted)
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
        """Record a job as it is when a run begins at its position; None: how many records there are is not known.

        Raises `NotFound` if its namespace was forgotten since it was recorded.
        """

        def begin(writing: WriteTransaction) -> None:
            connection = writing.connection
            self._refuse_forgotten_job(writing, namespace, job.id)
            jobs.put_job(connection, namespace, job)
            job_runs.begin_run(connection, namespace, job.id, stage=stage, total=total, position=job.position)

        self._record(namespace, begin)

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
            self._state.queued_jobs.pop(job_id, None)  # it may run, and wait to be run again
            if job_id not in self._state.claimed_jobs:
                jobs.put_job(writing.connection, namespace, replace(job, state=JobState.CANCELLED, error=None))

        self._record(namespace, cancel)

    def queue_job(self, job_id: str) -> int:
        """Let a job wait for a thread of this process; return its ticket, in place of one that it had."""
        self._state.queued_jobs[job_id] = ticket = next(self._state.tickets)
        return ticket

    def unqueue_job(self, job_id: str, ticket: int) -> None:
        """Let a job wait no longer, unless it got another ticket since."""
        if self._state.queued_jobs.get(job_id) == ticket:
            self._state.queued_jobs.pop(job_id, None)

    def allow_job(self, job_id: str) -> None:
        """Let a job run again that was cancelled."""
        self._state.cancelling.discard(job_id)

    def give_again(self, namespace: Namespace, job_id: str) -> None:
        """Let a job run whose content was given again: also what was forgotten since the first time is learnt from."""
        self.allow_job(job_id)
        self._record(namespace, lambda writing: job_exclusions.clear_exclusions(writing.connection, namespace, job_id))

    def keep_completion(self, namespace: Namespace, completion: KeptCompletion, *, payer: str = "") -> None:
        """Keep the answer to a request, unless one is kept already, and count its cost in the job that paid for it.

        Nothing about what was forgotten since the job was given is kept; a forgotten namespace keeps nothing.
        """

        def keep(writing: WriteTransaction) -> None:
            if payer in self._state.forgotten_jobs or not writing.exists(namespace):
                return
            connection = writing.connection
            if payer:
                jobs.add_cost(connection, namespace, payer, completion)
                if completion.trajectory_id in job_exclusions.read_exclusions(connection, namespace, payer):
                    return
            completions.insert_completion(connection, namespace, completion)

        self._record(namespace, keep)

    def drop_completions(self, namespace: Namespace, digests: Sequence[str]) -> None:
        """Delete the answers to requests, so that they are asked again."""
        self._record(namespace, lambda writing: completions.delete_answers(writing.connection, namespace, digests))

    def keep_answer(self, namespace: Namespace, answer: KeptAnswer) -> None:
        """Keep what a service answered to a request with an idempotency key, for a day; see `find_answer`."""

        def keep(writing: WriteTransaction) -> None:
            if writing.exists(namespace):
                kept_answers.insert_answer(writing.connection, namespace, answer)

        self._record(namespace, keep)

    @contextmanager
    def claim_job(self, job_id: str) -> Iterator[None]:
        """Run a job as its only runner; raises `BadInput` if another thread is running it.

        A thread may claim a job again: it was interrupted before it released the job.
        """
        if self._state.claimed_jobs.setdefault(job_id, get_ident()) != get_ident():
            raise BadInput(f"this content is being ingested already, as job {job_id}: wait for it")
        try:
            yield
        finally:
            self._state.forgotten_jobs.discard(job_id)
            self._state.cancelling.discard(job_id)  # also if it ended otherwise: it stops no later run
            self._state.claimed_jobs.pop(job_id, None)

    def _end_jobs(self, connection: Connection, namespace: Namespace) -> set[str]:
        """Let the jobs of a namespace end that is being forgotten; return the files of what was sent for them."""
        for job_id in jobs.job_ids(connection, namespace):
            self._state.queued_jobs.pop(job_id, None)
            if job_id in self._state.claimed_jobs:
                self._state.forgotten_jobs.add(job_id)
        return job_requests.uploads_of_namespace(connection, namespace)

    def _refuse_forgotten_job(self, writing: WriteTransaction, namespace: Namespace, job_id: str) -> None:
        if job_id in self._state.forgotten_jobs or jobs.read_job(writing.connection, namespace, job_id) is None:
            raise NotFound(forgotten_with(job_id))

    def _add(self, writing: WriteTransaction, namespace: Namespace, batch: Batch) -> Written:
        """Collect a batch, unless it comes from a job that may not write any more."""
        if batch.job is not None and batch.job.id in self._state.forgotten_jobs:
            raise NotFound(forgotten_with(batch.job.id))
        writing.refuse_forgotten(namespace, batch)
        return writing.add(namespace, batch)

    def _record(
        self, namespace: Namespace, apply: Callable[[WriteTransaction], Result], *, begins: bool = False
    ) -> Result:
        """Change rows that are in no index: the next search need not replay them."""
        refuse_starter(namespace)
        return self._commits.run(Change(namespace, apply, of_entries=False, begins=begins))


def forgotten_with(job_id: str) -> str:
    """Return why a job ended whose namespace was forgotten."""
    return f"the namespace of job {job_id} was forgotten before the job ended: nothing of the job is stored any more"


def refuse_starter(namespace: Namespace) -> None:
    """Raise `BadInput` for the reserved namespace, which only `StoreWriter.plant` writes to."""
    if namespace == STARTER_NAMESPACE:
        raise BadInput("the starter memory is shared by all namespaces: nothing can be written to it or forgotten")
