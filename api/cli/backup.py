"""``midthought backup``: a copy of the whole memory, which is checked before it gets its name."""

from pathlib import Path
from typing import Annotated

import click

from midthought.api.cli.global_options import read_settings
from midthought.api.cli.parameters import Argument
from midthought.api.cli.printing import Output, OutputOption, print_json, print_text
from midthought.api.opening import open_memory_for, open_store


def backup(
    context: click.Context,
    path: Annotated[
        str | None, Argument(metavar="[PATH]", help="A new folder; at a service the name of one, by default the time.")
    ] = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Copy the whole memory, all namespaces, to a new folder; `midthought restore` brings it back.

    The copy is opened and checked before it gets its name. What is stopped leaves nothing under PATH. A service makes
    it on its machine, in the directory of its setting backups.
    """
    from midthought.memory.maintenance.backup import write_backup

    settings = read_settings(context)
    if settings.url:
        with open_memory_for(settings) as memory:
            done = memory.backup(path or "")
    elif path is None:
        raise click.UsageError("Missing argument 'PATH'.", context)
    else:
        with open_store(settings, command="backup") as store:
            done = write_backup(store, Path(path))
    if output is Output.JSON:
        print_json({"path": done.folder, **done.to_record()})
        return
    where = f"{done.folder} in the directory for backups of {settings.url}" if settings.url else done.folder
    print_text(f"backed up to {where}: {done.describe_counts()}, {done.size:,} bytes")
