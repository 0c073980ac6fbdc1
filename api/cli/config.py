"""``midthought config show``: every setting, and where it came from."""

from dataclasses import asdict

import click

from midthought.api.cli.command_group import CommandGroup, CommandRow
from midthought.api.cli.global_options import GlobalOptions
from midthought.api.cli.printing import Output, OutputOption, print_json, print_text
from midthought.memory.errors import BadSettings

_SHOW = "Show every setting, its value and where that came from: flag, environment, file or default."


def show(context: click.Context, output: OutputOption = Output.TEXT) -> None:
    """Show every setting, its value and where that came from: flag, environment, file or default. Secrets are masked.

    Exit code 2 if a name is no setting, or a value cannot be.
    """
    from midthought.api.settings_shown import show_settings

    given: GlobalOptions = context.obj
    found = show_settings(given.flags, config=given.config)
    if output is Output.JSON:
        for one in found.settings:
            print_json(asdict(one))
    else:
        width = max(len(one.name) for one in found.settings)
        print_text(f"settings file: {found.file or 'none'}")
        for one in found.settings:
            place = f"  ({one.place})" if one.place else f"  ({one.origin})"
            print_text(f"{one.name:{width}}  {_write(one.value)}{place}")
    if found.problems:
        raise BadSettings("; ".join(found.problems))


def _write(value: object) -> str:
    if value is None or value == "":
        return "-"
    return str(value).lower() if isinstance(value, bool) else str(value)


config_commands = CommandGroup(
    "config", [CommandRow("show", _SHOW, module="config")], help="Look at the settings.", no_args_is_help=True
)
