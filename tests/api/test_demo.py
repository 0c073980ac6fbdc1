"""The demo with the real models, and commands as processes of their own."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from midthought.reasoner.engines.model_file import default_cache

COMMAND = [sys.executable, "-c", "from midthought.api.cli.main import main; main()"]


def test_help_loads_nothing_heavy() -> None:
    """The help is there without models, databases or web frameworks."""
    code = (
        "import sys; from midthought.api.cli.main import run; code = run(['--help']); "
        "heavy = {'torch', 'duckdb', 'faiss', 'fastapi', 'httpx', 'numpy', 'transformers', 'rich'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=600)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    """Output into a closed pipe ends quietly."""
    environment = os.environ | {"MIDTHOUGHT_ENCODER": "hashing", "HOME": str(tmp_path)}
    listing = f"{shlex.join([*COMMAND, 'list', '--origin', 'starter', '-o', 'json'])} | head -1"
    done = subprocess.run(["bash", "-c", listing], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (0, 1)
    assert done.stderr.startswith("making a memory")
    assert done.stdout.startswith("{")


@pytest.fixture(scope="session")
def model_cache() -> Path:
    """Where this machine keeps the converted model; looked up before HOME is another."""
    return default_cache()


def run_demo(home: Path, cache: Path) -> subprocess.CompletedProcess[str]:
    """``midthought demo`` as a process of its own."""
    environment = os.environ | {"MIDTHOUGHT_CACHE": str(cache)}
    command = [*COMMAND, "demo", "--home", str(home)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.heavy
def test_the_demo_shows_the_whole_way_and_converts_the_model_once(tmp_path: Path, model_cache: Path) -> None:
    """A learnt procedure with its passage, a hint set apart, a next step that works as printed; one conversion."""
    first = run_demo(tmp_path, model_cache)
    assert first.returncode == 0, first.stderr
    assert "yours is not touched" in first.stdout
    assert "  > " in first.stdout
    assert "+--- hint from memory: " in first.stdout
    assert not (tmp_path / "midthought.duckdb").exists()
    (line,) = [line for line in first.stdout.splitlines() if " recall '" in line]
    words = shlex.split(line)
    (name,) = [place for place, word in enumerate(words) if word.endswith("midthought")]  # after "python -m", or alone
    assert subprocess.run([*COMMAND, *words[name + 1 :]], capture_output=True, check=False).returncode == 0
    converted = [(file, file.stat().st_mtime_ns) for file in sorted(model_cache.rglob("*.safetensors"))]
    assert run_demo(tmp_path, model_cache).returncode == 0
    assert [(file, file.stat().st_mtime_ns) for file in sorted(model_cache.rglob("*.safetensors"))] == converted
    assert converted
