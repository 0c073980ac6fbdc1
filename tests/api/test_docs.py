"""Whatever the command line, the service and the settings have is described in the documentation."""

import doctest
import importlib
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from midthought.api.cli.exit_codes import ExitCode
from midthought.api.cli.main import app
from midthought.api.rest.problems import STATUS
from midthought.retrieval.abstention.signals import Signals
from midthought.retrieval.hits import RecallResult

GROUP = app


def flatten(group: Any, before: str = "") -> dict[str, Any]:
    """The commands of a group by their whole names, those of groups in it included."""
    found = {}
    for name, command in group.commands.items():
        group = hasattr(command, "commands")
        if not group or command.invoke_without_command:
            found[before + name] = command
        found |= flatten(command, f"{before}{name} ") if group else {}
    return found


COMMANDS = flatten(GROUP)


def section(root: Path, command: str) -> str:
    """The part of docs/cli.md about a command."""
    _, found, rest = (root / "docs" / "cli.md").read_text().partition(f"\n## midthought {command}\n")
    assert found, f"docs/cli.md has no section about {command}"
    return rest.partition("\n## ")[0]


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_option_is_described(root: Path, name: str) -> None:
    """Each command has a section, and each of its options stands in it."""
    text = section(root, name)
    options = [option for one in COMMANDS[name].params for option in one.opts if option.startswith("-")]
    assert [option for option in options if option not in {"--output", "--help"} and f"`{option}" not in text
            and f"{option} " not in text and f"{option}]" not in text] == []  # fmt: skip


def test_every_global_option_is_described(root: Path) -> None:
    """Those before the command stand in the table at the top."""
    head = (root / "docs" / "cli.md").read_text().partition("\n## Exit codes")[0]
    assert [option for one in GROUP.params for option in one.opts if f"`{option}" not in head] == []


def test_no_command_is_described_that_is_not_there(root: Path) -> None:
    """The sections are exactly the commands."""
    lines = (root / "docs" / "cli.md").read_text().splitlines()
    assert {line.removeprefix("## midthought ") for line in lines if line.startswith("## midthought ")} == set(COMMANDS)


def test_every_exit_code_is_described(root: Path) -> None:
    """Each has a row."""
    text = (root / "docs" / "cli.md").read_text()
    assert [code for code in ExitCode if f"| {code.value} |" not in text] == []


def test_every_status_is_described(root: Path) -> None:
    """Each status of the table of errors stands in the documentation."""
    text = (root / "docs" / "rest.md").read_text().partition("## Errors")[2]
    assert [status for status in STATUS.values() if str(status) not in text] == []


@pytest.mark.parametrize(
    "name",
    [
        "text_validation",
        "service_address",
        "entry_text",
        "cli.global_options",
        "rest.json_values",
        "proxy.asked_numbers",
        "argument_checks",
        "demo",
    ],
)
def test_examples_in_docstrings_hold(name: str) -> None:
    """They are run."""
    done = doctest.testmod(importlib.import_module(f"midthought.api.{name}"))
    assert done.attempted
    assert not done.failed


def test_every_signal_is_described(root: Path) -> None:
    """One row per signal, in their order."""
    table = (root / "docs" / "rest.md").read_text().partition("### The signals\n")[2].partition("\n## ")[0]
    assert tuple(re.findall(r"^\| `([a-z_]+)` \|", table, re.MULTILINE)) == Signals.names()


def test_every_field_of_a_result_is_described(root: Path) -> None:
    """In the table of the REST service and in that of Python; the laps of a recall stay in its process."""
    sent = {one.name for one in fields(RecallResult)} - {"laps"}
    for page, head, names in (
        ("rest.md", "returns it as plain JSON values.\n\n", sent),
        ("python.md", "| `RecallResult` | meaning |", sent | {"laps"}),
    ):
        table = (root / "docs" / page).read_text().partition(head)[2].partition("\n\n")[0]
        rows = "".join(re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE))
        assert {name for name in names if f"`{name}`" not in rows} == set()
