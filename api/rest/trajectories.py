"""Trajectories: upload and learn from them, list, get, forget; and the operations that uploads are."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from threading import BoundedSemaphore
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.exceptions import HTTPException

from midthought.api.rest.access import Owner
from midthought.api.rest.entries import After, Limit
from midthought.api.rest.models import (
    ForgottenModel,
    IngestModel,
    JobModel,
    RejectionModel,
    TrajectoryModel,
    TrajectoryPage,
)
from midthought.api.rest.state import Ingestions, Library, UploadLimits
from midthought.api.rest.survey import check_upload
from midthought.api.rest.upload import Body, as_lines
from midthought.api.wire import Record, job_to_dict, rejection_to_dict, trajectory_to_dict
from midthought.ingest.formats.format import Format
from midthought.ingest.stream.reader import STDIN
from midthought.memory.errors import NotFound

router = APIRouter(prefix="/v1/namespaces/{namespace}", tags=["trajectories"])

MAX_REJECTIONS = 1000
"""Rejections in the answer to an upload; the operation's own list has all of them."""

_EXAMPLE = {
    "question": "In how many ways can the letters of LEVEL be arranged?",
    "thought": "How do I count arrangements with repeated letters? I divide the factorial of all by those of the "
    "repetitions: 5!/(2! 2!) = 30.",
    "answer": "30",
    "outcome": "correct",
}
_BODY = {
    "requestBody": {
        "required": True,
        "description": "One trajectory, a JSON list of them, or one a line, in any format the readers know; may be "
        "compressed with gzip or zstd.",
        "content": {
            "application/json": {"schema": {"type": "object"}, "example": _EXAMPLE},
            "application/x-ndjson": {"schema": {"type": "string"}},
        },
    }
}


@router.post("/trajectories", response_model=IngestModel, openapi_extra=_BODY)
def add_trajectories(
    owner: Owner,
    memory: Library,
    places: Ingestions,
    limits: UploadLimits,
    upload: Body,
    format: Annotated[Format, Query(description="how the records are written")] = Format.AUTO,
    strict: Annotated[bool, Query(description="refuse the whole body where one record cannot be read")] = False,
) -> Record:
    """Learn from trajectories. The answer comes when all of it is stored: counts, and the first 1,000 records rejected.

    Nothing is stored where no record can be read. When the sender goes away, work ends before the next record.
    """
    gone = upload.gone.is_set
    lines = nullcontext(upload.body) if format is Format.TEXT else as_lines(upload.body)
    with _place(places), lines as stream:
        check_upload(stream, format=format, limits=limits, is_stopped=gone)
        job = memory.ingest(
            STDIN, stream=stream, format=format, strict=strict, limits=limits, is_stopped=gone, namespace=owner
        )
    rejections = memory.rejections(job.id, namespace=owner)[:MAX_REJECTIONS]
    return {"job": job_to_dict(job), "rejections": [rejection_to_dict(one) for one in rejections]}


@router.get("/trajectories", response_model=TrajectoryPage)
def list_trajectories(owner: Owner, memory: Library, after: After = "", limit: Limit = 100) -> Record:
    """Return trajectories by id, page by page."""
    found = memory.list_trajectories(namespace=owner, after=after, limit=limit)
    items = [trajectory_to_dict(*one) for one in found]
    return {"items": items, "next": found[-1][0] if len(found) == limit else None}


@router.get("/trajectories/{trajectory_id}", response_model=TrajectoryModel)
def get_trajectory(owner: Owner, memory: Library, trajectory_id: str) -> Record:
    """Return one trajectory, whole."""
    return trajectory_to_dict(trajectory_id, memory.get_trajectory(trajectory_id, namespace=owner))


@router.delete("/trajectories/{trajectory_id}", response_model=ForgottenModel)
def forget_trajectory(owner: Owner, memory: Library, trajectory_id: str) -> Record:
    """Forget a trajectory and every entry learnt from it alone."""
    if not trajectory_id.startswith("t-"):
        raise NotFound(f"no trajectory {trajectory_id!r} in namespace {owner}")
    return asdict(memory.forget(trajectory_id, namespace=owner))


@router.get("/jobs", response_model=list[JobModel], tags=["jobs"])
def list_jobs(owner: Owner, memory: Library) -> list[Record]:
    """Return every ingestion, oldest first; a running one shows how far it is."""
    return [job_to_dict(one) for one in memory.jobs(namespace=owner)]


@router.get("/jobs/{job_id}", response_model=JobModel, tags=["jobs"])
def get_job(owner: Owner, memory: Library, job_id: str) -> Record:
    """Return one ingestion."""
    return job_to_dict(memory.get_job(job_id, namespace=owner))


@router.get("/jobs/{job_id}/rejections", response_model=list[RejectionModel], tags=["jobs"])
def list_rejections(owner: Owner, memory: Library, job_id: str) -> list[Record]:
    """Return the records an ingestion could not read, in reading order."""
    return [rejection_to_dict(one) for one in memory.rejections(job_id, namespace=owner)]


@contextmanager
def _place(places: BoundedSemaphore) -> Iterator[None]:
    if not places.acquire(blocking=False):
        raise HTTPException(429, "too many ingestions at once: try again soon", {"Retry-After": "2"})
    try:
        yield
    finally:
        places.release()
