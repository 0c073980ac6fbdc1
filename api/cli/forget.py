"""``midthought forget``: remove what should not be remembered."""

from dataclasses import asdict
from typing import Annotated

import typer

from midthought.api.cli.context import Output, OutputOption, read_settings
from midthought.api.cli.opened import open_memory_for
from midthought.api.cli.printing import print_json, print_text


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(forget)


def forget(
    context: typer.Context,
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Ids of entries or trajectories.")],
    output: OutputOption = Output.TEXT,
) -> None:
    """Forget entries, or trajectories with every entry learnt from them alone. There is no way back."""
    settings = read_settings(context)
    with open_memory_for(settings) as library:
        for item_id in ids:
            gone = library.forget(item_id, namespace=settings.namespace)
            if output is Output.JSON:
                print_json(asdict(gone))
            else:
                print_text(f"forgot {gone.id}: {gone.trajectories} trajectories, {gone.entries} entries")
