"""``midthought retention``: remove what the namespace does not keep any longer, and say what that was."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import click

from midthought.api.cli.global_options import read_settings
from midthought.api.cli.parameters import RequestForm
from midthought.api.cli.printing import Output, OutputOption, print_json
from midthought.api.cli.removed_rows import print_removed
from midthought.api.cli.retention_limits import KeepOption, ProtectOption, read_change
from midthought.api.opening import open_memory_for
from midthought.api.operations.retention import ApplyRetention
from midthought.memory.errors import MidthoughtError
from midthought.memory.records.job import JobState

if TYPE_CHECKING:
    from midthought.memory.records.retention_report import RetentionReport


def retention(
    context: click.Context,
    request: Annotated[ApplyRetention, RequestForm({"retention": None})],
    keep: KeepOption = (),  # type: ignore[assignment]  # click gives a list
    protect: ProtectOption = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Remove what is beyond the limits of the namespace, and say what that was. `namespaces set --keep` sets them.

    What an entry needs is kept. `midthought compact` removes the last bytes of the rest. A dry run tries --keep and
    --protect, which sets nothing.
    """
    change = read_change(tuple(keep), protect)
    if change is not None and not request.dry_run:
        raise click.UsageError(
            "--keep and --protect are what a dry run tries: give --dry-run too, or set them by `namespaces set`"
        )
    settings = read_settings(context)
    with open_memory_for(settings) as memory:
        job = memory.send(replace(request, retention=change), namespace=settings.namespace)
        job = memory.wait_job(job.id, namespace=settings.namespace)
        if job.state is not JobState.FINISHED:
            raise MidthoughtError(f"job {job.id} is {job.state}" + (f": {job.error}" if job.error else ""))
        report = memory.retention_report(job.id, namespace=settings.namespace)
    _print(job.id, report, output)


def _print(job_id: str, report: "RetentionReport", output: Output) -> None:
    from midthought.api.operations.retention import REPORT

    if output is Output.JSON:
        print_json({"job_id": job_id, **REPORT.write(report)})
    else:
        print_removed(job_id, report)
