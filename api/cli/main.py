"""The command ``midthought``: its commands, global options, exit codes, and errors as one line."""

import os
import sys

import click

import midthought
from midthought.api.cli.command_group import CommandGroup, CommandRow
from midthought.api.cli.exit_codes import ExitCode
from midthought.api.cli.failures import describe_error, exit_code_of
from midthought.api.cli.global_options import GlobalOptions, hoist_globals
from midthought.api.cli.start import main as main
from midthought.memory.errors import MidthoughtError

_HELP = """A memory for reasoning models: procedures and concepts, recalled in the middle of a thought.

Begin with: midthought demo"""
_COMMANDS = (
    CommandRow("demo", "Show the whole way: learn from traces, recall for a fresh question, think with the hint."),
    CommandRow("ingest", "Learn from traces: store trajectories, worked examples, statements and links."),
    CommandRow("harvest", "Let the model attempt tasks that have a checker, and learn from its attempts."),
    CommandRow(
        "add",
        "Store entries of your own: one given by options, or all of a file; what is known only gains the source.",
    ),
    CommandRow("recall", "Find the entries that fit a query, or abstain and say why (exit code 0 as well)."),
    CommandRow(
        "review", "Show drafts with the passages they come from, and decide on each: accept, reject, edit or skip."
    ),
    CommandRow("jobs", "Look at jobs, wait for them, stop them, run them again.", function="jobs_commands"),
    CommandRow("calibrate", "Fit to judged queries when recall answers in the namespace."),
    CommandRow("get", "Show one entry with the passages it was learnt from and seen in, or one trajectory."),
    CommandRow("list", "List everything of a kind, ordered by id.", function="list_items"),
    CommandRow("concepts", "List concepts by name; with --tree, show which of them can fill which parameter."),
    CommandRow("stats", "Count what the namespace holds."),
    CommandRow("revise", "Replace the wording of an entry."),
    CommandRow("verify", "Say that you have read entries and trust their texts, so that they count as your own."),
    CommandRow("history", "Show every wording of an entry, oldest first, with the times it held from and to (UTC)."),
    CommandRow("forget", "Forget entries, or trajectories with every entry learnt from them alone."),
    CommandRow("retention", "Remove what is beyond the limits of the namespace, and say what that was."),
    CommandRow("compact", "Remove every byte of forgotten text from the files, and the vectors of earlier encoders."),
    CommandRow("reindex", "Encode every key with another encoder, then switch to it at once."),
    CommandRow(
        "reason", "Think about a question with recall in the thought; hints are set apart from the model's own words."
    ),
    CommandRow(
        "runs", "Look at solved problems, compare two ways of using the memory, forget one.", function="runs_commands"
    ),
    CommandRow("feedback", "Say whether the answer of a run was right."),
    CommandRow("traffic", "Show what passed through the proxy and waits to be learnt, and why other answers were not."),
    CommandRow(
        "utility", "Show what entries do to the outcome of runs, and which harmed so much that recall leaves them out."
    ),
    CommandRow("serve", "Serve the memory over HTTP until stopped."),
    CommandRow("mcp", "Serve the memory as tools of the Model Context Protocol on standard input and output."),
    CommandRow(
        "doctor",
        "Check packages, encoder, model, disk and the store's integrity; exit code 1 unless all is well.",
    ),
    CommandRow(
        "duplicates",
        "Show pairs of entries that looked alike, the most alike first: merged into one, or kept apart, and why.",
    ),
    CommandRow(
        "export",
        "Write everything of a namespace to files: entries with sources and history, trajectories, runs, receipts.",
    ),
    CommandRow(
        "import",
        "Take in an export, a mem0 export, an ACE playbook or Markdown skills; what is stored already stays.",
        module="import_",
        function="import_",
    ),
    CommandRow(
        "backup", "Copy the whole memory, all namespaces, to a new folder; `midthought restore` brings it back."
    ),
    CommandRow("restore", "Make the directory given with --home, new or empty, a memory from a backup."),
    CommandRow(
        "namespaces", "List namespaces, make them, change what they are set to.", function="namespaces_commands"
    ),
    CommandRow("keys", "Keys that a service accepts: make, rotate and revoke them.", function="keys_commands"),
    CommandRow("config", "Look at the settings.", function="config_commands"),
    CommandRow("zoom", "Look at zoomed thoughts.", function="zoom_commands"),
    CommandRow("evaluate", "Measure a model at what Midthought asks of it.", function="evaluate_commands"),
    CommandRow("model", "The model that thinks when no other is named.", function="model_commands"),
)
"""Every command and group of commands, in the order of `midthought --help`."""


def _print_version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(f"midthought {midthought.__version__}")
        context.exit()


_GLOBALS = (
    click.Option(["--home"], metavar="<str>", help="The directory of the memory.  [default: ~/.midthought]"),
    click.Option(["--url"], metavar="<str>", help="Go through the service at this URL instead."),
    click.Option(["--namespace"], metavar="<str>", help="Whose entries to work on.  [default: default]"),
    click.Option(["--config"], metavar="<str>", help="The settings file.  [default: ./midthought.toml]"),
    click.Option(["--debug"], is_flag=True, help="Show the traceback of an error."),
    click.Option(
        ["--version"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_print_version,
        help="Print the version and exit.",
    ),
)


@click.pass_context
def _set_globals(
    context: click.Context, home: str | None, url: str | None, namespace: str | None, config: str | None, debug: bool
) -> None:
    context.obj = GlobalOptions({"home": home, "url": url, "namespace": namespace}, config)
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


app = CommandGroup("midthought", _COMMANDS, callback=_set_globals, help=_HELP, params=[*_GLOBALS])


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; an error of Midthought is one line on standard error."""
    hoisted = hoist_globals(arguments)
    try:
        with app.make_context("midthought", list(hoisted)) as context:  # click empties its list
            app.invoke(context)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except (MidthoughtError, click.ClickException) as error:
        if "--debug" in hoisted:
            raise
        click.echo(f"error: {describe_error(error)}", err=True)
        return exit_code_of(error)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python fails when it flushes at its end
        return ExitCode.PIPE_CLOSED
    except KeyboardInterrupt:
        click.echo("interrupted: what was committed stays; run the same command again to go on", err=True)
        return ExitCode.INTERRUPTED
    return ExitCode.FINE
