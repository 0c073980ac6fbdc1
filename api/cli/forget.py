"""``midthought forget``: remove what should not be remembered."""

from dataclasses import asdict
from typing import Annotated

import typer

from midthought.api.cli.context import Output, OutputOption, read_settings
from midthought.api.cli.failures import collecting, raise_collected
from midthought.api.cli.opened import open_memory_for
from midthought.api.cli.printing import print_json, print_text
from midthought.memory.errors import MidthoughtError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(forget)


def forget(
    context: typer.Context,
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Ids of entries or trajectories.")],
    output: OutputOption = Output.TEXT,
) -> None:
    """Forget entries, or trajectories with every entry learnt from them alone.

    An id that is not there does not stop the others; the exit code is 1 then. What was forgotten comes back only where
    it is taught again.
    """
    settings = read_settings(context)
    errors: list[MidthoughtError] = []
    with open_memory_for(settings) as library:
        for item_id in ids:
            with collecting(errors):
                gone = library.forget(item_id, namespace=settings.namespace)
                if output is Output.JSON:
                    print_json(asdict(gone))
                else:
                    print_text(f"forgot {gone.id}: {gone.trajectories} trajectories, {gone.entries} entries")
    raise_collected(errors)
