"""The pages of jobs: all of a namespace, and one with its report, whose progress a script keeps up to date."""

from dataclasses import fields

from starlette.responses import JSONResponse, Response

from midthought.api.explorer.page import HEADERS, Page
from midthought.api.explorer.visit import Visit
from midthought.api.operations.jobs import GetJob, ListDeadLetters, ListJobs, ListRejections
from midthought.api.operations.retention import GetRetentionReport
from midthought.api.recall_arguments import MAX_LIMIT
from midthought.api.upkeep_tasks import UpkeepTask
from midthought.memory.errors import NotFound
from midthought.memory.records.job import Counts, Job, JobState
from midthought.memory.records.retention_report import RetentionReport

SHOWN = 200
"""Jobs, rejections and dead letters on a page; the API has all of them."""
MAX_WATCHED = 5
"""Jobs of a list that the script of its page asks about: each costs a request every 1.5 seconds."""
_GOING_ON = (JobState.QUEUED, JobState.RUNNING)


def list_jobs(visit: Visit) -> Page:
    """Show the newest jobs, newest first."""
    found = visit.send(ListJobs(limit=MAX_LIMIT))
    shown = found[::-1][:SHOWN]
    watched = [one.id for one in shown if one.state in _GOING_ON][:MAX_WATCHED]
    return Page("jobs.html", {"jobs": shown, "total": len(found), "told": told_progress, "watched": watched})


def show_job(visit: Visit) -> Page:
    """Show one job: how far it is, its counts, and what it could not read or make anything of."""
    job = visit.send(GetJob(job_id=visit.part("job_id")))
    rejections = visit.send(ListRejections(job_id=job.id, limit=MAX_LIMIT))
    letters = visit.send(ListDeadLetters(job_id=job.id, limit=MAX_LIMIT))
    return Page(
        "job.html",
        {
            "job": job,
            "is_going_on": job.state in _GOING_ON,
            "live": live_fields(job),
            "retention": _retention_report(visit, job),
            "rejections": rejections[:SHOWN],
            "rejected": len(rejections),
            "letters": letters[:SHOWN],
            "lost": len(letters),
        },
    )


def _retention_report(visit: Visit, job: Job) -> RetentionReport | None:
    """Return what a job of retention removed so far; None for another job, and for one that has not begun."""
    if job.kind != UpkeepTask.RETENTION:
        return None
    try:
        return visit.send(GetRetentionReport(job_id=job.id))
    except NotFound:
        return None


def progress_of(visit: Visit) -> Response:
    """Answer the script of the page of a job: the texts that change, and whether there is more to come."""
    job = visit.send(GetJob(job_id=visit.part("job_id")))
    progress = job.progress
    record = {
        "fields": live_fields(job),
        "done": progress.done if progress else 0,
        "total": progress.total if progress else None,
        "more": job.state in _GOING_ON,
    }
    return JSONResponse(record, headers=HEADERS)


def live_fields(job: Job) -> dict[str, str]:
    """Return the texts of a job that change while it runs, by name."""
    counts = {one.name: getattr(job.counts, one.name) for one in fields(Counts)}
    numbers = {name: f"{value:,}" for name, value in counts.items() if isinstance(value, int)}
    return {"state": job.state.value, "progress": told_progress(job), "error": job.error or "", **numbers}


def told_progress(job: Job) -> str:
    """Return how far a job is, in words."""
    progress = job.progress
    if progress is None:
        return "not begun"
    total = f" of {progress.total:,}" if progress.total is not None else ""
    rate = f", {progress.rate:,.1f} records per second" if progress.rate else ""
    left = f", {progress.seconds_left:,.0f} s left" if progress.seconds_left and job.state in _GOING_ON else ""
    return f"{progress.done:,}{total} records{rate}{left}"
