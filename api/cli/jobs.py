"""``midthought jobs``: every ingestion, how far it is, what failed in it; wait for it, stop it, run it again."""

from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any

import click

from midthought.api.cli.command_group import CommandGroup, CommandRow
from midthought.api.cli.global_options import read_settings
from midthought.api.cli.ingested_counts import print_counts
from midthought.api.cli.parameters import Argument, Option
from midthought.api.cli.printing import Output, OutputOption, indent, print_json, print_text, shorten
from midthought.api.cli.removed_rows import print_removed
from midthought.api.opening import open_memory_for, open_memory_to_read
from midthought.api.settings import Settings
from midthought.api.upkeep_tasks import UpkeepTask
from midthought.memory.errors import BadSettings, MidthoughtError, NotFound
from midthought.memory.records.dead_letter import DeadLetter
from midthought.memory.records.job import Job, JobState, Rejection

if TYPE_CHECKING:
    from midthought.api.python.client import Client
    from midthought.api.python.memory import Memory
    from midthought.memory.records.retention_report import RetentionReport

JobId = Annotated[str, Argument(metavar="JOB", help="The id of a job.")]
_SHOWN = 5
"""Dead letters and rejections that `show` prints."""
_LOOK = 2.0
"""Seconds between two lines of progress."""


def list_jobs(context: click.Context, output: OutputOption = Output.TEXT) -> None:
    """List the jobs of the namespace, oldest first."""
    settings = read_settings(context)
    with open_memory_to_read(settings) as memory:
        found = memory.jobs(namespace=settings.namespace)
    for job in found:
        if output is Output.JSON:
            _print_json(job)
        else:
            print_text(describe_job(job))


def show(context: click.Context, job_id: JobId, output: OutputOption = Output.TEXT) -> None:
    """Show one job: progress, counts, tokens, what it refused or removed, and what failed, with causes."""
    settings = read_settings(context)
    with open_memory_to_read(settings) as memory:
        job = memory.get_job(job_id, namespace=settings.namespace)
        letters = memory.dead_letters(job_id, namespace=settings.namespace)
        rejections = memory.rejections(job_id, namespace=settings.namespace)
        report = _find_removed(memory, job, settings.namespace)
    if output is Output.JSON:
        _print_json(job, letters, report)
        return
    print_text(describe_job(job))
    if report is not None:
        print_removed(job_id, report)
    if not _is_upkeep(job):
        print_counts(job.counts)
    _print_cost(job, settings)
    _print_letters(letters)
    _print_rejections(rejections)


def wait(
    context: click.Context,
    job_id: JobId,
    timeout: Annotated[float | None, Option(metavar="SECONDS", help="Give up after so many seconds.", min=0)] = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Wait until a job has ended; the exit code is 1 unless it is finished."""
    settings = read_settings(context)
    with open_memory_to_read(settings) as memory:
        _wait(memory, job_id, settings.namespace, output, timeout=timeout)


def cancel(context: click.Context, job_id: JobId, output: OutputOption = Output.TEXT) -> None:
    """Let a job stop after its present batch; what is stored stays, and `retry` goes on."""
    settings = read_settings(context)
    with open_memory_for(settings) as memory:
        job = memory.cancel_job(job_id, namespace=settings.namespace)
    _print(job, output)


def retry(
    context: click.Context,
    job_id: JobId,
    budget_tokens: Annotated[
        int | None, Option(help="Stop before the job has taken more tokens of the model.  [default: what it had]")
    ] = None,
    budget: Annotated[
        float | None, Option(help="Stop before the job has cost more, by the prices set.  [default: what it had]")
    ] = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Run a job again from its last commit, and wait for it."""
    settings = read_settings(context, model_budget_tokens=budget_tokens, model_budget=budget)
    if settings.url and (budget_tokens, budget) != (None, None):
        raise BadSettings("the service at --url has a budget of its own: leave out --budget..., or set it there")
    with open_memory_for(settings) as memory:
        before = _letter_keys(memory, job_id, settings.namespace)
        memory.retry_job(job_id, namespace=settings.namespace)
        _wait(memory, job_id, settings.namespace, output)
        if before and output is Output.TEXT:
            answered = before - _letter_keys(memory, job_id, settings.namespace)
            print_text(f"  {len(answered):,} of {len(before):,} dead letters answered now")


def _letter_keys(memory: "Memory | Client", job_id: str, namespace: str) -> set[tuple[str, str, str]]:
    """Return what names each dead letter of a job: the trajectory, the stage, the subquestion."""
    letters = memory.dead_letters(job_id, namespace=namespace)
    return {(one.trajectory_id, one.stage, one.key) for one in letters}


def _wait(
    memory: "Memory | Client", job_id: str, namespace: str, output: Output, *, timeout: float | None = None
) -> None:
    """Wait for a job, with lines of progress on standard error; raise an error that names it unless it is finished."""
    left, job = timeout, memory.get_job(job_id, namespace=namespace)
    while job.state in (JobState.QUEUED, JobState.RUNNING) and (left is None or left > 0):
        look = _LOOK if left is None else min(_LOOK, left)
        job = memory.wait_job(job_id, timeout=look, namespace=namespace)
        left = None if left is None else left - look
        if job.state is JobState.RUNNING and output is Output.TEXT:
            print_text(describe_job(job), error=True)
    _print(job, output)
    if job.state is not JobState.FINISHED:
        raise MidthoughtError(f"job {job.id} is {job.state}" + (f": {job.error}" if job.error else ""))


def _print(job: Job, output: Output) -> None:
    if output is Output.JSON:
        _print_json(job)
    else:
        print_text(describe_job(job))


def _print_json(job: Job, letters: list[DeadLetter] | None = None, removed: "RetentionReport | None" = None) -> None:
    from dataclasses import asdict

    from midthought.api.operations.retention import REPORT
    from midthought.api.operations.shapes import JOB

    told: dict[str, Any] = {} if letters is None else {"letters": [asdict(one) for one in letters]}
    if removed is not None:
        told["retention"] = REPORT.write(removed)
    print_json(JOB.write(job) | told)


def _find_removed(memory: "Memory | Client", job: Job, namespace: str) -> "RetentionReport | None":
    """Return what a job of retention removed so far; None before it began, and for any other job."""
    if job.kind != UpkeepTask.RETENTION:
        return None
    with suppress(NotFound):
        return memory.retention_report(job.id, namespace=namespace)
    return None


def _is_upkeep(job: Job) -> bool:
    """Whether a job is none that ingests, so that it has no counts of records."""
    return job.kind in set(UpkeepTask)


def describe_job(job: Job) -> str:
    """Return a job in one line."""
    named = f"{job.kind} ({job.source})" if _is_upkeep(job) else job.source
    told = _describe_progress(job)
    line = f"{job.id}  {job.state}  {named}" + (f": {told}" if told else "")
    counts = job.counts
    if counts.calls:
        line += f", {counts.calls:,} calls of the model"
    if counts.dead_letters:
        line += f", {counts.dead_letters:,} dead letters"
    return line + (f"; {job.error}" if job.error else "")


def _describe_progress(job: Job) -> str:
    progress = job.progress
    total = f" of {progress.total:,}" if progress is not None and progress.total is not None else ""
    if _is_upkeep(job) and not total:
        return ""
    line = f"{job.position:,}{total}" + ("" if _is_upkeep(job) else " records")
    if progress is None or job.state is not JobState.RUNNING:
        return line
    rate = f", {progress.rate:,.1f} per second" if progress.rate else ""
    left = f", {_describe_seconds(progress.seconds_left)} left" if progress.seconds_left is not None else ""
    return f"{line}{rate}{left}"


def _describe_seconds(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _print_cost(job: Job, settings: Settings) -> None:
    """Print what the tokens of a job cost, if prices are set."""
    from midthought.ingest.decomposition.model_calls import Budget, Spent

    counts = job.counts
    prices = (settings.model_price_in, settings.model_price_cached, settings.model_price_out)
    cost = Budget(None, None, *prices).price(
        Spent(counts.calls, counts.tokens_in, counts.tokens_cached, counts.tokens_out)
    )
    if cost:
        print_text(f"  cost: {cost:.4g} by the prices set")


def _print_letters(letters: list[DeadLetter]) -> None:
    """Print what the model failed at: the cause, and the beginning of its last output."""
    for letter in letters[:_SHOWN]:
        about = f" {letter.key!r}" if letter.key else ""
        print_text(
            f"  dead letter {letter.trajectory_id} {letter.stage}{about}: {letter.cause} ({letter.attempts} attempts)"
        )
        if letter.raw.strip():
            print_text(indent(shorten(letter.raw, 300), "    | "))
    if len(letters) > _SHOWN:
        print_text(f"  and {len(letters) - _SHOWN:,} more dead letters: -o json shows all")


def _print_rejections(rejections: list[Rejection]) -> None:
    for rejection in rejections[:_SHOWN]:
        print_text(f"  rejected {rejection.place}: {rejection.reason}")
    if len(rejections) > _SHOWN:
        print_text(f"  and {len(rejections) - _SHOWN:,} more rejected records")


jobs_commands = CommandGroup(
    "jobs",
    [
        CommandRow("list", "List the jobs of the namespace, oldest first.", module="jobs", function="list_jobs"),
        CommandRow(
            "show",
            "Show one job: progress, counts, tokens, what it refused or removed, and what failed, with causes.",
            module="jobs",
        ),
        CommandRow("wait", "Wait until a job has ended; the exit code is 1 unless it is finished.", module="jobs"),
        CommandRow(
            "cancel",
            "Let a job stop after its present batch; what is stored stays, and `retry` goes on.",
            module="jobs",
        ),
        CommandRow("retry", "Run a job again from its last commit, and wait for it.", module="jobs"),
    ],
    help="Look at jobs, wait for them, stop them, run them again.",
)
