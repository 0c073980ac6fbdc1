"""``midthought reindex``: move a memory to another encoder, or back."""

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated

import click

from midthought.api.cli.global_options import read_settings
from midthought.api.cli.parameters import Option
from midthought.api.cli.printing import Output, OutputOption, print_json, print_text
from midthought.api.cli.progress_show import show_progress
from midthought.api.opening import open_memory_for, open_store
from midthought.ingest.progress import Progress
from midthought.memory.records.job import Counts

if TYPE_CHECKING:
    from midthought.api.settings import Settings
    from midthought.memory.records.generation import Generation
    from midthought.memory.store import Store


def reindex(
    context: click.Context,
    encoder: Annotated[str | None, Option(help="The encoder to move to, as the setting encoder names it.")] = None,
    listed: Annotated[bool, Option(names=("--list",), help="Show the generations of vectors there are.")] = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """Encode every key with another encoder, then switch to it at once. If stopped, run it again to continue."""
    if (encoder is None) != listed:
        raise click.BadParameter("give --encoder NAME to move to that encoder, or --list")
    settings = read_settings(context)
    encoded, generations = (_move_there if settings.url else _move_here)(settings, encoder)
    _print(generations, encoded, output)
    if encoder is not None and settings.url and output is Output.TEXT:
        print_text(
            f"from now on the setting encoder of the service must be {encoder!r}: change it before it starts again"
        )
    elif encoder is not None and encoder != settings.encoder and output is Output.TEXT:
        print_text(f"from now on the setting encoder must be {encoder!r}, for example MIDTHOUGHT_ENCODER={encoder}")


def _move_there(settings: "Settings", name: str | None) -> "tuple[int | None, list[Generation]]":
    """Return how many keys a service encoded, None if it was not asked to, and its generations."""
    with open_memory_for(settings) as memory, show_progress("reindex") as tell:
        encoded = None if name is None else memory.reindex(name, on_progress=tell)
        return encoded, memory.generations()


def _move_here(settings: "Settings", name: str | None) -> "tuple[int | None, list[Generation]]":
    with open_store(settings, command="reindex") as store:
        encoded = None if name is None else _move(store, settings, name)
        return encoded, store.reader.list_generations()


def _move(store: "Store", settings: "Settings", name: str) -> int:
    from midthought.api.opening import make_encoder
    from midthought.memory.maintenance.reindex import reindex_store

    encoder = make_encoder(replace(settings, encoder=name))
    with show_progress("reindex") as tell:
        return reindex_store(
            store,
            encoder.identity,
            encoder.encode_documents,
            on_progress=lambda done, total: tell(Progress("reindex", done, total, Counts())),
        )


def _print(generations: "list[Generation]", encoded: int | None, output: Output) -> None:
    if output is Output.JSON:
        counted = {} if encoded is None else {"encoded": encoded}
        print_json(counted | {"generations": [asdict(one) for one in generations]})
        return
    if encoded is not None:
        print_text(f"encoded {encoded} keys")
    for one in generations:
        print_text(f"generation {one.number}: {one.state}, {one.encoder}")
