"""``midthought namespaces``: which namespaces there are, and which of them see the starter memory."""

from typing import TYPE_CHECKING, Annotated

import typer

from midthought.api.cli.global_options import read_settings
from midthought.api.cli.printing import Output, OutputOption, print_json, print_text
from midthought.api.opening import open_memory_for

if TYPE_CHECKING:
    from midthought.memory.records.namespace import NamespaceRecord

namespaces_commands = typer.Typer(
    rich_markup_mode=None, help="List namespaces, make them, switch their starter memory."
)
Name = Annotated[str, typer.Argument(metavar="NAME", help="1-63 of a-z 0-9 . _ -")]


@namespaces_commands.callback(invoke_without_command=True)
def list_namespaces(context: typer.Context, output: OutputOption = Output.TEXT) -> None:
    """List the namespaces that exist, and whether each sees the starter memory."""
    if context.invoked_subcommand is not None:
        return
    with open_memory_for(read_settings(context)) as memory:
        for one in memory.namespaces():
            _print(one, output)


@namespaces_commands.command("create")
def create(
    context: typer.Context,
    name: Name,
    starter: Annotated[bool, typer.Option(help="Whether it sees the starter memory.")] = True,
    output: OutputOption = Output.TEXT,
) -> None:
    """Create an empty namespace; if it exists, only its starter memory is switched."""
    with open_memory_for(read_settings(context)) as memory:
        _print(memory.create_namespace(name, starter=starter), output)


@namespaces_commands.command("set")
def switch(
    context: typer.Context,
    name: Name,
    starter: Annotated[bool, typer.Option("--starter/--no-starter", help="Whether it sees the starter memory.")],
    output: OutputOption = Output.TEXT,
) -> None:
    """Let a namespace see the starter memory, or not."""
    with open_memory_for(read_settings(context)) as memory:
        _print(memory.set_namespace(name, starter=starter), output)


def _print(record: "NamespaceRecord", output: Output) -> None:
    from midthought.api.operations.shapes import NAMESPACE

    if output is Output.JSON:
        print_json(NAMESPACE.write(record))
        return
    made = f", made {record.created_at.isoformat(' ', 'seconds')}" if record.created_at else ""
    print_text(f"{record.name}  {'with' if record.starter else 'without'} starter memory{made}")
