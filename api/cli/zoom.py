"""``midthought zoom show``: which part of its text a zoomed thought saw at each step."""

from pathlib import Path
from typing import Annotated

import click

from midthought.api.cli.command_group import CommandGroup, CommandRow
from midthought.api.cli.global_options import read_settings
from midthought.api.cli.parameters import Argument, Option
from midthought.api.cli.printing import print_text, write_picture
from midthought.api.opening import open_memory_to_read
from midthought.memory.errors import BadInput


def show(
    context: click.Context,
    run: Annotated[str, Argument(metavar="RUN", help="The id of a run, as reason prints it.")],
    picture: Annotated[Path | None, Option(help="Draw it too: an SVG file.")] = None,
) -> None:
    """Show which part of the text was open when: a line per part, a column per record, darker for more heads."""
    from midthought.api.pictures.zoom_picture import draw_zoom, zoom_lines
    from midthought.reasoner.thought.receipts import read_zoom_record

    settings = read_settings(context)
    with open_memory_to_read(settings) as memory:
        content = memory.get_run(run, namespace=settings.namespace)
    record = read_zoom_record(content)
    if record is None:
        raise BadInput("the cache was not zoomed in this run: reason with --kv zoom", place=run)
    print_text("\n".join(zoom_lines(record)))
    if picture:
        write_picture(picture, draw_zoom(record))


_SHOW = "Show which part of the text was open when: a line per part, a column per record, darker for more heads."
zoom_commands = CommandGroup(
    "zoom", [CommandRow("show", _SHOW, module="zoom")], help="Look at zoomed thoughts.", no_args_is_help=True
)
