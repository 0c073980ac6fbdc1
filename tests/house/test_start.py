"""What a command imports: its own module and what its operation needs, no library that it does without."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

STORE = {"duckdb", "numpy", "pyarrow", "tantivy"}
SEARCH = {"faiss", "tokenizers"}
SERVICE = {"fastapi", "httpx", "pydantic", "starlette", "uvicorn"}
MODELS = {"sentence_transformers", "torch", "transformers", "vllm"}
COMMAND = """
import sys
from midthought.api.cli.main import run
code = run(sys.argv[1:])
print(code, *sorted(name for name in sys.modules if "." not in name), file=sys.stderr)
"""


def imported(home: Path, *arguments: str) -> set[str]:
    """The packages that a fresh process has imported when a command has ended well."""
    environment = {**os.environ, "MIDTHOUGHT_ENCODER": "hashing", "MIDTHOUGHT_STARTER": "false", "HOME": str(home)}
    command = [sys.executable, "-c", COMMAND, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=600, cwd=home)
    code, *names = done.stderr.splitlines()[-1].split()
    assert code == "0", done.stderr
    return set(names)


@pytest.mark.parametrize("command", ["", "recall", "list", "ingest", "reason", "namespaces"])
def test_help_imports_no_library_but_click(tmp_path: Path, command: str) -> None:
    """Neither the store's, nor the service's, nor a model's."""
    assert imported(tmp_path, *command.split(), "--help") & (STORE | SEARCH | SERVICE | MODELS) == set()


@pytest.mark.parametrize("command", ["list", "stats", "namespaces", "duplicates"])
def test_reading_imports_the_database_alone(tmp_path: Path, command: str) -> None:
    """No search, no service, no model; of a new memory as of one that exists."""
    for _ in range(2):
        assert imported(tmp_path, command) & (SEARCH | SERVICE | MODELS) == set()


def test_recall_with_the_hashing_encoder_imports_no_model(tmp_path: Path) -> None:
    """Only what it searches with."""
    imported(tmp_path, "namespaces", "create", "default")
    assert imported(tmp_path, "recall", "anything") & (SERVICE | MODELS) == set()
