"""The answer to a request that begins a job: 202 with where the job is, or 200 if it ended while it was waited for."""

import json

from fastapi import Response

from midthought.api.job_thread import ACTIVE
from midthought.api.operations.codec import Operation, write_result
from midthought.api.operations.jobs import GetJob
from midthought.api.python.memory import Memory
from midthought.api.rest.idempotency import REPLAYED
from midthought.api.rest.preference import Preference
from midthought.memory.records.job import Job
from midthought.memory.records.namespace import Namespace


def job_place(owner: Namespace, job: Job) -> str:
    """Return the path of a job."""
    return GetJob.route.path.format(namespace=owner.name, job_id=job.id)


def answer_job(
    memory: Memory, owner: Namespace, job: Job, *, operation: Operation = GetJob, preference: Preference | None = None
) -> Response:
    """Return the answer, after the seconds that the caller prefers to wait."""
    if preference is not None and preference.seconds:
        job = memory.wait_job(job.id, timeout=preference.seconds, namespace=owner)
    headers = {"Preference-Applied": preference.applied} if preference is not None else {}
    status = 202 if job.state in ACTIVE else 200
    headers["Location"] = job_place(owner, job)
    return Response(write_result(operation, job), status, headers, media_type="application/json")


def answer_at_end(memory: Memory, owner: Namespace, begun: Response, *, preference: Preference) -> Response:
    """Return the answer that a job was begun with as it is after the seconds that the caller prefers to wait."""
    job = memory.get_job(json.loads(bytes(begun.body))["id"], namespace=owner)
    answer = answer_job(memory, owner, job, preference=preference)
    if REPLAYED in begun.headers:
        answer.headers[REPLAYED] = begun.headers[REPLAYED]
    return answer
