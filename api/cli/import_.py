"""``midthought import``: read an export, or another tool's memory."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import click

from midthought.api.cli.exit_codes import ExitCode
from midthought.api.cli.global_options import read_settings
from midthought.api.cli.parameters import Argument, Option
from midthought.api.cli.printing import Output, OutputOption, print_json, print_text
from midthought.api.cli.progress_show import show_progress
from midthought.api.opening import open_memory_for
from midthought.ingest.transfer.import_format import ImportFormat

if TYPE_CHECKING:
    from midthought.ingest.transfer.imports import Imported
    from midthought.memory.records.job import Job, Rejection


def import_(
    context: click.Context,
    path: Annotated[str, Argument(metavar="PATH", help="A file or a folder.")],
    format: Annotated[ImportFormat, Option(help="What lies there.")] = ImportFormat.AUTO,
    trusted: Annotated[bool, Option(help="It is your own: its entries need not be verified.")] = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """Take in an export, a mem0 export, an ACE playbook or Markdown skills; what is stored already stays.

    Its entries count as imported, and are marked as unverified data in hints, until `midthought verify` names them.
    A damaged export is refused whole. An import that was stopped continues if it is given again. Exit code 3: some
    records of another tool were rejected.
    """
    from midthought.ingest.transfer.imports import detect_import

    settings = read_settings(context)
    found = detect_import(Path(path)) if format is ImportFormat.AUTO else format  # before a memory is created in vain
    with open_memory_for(settings) as memory:
        with show_progress(path) as on_progress:
            done = memory.import_(
                path, format=found, trusted=trusted, namespace=settings.namespace, on_progress=on_progress
            )
        rejections = memory.rejections(done.job.id, namespace=settings.namespace) if done.job else []
    (_print_json if output is Output.JSON else _print_text)(path, done, rejections)
    if rejections:
        raise click.exceptions.Exit(ExitCode.REJECTED)


def _print_json(path: str, done: "Imported", rejections: "list[Rejection]") -> None:
    from midthought.api.operations.shapes import COUNTS

    about = {"path": path, "format": done.format}
    if done.job is None:
        tables = {one.table: {"read": one.read, "stored": one.stored, "known": one.known} for one in done.tables}
        print_json({**about, "tables": tables})
        return
    listed = [asdict(one) for one in rejections]
    counts = COUNTS.write(done.job.counts)
    print_json({**about, "job_id": done.job.id, **counts, "rejections": listed})


def _print_text(path: str, done: "Imported", rejections: "list[Rejection]") -> None:
    if done.job is not None:
        _print_job(path, done.format, done.job)
    for one in done.tables:
        if one.read:
            print_text(f"{one.table}: {one.read} read = {one.stored} stored + {one.known} known already")
    for rejection in rejections:
        print_text(f"  rejected {rejection.place}: {rejection.reason}")


def _print_job(path: str, format: ImportFormat, job: "Job") -> None:
    counts = job.counts
    print_text(
        f"{path} ({format}): {counts.read} records read = {counts.stored} stored + {counts.merged} merged (known "
        f"already) + {counts.rejected} rejected"
    )
