"""Uploads of trajectories: the one route whose body is a stream."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from threading import BoundedSemaphore
from typing import Annotated

from fastapi import Header, Query, Response
from starlette.exceptions import HTTPException

from midthought.api.harvesting import NoModel
from midthought.api.job_thread import ACTIVE
from midthought.api.operations.codec import write_result
from midthought.api.operations.field_docs import field_docs
from midthought.api.operations.jobs import GetJob
from midthought.api.operations.trajectories import Ingested, UploadTrajectories
from midthought.api.python.memory import Memory
from midthought.api.rest.access import Owner
from midthought.api.rest.preference import Preference, read_preference
from midthought.api.rest.routers import make_router
from midthought.api.rest.state import Ingestions, Library, UploadLimits
from midthought.api.rest.survey import check_upload
from midthought.api.rest.upload import Body, as_lines
from midthought.ingest.formats.field_map import FieldMap
from midthought.ingest.formats.format import Format
from midthought.ingest.stream.reader import STDIN
from midthought.ingest.verdicts.policy import UnjudgedPolicy, WrongPolicy
from midthought.memory.errors import BadSettings
from midthought.memory.records.job import Job
from midthought.memory.records.namespace import Namespace

router = make_router(tags=("trajectories",))

MAX_REJECTIONS = 1000
"""Rejections in the answer to an upload; the list of the job has all of them."""

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
        "description": "One trajectory, a JSON list of them, or one per line, in any format the readers know; may be "
        "compressed with gzip or zstd.",
        "content": {
            "application/json": {"schema": {"type": "object"}, "example": _EXAMPLE},
            "application/x-ndjson": {"schema": {}},
        },
    }
}


_OF = field_docs(UploadTrajectories)
_PREFER = (
    "`respond-async`: answer 202 at once, and learn in the background; `wait=10`: wait so many seconds before that"
)
_KEY = "the same key gives the same job, and other content under it is refused; up to 200 printable ASCII characters"


@router.post(
    UploadTrajectories.route.path,
    response_model=Ingested,
    responses={202: {"model": Ingested, "description": "Accepted: the job runs, and `Location` says where it is."}},
    openapi_extra=_BODY,
    description=UploadTrajectories.__doc__,
)
def add_trajectories(
    owner: Owner,
    memory: Library,
    places: Ingestions,
    limits: UploadLimits,
    upload: Body,
    format: Annotated[Format, Query(description="how the records are written")] = Format.AUTO,
    map: Annotated[str, Query(description=field_docs(UploadTrajectories)["map"])] = "",
    strict: Annotated[bool, Query(description="refuse the whole body if one record cannot be read")] = False,
    draft: Annotated[bool, Query(description="let what is learnt wait until a person accepts it")] = False,
    unjudged: Annotated[UnjudgedPolicy, Query(description=_OF["unjudged"])] = UnjudgedPolicy.SKIP,
    wrong: Annotated[WrongPolicy, Query(description=_OF["wrong"])] = WrongPolicy.SKIP,
    skip_checks: Annotated[list[str], Query(description=_OF["skip_checks"])] = [],  # noqa: B006  # read alone
    mask_secrets: Annotated[bool, Query(description=_OF["mask_secrets"])] = True,
    decompose: Annotated[bool, Query(description=_OF["decompose"])] = True,
    all_attempts: Annotated[bool, Query(description=_OF["all_attempts"])] = False,
    concepts: Annotated[bool, Query(description=_OF["concepts"])] = False,
    passes: Annotated[int, Query(description=_OF["passes"], ge=1, le=3)] = 1,
    prefer: Annotated[str, Header(description=_PREFER)] = "",
    idempotency_key: Annotated[str, Header(description=_KEY)] = "",
) -> Response:
    """Learn from the body; answer with the job and the first rejections, or with a job that was accepted."""
    preference = read_preference(prefer)
    gone = upload.gone.is_set
    lines = nullcontext(upload.body) if format is Format.TEXT else as_lines(upload.body)
    with take_place(places), _needs_model(), lines as stream:
        # Before anything is stored: a body with one record too many must leave nothing behind.
        check_upload(stream, format=format, map=FieldMap.read(map), limits=limits, is_stopped=gone)
        job = memory.ingest(
            STDIN,
            stream=stream,
            format=format,
            map=map,
            strict=strict,
            draft=draft,
            unjudged=unjudged,
            wrong=wrong,
            skip_checks=skip_checks,
            mask_secrets=mask_secrets,
            decompose=decompose,
            all_attempts=all_attempts,
            concepts=concepts,
            passes=passes,
            limits=limits,
            is_stopped=gone,
            wait=preference is None,
            idempotency_key=idempotency_key,
            namespace=owner,
        )
    if preference is not None and preference.seconds:
        job = memory.wait_job(job.id, timeout=preference.seconds, namespace=owner)
    return _answer(memory, owner, job, preference)


def _answer(memory: Memory, owner: Namespace, job: Job, preference: Preference | None) -> Response:
    """Return 200 with what an ended job did, or 202 with where to look at one that has not ended."""
    rejections = memory.rejections(job.id, namespace=owner)[:MAX_REJECTIONS]
    headers = {"Preference-Applied": preference.applied} if preference is not None else {}
    if ended := job.state not in ACTIVE:
        status = UploadTrajectories.route.status
    else:
        status = 202
        headers["Location"] = GetJob.route.path.format(namespace=owner.name, job_id=job.id)
    body = write_result(UploadTrajectories, Ingested(job, tuple(rejections) if ended else ()))
    return Response(body, status, headers, media_type="application/json")


@contextmanager
def _needs_model() -> Iterator[None]:
    try:
        yield
    except BadSettings as error:
        raise NoModel(str(error)) from error


@contextmanager
def take_place(places: BoundedSemaphore) -> Iterator[None]:
    """Hold one of the places of uploads; 429 if all are taken."""
    if not places.acquire(blocking=False):
        raise HTTPException(429, "too many ingestions at once: try again soon", {"Retry-After": "2"})
    try:
        yield
    finally:
        places.release()
