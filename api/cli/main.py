"""The command ``midthought``: global options, exit codes, and errors as one line."""

from collections.abc import Callable
from typing import Annotated

import typer

import midthought
from midthought.api.cli.backup import backup
from midthought.api.cli.compact import compact
from midthought.api.cli.demo import demo
from midthought.api.cli.doctor import doctor
from midthought.api.cli.duplicates import duplicates
from midthought.api.cli.exit_codes import ExitCode
from midthought.api.cli.export import export
from midthought.api.cli.failures import describe_error, exit_code_of
from midthought.api.cli.forget import forget
from midthought.api.cli.get import get
from midthought.api.cli.global_options import GlobalOptions, hoist_globals
from midthought.api.cli.history import history
from midthought.api.cli.import_ import import_
from midthought.api.cli.ingest import ingest
from midthought.api.cli.list import list_items
from midthought.api.cli.model import model_commands
from midthought.api.cli.namespaces import namespaces_commands
from midthought.api.cli.reason import reason
from midthought.api.cli.recall import recall
from midthought.api.cli.reindex import reindex
from midthought.api.cli.restore import restore
from midthought.api.cli.revise import revise
from midthought.api.cli.serve import serve
from midthought.api.cli.start import main as main
from midthought.api.cli.stats import stats
from midthought.api.cli.zoom import zoom_commands
from midthought.memory.errors import MidthoughtError

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
_COMMANDS: dict[str, Callable[..., None] | typer.Typer] = {
    "demo": demo,
    "ingest": ingest,
    "recall": recall,
    "get": get,
    "list": list_items,
    "stats": stats,
    "revise": revise,
    "history": history,
    "forget": forget,
    "compact": compact,
    "namespaces": namespaces_commands,
    "reindex": reindex,
    "reason": reason,
    "zoom": zoom_commands,
    "model": model_commands,
    "serve": serve,
    "doctor": doctor,
    "duplicates": duplicates,
    "export": export,
    "import": import_,
    "backup": backup,
    "restore": restore,
}
"""Every command and group of commands, in the order of `midthought --help`."""

for _name, _command in _COMMANDS.items():
    if isinstance(_command, typer.Typer):
        app.add_typer(_command, name=_name)
    else:
        app.command(_name)(_command)


def _tell_whole_sentences(group: typer.Typer) -> None:
    """Show the first sentence of each command in the list of commands; typer would cut it at the width of a line."""
    for command in group.registered_commands:
        told = (command.callback.__doc__ or "") if command.callback else ""
        command.short_help = " ".join(told.partition("\n\n")[0].split()).partition(". ")[0].rstrip(".") + "."
    for inner in group.registered_groups:
        if inner.typer_instance is not None:
            inner.short_help = inner.typer_instance.info.help
            _tell_whole_sentences(inner.typer_instance)


_tell_whole_sentences(app)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"midthought {midthought.__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def set_globals(
    context: typer.Context,
    home: Annotated[str | None, typer.Option(help="The directory of the memory.  [default: ~/.midthought]")] = None,
    url: Annotated[str | None, typer.Option(help="Go through the service at this URL instead.")] = None,
    namespace: Annotated[str | None, typer.Option(help="Whose entries to work on.  [default: default]")] = None,
    config: Annotated[str | None, typer.Option(help="The settings file.  [default: ./midthought.toml]")] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """A memory for reasoning models: procedures and concepts, recalled in the middle of a thought.

    Begin with: midthought demo
    """
    context.obj = GlobalOptions({"home": home, "url": url, "namespace": namespace}, config)
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; an error of Midthought is one line on standard error."""
    hoisted = hoist_globals(arguments)
    try:
        result = app(args=hoisted, prog_name="midthought", standalone_mode=False)
    except (MidthoughtError, typer.TyperException) as error:
        if "--debug" in hoisted:
            raise
        typer.echo(f"error: {describe_error(error)}", err=True)
        return exit_code_of(error)
    except SystemExit:  # typer's answer to a reader of our output that went away
        return ExitCode.PIPE_CLOSED
    if result == ExitCode.INTERRUPTED:
        typer.echo("interrupted: what was committed stays; run the same command again to go on", err=True)
    return result if isinstance(result, int) else ExitCode.FINE
