"""Every command with its options, from the definitions that the command line runs."""

from collections.abc import Iterator
from typing import Any

import click
from md_parts import code, table

from midthought.api.cli.main import app

HEAD = """# All commands and options

Made from the definitions of the commands; the same is shown by `midthought COMMAND --help`. What each is for,
with examples and what it prints: [the command line](../cli.md).
"""


def cli_page() -> str:
    """Return the page: the global options, then every command by its whole name."""
    options = _parameters(app, click.Context(app, info_name="midthought"))
    sections = [f"## {name}\n\n{_describe(command, name)}" for name, command in walk(app, "midthought")]
    return "\n".join([HEAD, f"## Global options\n\n{options}", *sections])


def walk(group: Any, before: str) -> Iterator[tuple[str, click.Command]]:
    """Yield every command that can be run, with its whole name; a group comes before its commands."""
    for name in sorted(group.commands):
        command, whole = group.commands[name], f"{before} {name}"
        is_group = hasattr(command, "commands")
        if not is_group or command.invoke_without_command:
            yield whole, command
        if is_group:
            yield from walk(command, whole)


def _describe(command: click.Command, name: str) -> str:
    context = click.Context(command, info_name=name)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    says = (command.help or command.short_help or "").replace("``", "`").replace("\b", "")
    return f"```text\n{usage}\n```\n\n{says}\n\n{_parameters(command, context)}"


def _parameters(command: click.Command, context: click.Context) -> str:
    rows = [_row(one, context) for one in command.params]
    return table(("argument or option", "takes", "default", "meaning"), rows)


def _row(parameter: click.Parameter, context: click.Context) -> tuple[str, str, str, str]:
    if isinstance(parameter, click.Option):
        names = ", ".join(code(one) for one in [*parameter.opts, *parameter.secondary_opts])
        takes = "" if parameter.is_flag else code(_takes(parameter, context))
        return names, takes, code(_default(parameter, context)), parameter.help or ""
    return code(parameter.make_metavar(context)), "", "", getattr(parameter, "help", None) or ""


def _takes(option: click.Option, context: click.Context) -> str:
    """What stands behind an option; the choices of a long list without their bars, which tables take for cells."""
    return option.make_metavar(context).strip("[]<>").replace("|", ", ").replace("str", "text")


def _default(option: click.Option, context: click.Context) -> str:
    if isinstance(option.show_default, str):
        return option.show_default
    value = option.get_default(context)
    shown = "" if value is None or callable(value) or type(value).__name__ == "Sentinel" else str(value)
    if option.is_flag and not option.secondary_opts:
        return ""
    return shown if shown not in {"", "()", "[]"} else ""
