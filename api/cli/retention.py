"""``midthought retention``: remove what the namespace does not keep any longer, and say what that was."""

from typing import TYPE_CHECKING, Annotated

import click

from midthought.api.cli.global_options import read_settings
from midthought.api.cli.parameters import RequestForm
from midthought.api.cli.printing import Output, OutputOption, indent, print_json, print_text
from midthought.api.opening import open_memory_for
from midthought.api.operations.retention import ApplyRetention
from midthought.memory.errors import MidthoughtError
from midthought.memory.records.job import JobState

if TYPE_CHECKING:
    from midthought.memory.records.retention_report import RemovedRows, RetentionReport


def retention(
    context: click.Context,
    request: Annotated[ApplyRetention, RequestForm()],
    output: OutputOption = Output.TEXT,
) -> None:
    """Remove what is beyond the limits of the namespace, and say what that was. `namespaces set --keep` sets them.

    What an entry needs is kept. `midthought compact` removes the last bytes of the rest.
    """
    settings = read_settings(context)
    with open_memory_for(settings) as memory:
        job = memory.send(request, namespace=settings.namespace)
        job = memory.wait_job(job.id, namespace=settings.namespace)
        if job.state is not JobState.FINISHED:
            raise MidthoughtError(f"job {job.id} is {job.state}" + (f": {job.error}" if job.error else ""))
        report = memory.retention_report(job.id, namespace=settings.namespace)
    _print(job.id, report, output)


def _print(job_id: str, report: "RetentionReport", output: Output) -> None:
    from midthought.api.operations.retention import REPORT

    if output is Output.JSON:
        print_json({"job_id": job_id, **REPORT.write(report)})
        return
    told = [one for one in report.removed if one.count or one.needed]
    print_text(f"{'would remove' if report.dry_run else 'removed'} by job {job_id}:{'' if told else ' nothing'}")
    for one in told:
        print_text(indent(_describe(one)))


def _describe(rows: "RemovedRows") -> str:
    size = f", {rows.bytes:,} bytes" if rows.bytes else ""
    since = f", stored {rows.oldest:%Y-%m-%d} to {rows.newest:%Y-%m-%d}" if rows.oldest and rows.newest else ""
    needed = f"; {rows.needed:,} more are needed and stay" if rows.needed else ""
    return f"{rows.count:,} {rows.kind}{size}{since}{needed}"
