"""``midthought restore``: a memory from its backup."""

from pathlib import Path
from typing import Annotated

import click

from midthought.api.cli.global_options import read_settings
from midthought.api.cli.parameters import Argument
from midthought.api.cli.printing import Output, OutputOption, print_json, print_text
from midthought.api.opening import check_home
from midthought.memory.errors import BadSettings


def restore(
    context: click.Context,
    path: Annotated[str, Argument(metavar="PATH", help="The folder of a backup.")],
    output: OutputOption = Output.TEXT,
) -> None:
    """Make the directory given with --home, new or empty, a memory from a backup.

    A damaged backup, and a directory that holds something, are refused. Stopped at any instant, the directory is
    either the whole memory or none.
    """
    from midthought.ingest.transfer.place_kind import PlaceKind, refuse_other
    from midthought.memory.maintenance.backup import restore_backup

    settings = read_settings(context)
    if settings.url:
        raise BadSettings(
            "restore makes a directory of this machine a memory, which no service may be using: leave out --url and "
            "MIDTHOUGHT_URL, and give the new directory with --home"
        )
    home = settings.home_directory
    check_home(home)
    refuse_other(Path(path), PlaceKind.BACKUP)
    done = restore_backup(Path(path), home)
    if output is Output.JSON:
        print_json({"home": str(home), **done.to_record()})
    else:
        print_text(f"restored {home} from {path}: {done.describe_counts()}")
