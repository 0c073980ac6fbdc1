"""``midthought namespaces``: which namespaces there are, and what they are set to."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import click

from midthought.api.cli.command_group import CommandGroup, CommandRow
from midthought.api.cli.global_options import read_settings
from midthought.api.cli.parameters import Argument, RequestForm, make_command
from midthought.api.cli.printing import Output, OutputOption, print_json, print_text
from midthought.api.cli.retention_limits import (
    KeepOption,
    ProtectOption,
    describe_changed,
    describe_rules,
    read_change,
)
from midthought.api.opening import open_memory_for, open_memory_to_read
from midthought.api.operations.namespaces import CreateNamespace, SetNamespace

if TYPE_CHECKING:
    from midthought.memory.records.namespace import NamespaceRecord

Name = Annotated[str, Argument(metavar="NAME", help="1-63 of a-z 0-9 . _ -")]


def list_namespaces(context: click.Context, output: OutputOption = Output.TEXT) -> None:
    """List the namespaces that exist, whether each sees the starter memory, and which limits are set."""
    if context.invoked_subcommand is not None:
        return
    with open_memory_to_read(read_settings(context)) as memory:
        for one in memory.namespaces():
            _print(one, output, describe_changed(one.retention))


def create(
    context: click.Context,
    name: Name,
    request: Annotated[CreateNamespace, RequestForm()],
    output: OutputOption = Output.TEXT,
) -> None:
    """Create an empty namespace; if it exists, only its starter memory is switched."""
    with open_memory_for(read_settings(context)) as memory:
        _print(memory.send(request, namespace=name), output)


def change_settings(
    context: click.Context,
    name: Name,
    request: Annotated[SetNamespace, RequestForm({"retention": None})],
    keep: KeepOption = (),  # type: ignore[assignment]  # click gives a list
    protect: ProtectOption = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Change what a namespace is set to: whether it sees the starter memory, and how long it keeps what it records."""
    change = read_change(tuple(keep), protect)
    if request.starter is None and change is None:
        raise click.UsageError("nothing to change: give --starter, --no-starter, --keep or --protect")
    with open_memory_for(read_settings(context)) as memory:
        record = memory.send(replace(request, retention=change), namespace=name)
    _print(record, output)
    if change is not None and output is Output.TEXT:
        print_text(f"  {describe_rules(record.retention)}")
        print_text("  a service applies this at its next look, see `retention_every`; `midthought retention` now")


def _print(record: "NamespaceRecord", output: Output, kept: str = "") -> None:
    from midthought.api.operations.shapes import NAMESPACE

    if output is Output.JSON:
        print_json(NAMESPACE.write(record))
        return
    made = f", made {record.created_at.isoformat(' ', 'seconds')}" if record.created_at else ""
    print_text(f"{record.name}  {'with' if record.starter else 'without'} starter memory{made}{kept and '; '}{kept}")


_LIST = make_command("namespaces", list_namespaces, summary="")
namespaces_commands = CommandGroup(
    "namespaces",
    [
        CommandRow(
            "create",
            "Create an empty namespace; if it exists, only its starter memory is switched.",
            module="namespaces",
        ),
        CommandRow(
            "set",
            "Change what a namespace is set to: whether it sees the starter memory, and how long it keeps what it "
            "records.",
            module="namespaces",
            function="change_settings",
        ),
    ],
    callback=_LIST.callback,
    params=_LIST.params,
    help="List namespaces, make them, change what they are set to.",
)
