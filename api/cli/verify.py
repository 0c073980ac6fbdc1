"""``midthought verify``: say that imported entries were read and are trusted."""

from typing import Annotated

import click

from midthought.api.cli.failures import collecting, raise_collected
from midthought.api.cli.global_options import read_settings
from midthought.api.cli.parameters import Argument
from midthought.api.cli.printing import Output, OutputOption, print_json, print_text
from midthought.api.opening import open_memory_for
from midthought.memory.errors import MidthoughtError
from midthought.memory.records.entry_json import stored_to_dict


def verify(
    context: click.Context,
    ids: Annotated[list[str], Argument(metavar="ID...", help="Ids of entries that you have read.")],
    output: OutputOption = Output.TEXT,
) -> None:
    """Say that you have read entries and trust their texts, so that they count as your own.

    `midthought list --unverified` lists those that came by an import, `midthought get` shows one. An unknown id does
    not stop the others; the exit code is then 1.
    """
    settings = read_settings(context)
    errors: list[MidthoughtError] = []
    with open_memory_for(settings) as memory:
        for entry_id in ids:
            with collecting(errors):
                stored = memory.verify(entry_id, namespace=settings.namespace)
                if output is Output.JSON:
                    print_json(stored_to_dict(stored))
                else:
                    print_text(f"{stored.id} is trusted as {stored.trust}")
    raise_collected(errors)
