"""The part of the reader that concerns jobs: their state, how they were asked for, and what they could not read."""

from dataclasses import replace

from midthought.memory.database.tables import dead_letters, job_exclusions, job_requests, jobs
from midthought.memory.database.tables.page_start import UNBOUNDED
from midthought.memory.errors import NotFound
from midthought.memory.records.dead_letter import DeadLetter
from midthought.memory.records.job import Job, JobState, Rejection
from midthought.memory.records.job_request import JobRequest
from midthought.memory.records.namespace import Namespace
from midthought.memory.store_job_writer import forgotten_with
from midthought.memory.store_retention_reader import RetentionReader


class JobReader(RetentionReader):
    """Reads jobs. It is a base of `StoreReader`."""

    def get_job(self, namespace: Namespace, job_id: str) -> Job | None:
        """Return a recorded job, or None."""
        with self._database.guarded() as connection:
            found = jobs.read_job(connection, namespace, job_id)
            return self._with_interrupts(found) if found else None

    def list_jobs(self, namespace: Namespace, *, after: str = "", limit: int = UNBOUNDED) -> list[Job]:
        """Return the jobs, oldest first, those after one of them; raises `NotFound` if there is no such."""
        with self._database.guarded() as connection:
            return [
                self._with_interrupts(one) for one in jobs.read_jobs(connection, namespace, after=after, limit=limit)
            ]

    def _with_interrupts(self, job: Job) -> Job:
        """Return a job as interrupted if no thread runs it, or will, though it is recorded so: its runner was killed.

        Only one process may hold the directory, so no other process can be running it.
        """
        if job.state not in (JobState.RUNNING, JobState.QUEUED) or job.id in self._state.claimed_jobs:
            return job
        state = JobState.QUEUED if job.id in self._state.queued_jobs else JobState.INTERRUPTED
        return replace(job, state=state)

    def find_request(self, namespace: Namespace, job_id: str) -> JobRequest | None:
        """Return how a job was asked for, or None: an earlier version recorded it, or it was imported."""
        with self._database.guarded() as connection:
            return job_requests.read_request(connection, namespace, job_id)

    def request_of_key(self, namespace: Namespace, key: str) -> JobRequest | None:
        """Return what was asked for with an idempotency key, or None."""
        with self._database.guarded() as connection:
            return job_requests.request_of_key(connection, namespace, key)

    def waiting_jobs(self) -> list[tuple[Namespace, str]]:
        """Return every job that was accepted and has not ended, in the order they came."""
        with self._database.guarded() as connection:
            return job_requests.waiting_jobs(connection)

    def is_queued(self, job_id: str, ticket: int | None = None) -> bool:
        """Whether a job waits for a thread of this process; with a ticket: whether that is the last one it got."""
        last = self._state.queued_jobs.get(job_id)
        return last is not None and ticket in (None, last)

    def is_cancelling(self, job_id: str) -> bool:
        """Whether a job is to stop after its present batch. Raises `NotFound` if its namespace was forgotten."""
        if job_id in self._state.forgotten_jobs:
            raise NotFound(forgotten_with(job_id))
        return job_id in self._state.cancelling

    def excluded_trajectories(self, namespace: Namespace, job_id: str) -> set[str]:
        """Return what was forgotten before a job had ended: it must not store it again."""
        with self._database.guarded() as connection:
            return job_exclusions.read_exclusions(connection, namespace, job_id)

    def list_rejections(
        self, namespace: Namespace, job_id: str, *, skip: int = 0, limit: int = UNBOUNDED
    ) -> list[Rejection]:
        """Return the records that a job rejected, in reading order; empty if there is no such job."""
        with self._database.guarded() as connection:
            return jobs.read_rejections(connection, namespace, job_id, skip=skip, limit=limit)

    def list_dead_letters(
        self, namespace: Namespace, job_id: str, *, skip: int = 0, limit: int = UNBOUNDED
    ) -> list[DeadLetter]:
        """Return what a job could not make anything of, oldest first; empty if there is no such job."""
        with self._database.guarded() as connection:
            return dead_letters.read_letters(connection, namespace, job_id, skip=skip, limit=limit)
