"""What the README shows works as it is printed."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from midthought.api.cli.main import app


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


@pytest.mark.slow
def test_python_example(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The library example runs in an empty directory, and finds the starter's multiset procedure and an example."""
    (tmp_path / "data").symlink_to(root / "data")
    monkeypatch.chdir(tmp_path)
    (example,) = blocks((root / "README.md").read_text(), "python")
    exec(compile(example, "README.md", "exec"), {"__name__": "readme"})
    best = sorted(line.partition("  ")[2] for line in capsys.readouterr().out.splitlines()[:2])
    assert best == [
        "How do I count the distinct ways letters or objects can be arranged in a row when some of them repeat?",
        "In how many different ways can the letters of the word PEPPER be arranged so that no two P's stand next to "
        "each other?",
    ]


def test_files_in_commands_exist(root: Path) -> None:
    """A file that a command of the README reads is part of the checkout."""
    lines = re.findall(r"^\$ midthought (.*)$", (root / "README.md").read_text(), re.MULTILINE)
    named = [word for line in lines for word in shlex.split(line) if re.search(r"\.jsonl?\b", word)]
    assert named
    assert [word for word in named if not (root / word).is_file()] == []


def test_the_command_is_said_to_be_in_the_environment(root: Path) -> None:
    """`make demo` puts nothing on the PATH: before the first command the README says how to call it."""
    before = (root / "README.md").read_text().partition("$ midthought ")[0]
    assert ".venv/bin/midthought" in before
    assert "source .venv/bin/activate" in before


def test_commands_exist(root: Path) -> None:
    """Every midthought command line in the README names a command and options that exist."""
    lines = re.findall(r"^\$ midthought (.*)$", (root / "README.md").read_text(), re.MULTILINE)
    assert len(lines) >= 4
    for line in lines:
        words = shlex.split(line)
        options = [word for word in words if word.startswith("-")]
        shown = CliRunner().invoke(app, [words[0], "--help"], env={"COLUMNS": "200"})
        assert shown.exit_code == 0, line
        assert all(option in shown.output for option in options), line
