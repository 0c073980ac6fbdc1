"""The command line tells whole sentences, says when there is nothing, and knows wrong usage from failure."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from midthought.api.cli.exit_codes import ExitCode
from midthought.api.cli.main import app

from .conftest import Cli
from .test_docs import COMMANDS

NEEDED = {
    "recall": ["q"],
    "reason": ["q"],
    "get": ["t-none"],
    "ingest": ["traces.jsonl"],
    "revise": ["p-none", "wording.json"],
    "history": ["p-none"],
    "verify": ["p-none"],
    "export": ["out"],
    "import": ["traces.jsonl"],
    "backup": ["copy"],
    "restore": ["copy"],
    "zoom show": ["r-none"],
    "evaluate reason": ["tasks.jsonl"],
    "runs show": ["run-none"],
    "runs compare": ["withheld", "in-thought"],
    "runs forget": ["run-none"],
    "feedback": ["run-none", "wrong"],
    "keys create": ["x"],
    "keys rotate": ["0123456789ab"],
    "keys revoke": ["0123456789ab"],
    "namespaces set": ["default"],
}
ANY_TEXT = {
    "--source",
    "--for-question",
    "--domain",
    "--tag",
    "--confirm",
    "--model",
    "--from",
    "--context",
    "--picture",
    "--trajectories",
    "--report",
    "--exclude",
    "--exclude-question",
    "--prefer-domain",
    "--arm",
    "--entry",
    "--restore",
    "--after",
    "--note",
    "--namespaces",
}
"""Options whose value is any text, or a path: only what no text or path can be is wrong there."""
NUL_IS_FILE = {
    "--report",
    "--context",
    "--picture",
    "--from",
    "--trajectories",
    "--model",
    "--confirm",
    "--ray",
    "--rows",
    "--rewrites",
}


def cases() -> Iterator[tuple[str, str, str]]:
    """Every option of every command with values that it cannot have."""
    for name, command in sorted(COMMANDS.items()):
        for one in command.params:
            option = next((opt for opt in one.opts if opt.startswith("--")), "")
            if not option or getattr(one, "is_flag", False) or name in {"serve", "demo"} or option in NUL_IS_FILE:
                continue
            yield from ((name, option, bad) for bad in ("\0", *(() if option in ANY_TEXT else ("", "yesterday"))))


@pytest.mark.sampled
@pytest.mark.parametrize(("name", "option", "bad"), list(cases()))
def test_a_bad_value_of_an_option_is_wrong_usage(cli: Cli, home: Path, name: str, option: str, bad: str) -> None:
    """The exit code is 2, one line says what is wrong, and no memory was made."""
    if (name, option, bad) == ("reindex", "--encoder", ""):
        bad = "/nowhere"
    if name == "reindex":
        cli("stats")
    ran = cli(*name.split(), *NEEDED.get(name, []), option, bad)
    assert (ran.code, ran.out, ran.err.count("\n")) == (ExitCode.USAGE, "", 1)
    assert ran.err.startswith("error: ")
    assert home.exists() == (name == "reindex")


def test_times_in_the_wrong_order_are_wrong_usage(cli: Cli) -> None:
    """Each is a time; together they are not a span of it."""
    ran = cli("recall", "q", "--since", "2026-07-02", "--until", "2026-07-01")
    assert ran.code == ExitCode.USAGE
    assert "since must be before until" in ran.err


@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_list_of_commands_has_whole_sentences(monkeypatch: pytest.MonkeyPatch, cli: Cli, width: int) -> None:
    """Each command's first sentence stands there uncut, at any width of the terminal."""
    monkeypatch.setenv("COLUMNS", str(width))
    groups = ("", "jobs", "runs", "zoom", "config", "model", "namespaces", "keys", "evaluate")
    told = {name: cli(*name.split(), "--help").out for name in groups}
    assert not any("..." in text.partition("Commands:")[2] for text in told.values())
    for name, command in COMMANDS.items():
        sentence = " ".join((command.help or "").partition("\n\n")[0].split()).partition(". ")[0].rstrip(".") + "."
        assert sentence in " ".join(told[name.rpartition(" ")[0]].split())


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_help_of_no_option_is_cut(name: str) -> None:
    """Every option and argument says what it is."""
    command: Any = COMMANDS[name]
    context = click.Context(command, info_name=name)
    text = command.get_help(context)
    assert "..." not in text.partition("Options:")[2].replace("...]", "")
    missing = [one.name for one in command.params if not getattr(one, "help", None) and one.name != "query"]
    assert missing == []


@pytest.mark.slow
def test_python_m_midthought() -> None:
    """The package itself is the command."""
    done = subprocess.run(
        [sys.executable, "-m", "midthought", "--version"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.split()[0], done.stderr) == (0, "midthought", "")
    bad = subprocess.run([sys.executable, "-m", "midthought", "nothing"], capture_output=True, text=True, check=False)
    assert bad.returncode == ExitCode.USAGE


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("duplicates",), "no pairs that looked alike in namespace default"),
        (("duplicates", "--merged"), "no merged pairs in namespace default"),
        (("duplicates", "--refused"), "no pairs kept apart in namespace default"),
        (("list",), "no entries in namespace default"),
        (("list", "--kind", "trajectories"), "no trajectories in namespace default"),
    ],
)
@pytest.mark.parametrize("output", ["text", "json"])
def test_nothing_is_said(cli: Cli, command: tuple[str, ...], told: str, output: str) -> None:
    """An empty answer is told on standard error; standard output stays empty for programs."""
    cli("ingest", "/dev/null")
    ran = cli(*command, "-o", output)
    assert (ran.code, ran.out, ran.err.splitlines()[-1]) == (0, "", told)


def test_the_group_has_the_commands() -> None:
    """What the tests above walk over is all there is."""
    assert len(COMMANDS) >= len(app.commands)
