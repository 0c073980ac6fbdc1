"""What a command imports: its own module and what its operation needs, no library that it does without."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

STORE = {"duckdb", "numpy", "pyarrow", "tantivy"}
SEARCH = {"faiss", "tokenizers"}
SERVICE = {"fastapi", "httpx", "pydantic", "starlette", "uvicorn"}
MODELS = {"sentence_transformers", "torch", "transformers", "vllm"}
COMMANDS = """
import json, os, sys
from midthought.api.cli.main import run
for line in sys.stdin:
    home, *arguments = json.loads(line)
    os.environ["HOME"] = home  # the default memory of that user, which also a first reading makes
    code = run(arguments)
    print(code, *sorted(name for name in sys.modules if "." not in name), file=sys.stderr)
"""
READING = ["list", "stats", "namespaces", "duplicates"]
HELP = ["", "recall", "list", "ingest", "reason", "namespaces"]


def imported(home: Path, *commands: list[str]) -> list[set[str]]:
    """The packages that a fresh process has imported after each of some commands, which all end well.

    Starting Python and importing the database takes half a second: commands that must not import something share a
    process, in which nothing is imported only to be forgotten. Each command is the first word's memory and its words.
    """
    environment = {**os.environ, "MIDTHOUGHT_ENCODER": "hashing", "MIDTHOUGHT_STARTER": "false", "HOME": str(home)}
    lines = "".join(json.dumps([str(home / place), *words]) + "\n" for place, *words in commands)
    done = subprocess.run(
        [sys.executable, "-c", COMMANDS],
        input=lines, env=environment, capture_output=True, text=True, check=False, timeout=600, cwd=home,
    )  # fmt: skip
    told = [line.split() for line in done.stderr.splitlines() if line.startswith("0 ")]
    assert len(told) == len(commands), done.stderr
    return [set(names) for _, *names in told]


@pytest.fixture(scope="module")
def imported_by_help(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """What is imported after the help of each command."""
    commands = [["memory", *command.split(), "--help"] for command in HELP]
    return dict(zip(HELP, imported(tmp_path_factory.mktemp("help"), *commands), strict=True))


@pytest.fixture(scope="module")
def imported_by_reading(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """What is imported after each command has read a new memory, and then the same memory once more.

    At last a recall: what it must not import, no command before it may import either.
    """
    commands = [[command, command] for command in READING for _ in range(2)]
    commands += [["memory", "namespaces", "create", "default"], ["memory", "recall", "anything"]]
    after = imported(tmp_path_factory.mktemp("reading"), *commands)
    return dict(zip([*READING, "recall"], after[1::2], strict=True))


@pytest.mark.parametrize("command", HELP)
def test_help_imports_no_library_but_click(imported_by_help: dict[str, set[str]], command: str) -> None:
    """Neither the store's, nor the service's, nor a model's."""
    assert imported_by_help[command] & (STORE | SEARCH | SERVICE | MODELS) == set()


@pytest.mark.parametrize("command", READING)
def test_reading_imports_the_database_alone(imported_by_reading: dict[str, set[str]], command: str) -> None:
    """No search, no service, no model; of a new memory as of one that exists."""
    assert imported_by_reading[command] & (SEARCH | SERVICE | MODELS) == set()


def test_recall_with_the_hashing_encoder_imports_no_model(imported_by_reading: dict[str, set[str]]) -> None:
    """Only what it searches with."""
    assert imported_by_reading["recall"] & (SERVICE | MODELS) == set()
