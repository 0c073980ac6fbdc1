"""``midthought namespaces``: which namespaces there are, and which of them see the starter memory."""

from typing import TYPE_CHECKING, Annotated

import click

from midthought.api.cli.command_group import CommandGroup, CommandRow
from midthought.api.cli.global_options import read_settings
from midthought.api.cli.parameters import Argument, RequestForm, make_command
from midthought.api.cli.printing import Output, OutputOption, print_json, print_text
from midthought.api.opening import open_memory_for
from midthought.api.operations.namespaces import CreateNamespace, SetNamespace

if TYPE_CHECKING:
    from midthought.memory.records.namespace import NamespaceRecord

Name = Annotated[str, Argument(metavar="NAME", help="1-63 of a-z 0-9 . _ -")]


def list_namespaces(context: click.Context, output: OutputOption = Output.TEXT) -> None:
    """List the namespaces that exist, and whether each sees the starter memory."""
    if context.invoked_subcommand is not None:
        return
    with open_memory_for(read_settings(context)) as memory:
        for one in memory.namespaces():
            _print(one, output)


def create(
    context: click.Context,
    name: Name,
    request: Annotated[CreateNamespace, RequestForm()],
    output: OutputOption = Output.TEXT,
) -> None:
    """Create an empty namespace; if it exists, only its starter memory is switched."""
    with open_memory_for(read_settings(context)) as memory:
        _print(memory.send(request, namespace=name), output)


def switch(
    context: click.Context,
    name: Name,
    request: Annotated[SetNamespace, RequestForm()],
    output: OutputOption = Output.TEXT,
) -> None:
    """Let a namespace see the starter memory, or not."""
    with open_memory_for(read_settings(context)) as memory:
        _print(memory.send(request, namespace=name), output)


def _print(record: "NamespaceRecord", output: Output) -> None:
    from midthought.api.operations.shapes import NAMESPACE

    if output is Output.JSON:
        print_json(NAMESPACE.write(record))
        return
    made = f", made {record.created_at.isoformat(' ', 'seconds')}" if record.created_at else ""
    print_text(f"{record.name}  {'with' if record.starter else 'without'} starter memory{made}")


_LIST = make_command("namespaces", list_namespaces, summary="")
namespaces_commands = CommandGroup(
    "namespaces",
    [
        CommandRow(
            "create",
            "Create an empty namespace; if it exists, only its starter memory is switched.",
            module="namespaces",
        ),
        CommandRow("set", "Let a namespace see the starter memory, or not.", module="namespaces", function="switch"),
    ],
    callback=_LIST.callback,
    params=_LIST.params,
    help="List namespaces, make them, switch their starter memory.",
)
