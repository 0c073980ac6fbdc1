"""``midthought export``: a namespace as files."""

from pathlib import Path
from typing import Annotated

import click

from midthought.api.cli.global_options import read_settings
from midthought.api.cli.parameters import Argument, Option
from midthought.api.cli.printing import Output, OutputOption, print_json, print_text
from midthought.api.cli.progress_show import show_progress
from midthought.api.opening import open_memory_for, open_store
from midthought.ingest.transfer.layout import ExportFormat


def export(
    context: click.Context,
    path: Annotated[str, Argument(metavar="PATH", help="A new folder, or a new file that ends in .jsonl.")],
    format: Annotated[ExportFormat, Option(help="How rows are written.")] = ExportFormat.JSONL,
    vectors: Annotated[bool, Option(help="With the vectors, and whose they are.")] = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """Write everything of a namespace to files: entries with sources and history, trajectories, runs, receipts.

    What is stopped leaves nothing under PATH, which is of this machine also if a service exports. `midthought import`
    takes it in again, here or elsewhere.
    """
    from midthought.ingest.transfer.export import export_namespace
    from midthought.memory.records.namespace import Namespace

    settings = read_settings(context)
    with show_progress(path) as on_progress:
        if settings.url:
            with open_memory_for(settings) as memory:
                manifest = memory.export(
                    path,
                    format=format,
                    vectors=vectors,
                    namespace=settings.namespace,
                    on_progress=on_progress,
                )
        else:
            with open_store(settings, command="export") as store:
                manifest = export_namespace(
                    store,
                    Namespace(settings.namespace),
                    Path(path),
                    format=format,
                    vectors=vectors,
                    on_progress=on_progress,
                )
    rows = {file.table: file.rows for file in manifest.files}
    if output is Output.JSON:
        print_json({"path": path, "namespace": manifest.namespace, "format": manifest.format, "rows": rows})
        return
    told = ", ".join(f"{number} {table}" for table, number in rows.items() if number)
    print_text(f"exported {manifest.namespace} to {path}: {told}")
