"""The progress of a job as server-sent events: each is the whole job, so that none has to be kept or sent again."""

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from threading import Event
from typing import Annotated, Any
from weakref import WeakSet

from fastapi import Header, Request, Response
from fastapi.responses import StreamingResponse
from starlette.exceptions import HTTPException

from midthought.api.job_thread import ACTIVE
from midthought.api.operations.codec import write_result
from midthought.api.operations.jobs import GetJob
from midthought.api.python.memory import Memory
from midthought.api.rest.access import Admission, AdmissionEnded, Owner, admission_of
from midthought.api.rest.problems import problem_of
from midthought.api.rest.reason import EVENT_STREAM, HEARTBEAT
from midthought.api.rest.routers import make_router
from midthought.api.rest.state import Library
from midthought.memory.errors import NotFound
from midthought.memory.records.job import Job

router = make_router(tags=("jobs",))

EVENTS = f"{GetJob.route.path}/events"
MAX_STREAMS = 64
"""Streams at once: each looks at its job twice a second, for two milliseconds."""
_POLL = 0.5
_COMMENT = b": the job goes on\n\n"
_ENDING = b"retry: 5000\n: the service is ending, and the job goes on when it runs again: ask again\n\n"
"""Ends a stream before its job: without an event, so that whoever asks again gets the last one that it had not."""
_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
_LAST = "the id of the last event that the caller has: it is not sent again"
_EVENTS = (
    "Events `progress` and, as the last, `end`; their data is the job. If the key of the caller ends, or the namespace "
    "is deleted, the last is `error`; its data is the problem document."
)
_TEXT = {
    EVENT_STREAM: {
        "schema": {"type": "string"},
        "example": 'id: 5d41402abc4b2a76\nevent: progress\ndata: {"id": "o-1", "state": "running"}\n\n',
    }
}


@dataclass(frozen=True, slots=True)
class JobStreams:
    """The streams of a service, and whether it ends.

    Attributes:
        open: those that are read, or whose client has just gone; one that nobody holds any more is not counted.
    """

    open: "WeakSet[AsyncIterator[bytes]]" = field(default_factory=WeakSet)
    ending: Event = field(default_factory=Event)


@router.get(
    EVENTS,
    response_class=StreamingResponse,
    responses={
        200: {"content": _TEXT, "description": _EVENTS},
        204: {"description": "The job has ended, and the caller has its last event: a browser asks no more."},
    },
)
async def stream_job(
    owner: Owner,
    memory: Library,
    request: Request,
    job_id: str,
    last_event_id: Annotated[str, Header(description=_LAST)] = "",
) -> Response:
    """Send the job whenever it has changed, until it ends, or until the key of the caller does not open it any more."""
    job = await asyncio.to_thread(memory.get_job, job_id, namespace=owner)
    if job.state not in ACTIVE and event_id(job) == last_event_id:
        return Response(status_code=204)
    streams: JobStreams = request.app.state.job_streams
    if len(streams.open) >= MAX_STREAMS:
        raise HTTPException(429, f"{MAX_STREAMS} streams of jobs are open, the most there can be", {"Retry-After": "5"})
    events = _events(memory, admission_of(request, owner, GetJob.route.scope), job, last_event_id, streams.ending)
    streams.open.add(events)
    return StreamingResponse(events, headers=_HEADERS, media_type=EVENT_STREAM)


async def _events(memory: Memory, admission: Admission, job: Job, last: str, ending: Event) -> AsyncIterator[bytes]:
    quiet_since = time.monotonic()
    while not ending.is_set():
        is_over = job.state not in ACTIVE
        if (name := event_id(job)) != last:
            last, quiet_since = name, time.monotonic()
            yield f"id: {name}\nevent: {'end' if is_over else 'progress'}\ndata: {_data(job).decode()}\n\n".encode()
        elif time.monotonic() - quiet_since > HEARTBEAT:
            quiet_since = time.monotonic()
            yield _COMMENT
        if is_over:
            return
        await asyncio.sleep(_POLL)
        try:
            admission.check()
            job = await asyncio.to_thread(memory.get_job, job.id, namespace=admission.namespace)
        except AdmissionEnded as ended:
            yield _write_error(ended.problem)
            return
        except NotFound as error:  # its namespace was forgotten
            yield _write_error(problem_of(error))
            return
    yield _ENDING


def _write_error(problem: dict[str, Any]) -> bytes:
    return b"event: error\ndata: %s\n\n" % json.dumps(problem).encode()


def event_id(job: Job) -> str:
    """Return the id of the event that shows a job as it is."""
    return hashlib.sha256(_data(job)).hexdigest()[:16]


def _data(job: Job) -> bytes:
    return write_result(GetJob, job)
