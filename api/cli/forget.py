"""``midthought forget``: remove what should not be remembered."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import click

from midthought.api.cli.failures import collecting, raise_collected
from midthought.api.cli.global_options import read_settings
from midthought.api.cli.parameters import Argument, Option
from midthought.api.cli.printing import Output, OutputOption, print_json, print_text
from midthought.api.opening import open_memory_for
from midthought.api.settings import Settings
from midthought.memory.errors import MidthoughtError

if TYPE_CHECKING:
    from midthought.api.operations.entries import Forgotten


def forget(
    context: click.Context,
    ids: Annotated[list[str] | None, Argument(metavar="[ID]...", help="Ids of entries or trajectories.")] = None,
    everything: Annotated[bool, Option(help="Forget the whole namespace; --confirm must repeat its name.")] = False,
    confirm: Annotated[str | None, Option(metavar="NAMESPACE", help="Says that --everything is meant.")] = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Forget entries, or trajectories with every entry learnt from them alone.

    An unknown id does not stop the others; the exit code is then 1. What was forgotten comes back only if it is
    ingested again.
    """
    settings = read_settings(context)
    if everything:
        _forget_namespace(settings, ids or [], confirm, output)
        return
    if not ids:
        raise click.BadParameter("give the ids of what to forget")
    errors: list[MidthoughtError] = []
    with open_memory_for(settings) as memory:
        for item_id in ids:
            with collecting(errors):
                gone = memory.forget(item_id, namespace=settings.namespace)
                if output is Output.JSON:
                    print_json(asdict(gone))
                else:
                    print_text(_describe(gone))
    raise_collected(errors)


def _describe(gone: "Forgotten") -> str:
    if gone.hidden:
        return f"hid {gone.id} from this namespace: it is of the starter memory, which others share"
    return f"forgot {gone.id}: {gone.trajectories} trajectories, {gone.entries} entries"


def _forget_namespace(settings: Settings, ids: list[str], confirm: str | None, output: Output) -> None:
    name = settings.namespace
    if ids:
        raise click.BadParameter("give ids or --everything, not both")
    if confirm != name:
        raise click.BadParameter(
            f"everything in namespace {name!r} would be forgotten: add --confirm {name} if that is meant"
        )
    with open_memory_for(settings) as memory:
        count = memory.forget_namespace(name)
    if output is Output.JSON:
        print_json({"namespace": name, "entries": count})
    else:
        print_text(f"forgot namespace {name}: {count} entries, and all trajectories, runs and receipts")
