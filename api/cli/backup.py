"""``midthought backup``: a copy of the whole memory, which is checked before it gets its name."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import click

from midthought.api.cli.global_options import read_settings
from midthought.api.cli.parameters import Argument
from midthought.api.cli.printing import Output, OutputOption, print_json, print_text
from midthought.api.opening import open_store


def backup(
    context: click.Context,
    path: Annotated[str, Argument(metavar="PATH", help="A new folder.")],
    output: OutputOption = Output.TEXT,
) -> None:
    """Copy the whole memory, all namespaces, to a new folder; `midthought restore` brings it back.

    The copy is opened and checked before it gets its name. What is stopped leaves nothing under PATH.
    """
    from midthought.memory.maintenance.backup import write_backup

    with open_store(read_settings(context), command="backup") as store:
        done = write_backup(store, Path(path))
    if output is Output.JSON:
        print_json({"path": path, **asdict(done), "rows": dict(done.rows)})
    else:
        print_text(f"backed up to {path}: {done.describe_counts()}, {done.size:,} bytes")
