"""The demo with the real models, and commands as processes of their own."""

import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-c", "from midthought.api.cli.main import main; main()"]


def test_help_loads_nothing_heavy() -> None:
    """The help is there without models, databases or web frameworks."""
    code = (
        "import sys; from midthought.api.cli.main import run; code = run(['--help']); "
        "heavy = {'torch', 'duckdb', 'faiss', 'fastapi', 'httpx', 'numpy', 'transformers', 'rich'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    """Output into a closed pipe ends quietly."""
    environment = os.environ | {"MIDTHOUGHT_ENCODER": "hashing", "MIDTHOUGHT_HOME": str(tmp_path / "m")}
    listing = f"{shlex.join([*COMMAND, 'list', '-o', 'json'])} | head -1"
    done = subprocess.run(["bash", "-c", listing], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("{")


@pytest.mark.slow
def test_the_demo_shows_the_whole_way(tmp_path: Path) -> None:
    """Offline, a learnt procedure with its passage, a hint set apart, and a next step that works as printed."""
    done = subprocess.run([*COMMAND, "demo", "--home", str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "yours is not touched" in done.stdout
    assert "  > " in done.stdout
    assert "+--- hint from memory: " in done.stdout
    assert not (tmp_path / "midthought.duckdb").exists()
    (line,) = [line for line in done.stdout.splitlines() if " recall '" in line]
    next_step = [*COMMAND, *shlex.split(line)[1:]]
    assert subprocess.run(next_step, capture_output=True, text=True, check=False).returncode == 0


@pytest.mark.slow
def test_the_second_demo_is_quick(tmp_path: Path) -> None:
    """With everything learnt and converted it takes less than a minute."""
    for _ in range(2):
        started = time.monotonic()
        subprocess.run([*COMMAND, "demo", "--home", str(tmp_path)], capture_output=True, check=True)
    assert time.monotonic() - started < 60
