"""The methods of `AsyncClient`, made from ``async_learning_interface.py`` by ``python tests/api/async_twin.py``."""

import io
import time
from collections.abc import Mapping, Sequence
from typing import BinaryIO

from midthought.api.argument_checks import check_arguments
from midthought.api.job_thread import ACTIVE
from midthought.api.operations.drafts import (
    AcceptDrafts,
    Accepted,
    EditDraft,
    ListDrafts,
    RejectDrafts,
    Rejected,
)
from midthought.api.operations.jobs import (
    CancelJob,
    GetJob,
    ListDeadLetters,
    ListJobs,
    ListRejections,
    RetryJob,
    WaitJob,
)
from midthought.api.operations.request import MAX_LISTED
from midthought.api.operations.trajectories import GetSteps, GetTrajectory, ListTrajectories
from midthought.api.python.transport import AsyncTransport
from midthought.api.recall_arguments import as_namespace
from midthought.api.sources import Learning, Traces, TraceSource, write_map
from midthought.ingest.formats.format import Format
from midthought.ingest.progress import OnProgress, ignore_progress
from midthought.memory.records.dead_letter import DeadLetter
from midthought.memory.records.draft import Draft
from midthought.memory.records.entry import Entry
from midthought.memory.records.job import Job, Rejection
from midthought.memory.records.namespace import DEFAULT_NAMESPACE, Namespace
from midthought.memory.records.step import Step
from midthought.memory.records.trajectory import Trajectory

_LOOK = 20.0
"""Seconds that one call waits for a job."""


@check_arguments
class AsyncLearningInterface:
    """The methods that learn from traces, and show what was read. They take the namespace by name."""

    _transport: AsyncTransport

    async def ingest(
        self,
        source: TraceSource,
        *,
        namespace: str | Namespace = DEFAULT_NAMESPACE,
        format: str = Format.AUTO,
        map: str | Mapping[str, str] = "",
        strict: bool = False,
        draft: bool = False,
        unjudged: str = "skip",
        wrong: str = "skip",
        skip_checks: Sequence[str] = (),
        mask_secrets: bool = True,
        decompose: bool = True,
        all_attempts: bool = False,
        concepts: bool = False,
        passes: int = 1,
        on_progress: OnProgress = ignore_progress,
        stream: BinaryIO | None = None,
        wait: bool = True,
        idempotency_key: str = "",
    ) -> Job:
        """Learn from traces: a file, ``-`` for a stream (standard input if none is given), or one record or a list.

        A `map` names the fields of records in no known format: ``{"question": "problem", "thought": "steps"}``.
        With `draft` what is learnt is not served until `accept_drafts`; for the other choices see
        `Learning`. Over HTTP, progress counts the bytes sent, and places of rejected records begin with ``<stdin>``.
        Without `wait` the job is returned as soon as it is recorded, and runs in the background: see `wait_job`. The
        same `idempotency_key` gives the same job, whatever became of it; raises `BadInput` for other content.
        """
        asked = (decompose, all_attempts, concepts, passes)
        learning = Learning(draft, unjudged, wrong, skip_checks, mask_secrets, *asked)
        given = (learning, write_map(map))
        traces = Traces(source, format, strict, on_progress, stream, *given, wait=wait, key=idempotency_key)
        return await self._transport.ingest(traces, as_namespace(namespace))

    async def ingest_trajectories(
        self, trajectories: Sequence[Trajectory], *, namespace: str | Namespace = DEFAULT_NAMESPACE
    ) -> Job:
        """Learn from `Trajectory` objects."""
        from midthought.ingest.formats.own import write_trajectory
        from midthought.ingest.stream.reader import STDIN

        lines = io.BytesIO("".join(write_trajectory(one) for one in trajectories).encode())
        return await self.ingest(STDIN, namespace=namespace, format=Format.OWN, stream=lines)

    async def list_trajectories(
        self, *, after: str = "", limit: int = 1000, namespace: str | Namespace = DEFAULT_NAMESPACE
    ) -> list[tuple[str, Trajectory]]:
        """Return (id, trajectory) ordered by id, those after the id `after`, at most `limit`."""
        page = await self._transport.send(ListTrajectories(after=after, limit=limit), as_namespace(namespace))
        return list(page.items)

    async def get_trajectory(self, trajectory_id: str, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> Trajectory:
        """Return one trajectory; raises `NotFound`."""
        _, trajectory = await self._transport.send(GetTrajectory(trajectory_id=trajectory_id), as_namespace(namespace))
        return trajectory

    async def get_steps(self, trajectory_id: str, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> list[Step]:
        """Return the steps that a trajectory was split into, in order; raises `NotFound`.

        There are none if an earlier version stored it.
        """
        return await self._transport.send(GetSteps(trajectory_id=trajectory_id), as_namespace(namespace))

    async def jobs(self, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> list[Job]:
        """Return every ingestion of a namespace, oldest first."""
        found: list[Job] = []
        while len(found) % MAX_LISTED == 0:
            after = found[-1].id if found else ""
            more = await self._transport.send(ListJobs(after=after), as_namespace(namespace))
            found += more
            if not more:
                break
        return found

    async def get_job(self, job_id: str, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> Job:
        """Return one ingestion; raises `NotFound`."""
        return await self._transport.send(GetJob(job_id=job_id), as_namespace(namespace))

    async def rejections(self, job_id: str, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> list[Rejection]:
        """Return the records an ingestion could not read, in reading order; raises `NotFound`."""
        found: list[Rejection] = []
        while len(found) % MAX_LISTED == 0:
            more = await self._transport.send(ListRejections(job_id=job_id, skip=len(found)), as_namespace(namespace))
            found += more
            if not more:
                break
        return found

    async def dead_letters(self, job_id: str, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> list[DeadLetter]:
        """Return what the language model failed at for good in a job, oldest first; raises `NotFound`."""
        found: list[DeadLetter] = []
        while len(found) % MAX_LISTED == 0:
            more = await self._transport.send(ListDeadLetters(job_id=job_id, skip=len(found)), as_namespace(namespace))
            found += more
            if not more:
                break
        return found

    async def wait_job(
        self, job_id: str, *, timeout: float | None = None, namespace: str | Namespace = DEFAULT_NAMESPACE
    ) -> Job:
        """Return a job when it has ended, whether well or not, or as it is after `timeout` seconds.

        Raises `NotFound`.
        """
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            left = _LOOK if until is None else min(_LOOK, max(0.0, until - time.monotonic()))
            job = await self._transport.send(WaitJob(job_id=job_id, seconds=left), as_namespace(namespace))
            if job.state not in ACTIVE or (until is not None and time.monotonic() >= until):
                return job

    async def cancel_job(self, job_id: str, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> Job:
        """Let a job stop after its present batch; what is stored stays. Raises `NotFound`, `BadInput` if finished."""
        return await self._transport.send(CancelJob(job_id=job_id), as_namespace(namespace))

    async def retry_job(self, job_id: str, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> Job:
        """Run a job again in the background, from its last commit; raises `NotFound`.

        Of a finished one the language model is asked again for its dead letters. Raises `BadInput` if there are none,
        or if what it read was not kept.
        """
        return await self._transport.send(RetryJob(job_id=job_id), as_namespace(namespace))

    async def list_drafts(
        self,
        *,
        quarantined: bool = False,
        after: str = "",
        limit: int = 1000,
        namespace: str | Namespace = DEFAULT_NAMESPACE,
    ) -> list[Draft]:
        """Return what waits for a person, ordered by id, those after the id `after`, at most `limit`.

        With `quarantined` instead the drafts of traces that held-out texts overlap.
        """
        request = ListDrafts(quarantined=quarantined, after=after, limit=limit)
        page = await self._transport.send(request, as_namespace(namespace))
        return list(page.items)

    async def accept_drafts(self, ids: Sequence[str], *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> Accepted:
        """Store drafts as entries, all or none, and return the id that each has now; raises `NotFound`.

        A draft that is a near copy of a stored entry gives that entry its sources, as at an ingestion.
        """
        return await self._transport.send(AcceptDrafts(ids=tuple(ids)), as_namespace(namespace))

    async def reject_drafts(self, ids: Sequence[str], *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> Rejected:
        """Delete drafts, all or none, so that the same ones do not come back; raises `NotFound`."""
        return await self._transport.send(RejectDrafts(ids=tuple(ids)), as_namespace(namespace))

    async def edit_draft(self, draft_id: str, entry: Entry, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> Draft:
        """Give a draft another wording, and return it with its new id; it keeps its sources, and waits on.

        Raises `NotFound`, and `BadInput` for a wording that another draft has, or that was rejected.
        """
        return await self._transport.send(EditDraft(draft_id=draft_id, entry=entry), as_namespace(namespace))
