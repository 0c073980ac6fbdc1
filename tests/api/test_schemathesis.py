"""schemathesis against a running service: every phase and every check, with a key and without keys."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from midthought.api.python.memory import open_memory
from midthought.retrieval.encoders.hashing import HashingEncoder

from .conftest import LESSON, PROCEDURE, TRACE
from .test_service import serving

UV = Path(sys.executable).parent / "uv"
VERSION = "4.32.5"
CONFIG = Path(__file__).with_name("schemathesis.toml")
KEY = "the-key-of-schemathesis"
BOUNDS = ("--max-examples", "8", "--seed", "7", "--max-time", "900", "--request-timeout", "120")
PHASES = ("Examples", "Coverage", "Fuzzing", "Stateful")
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


@pytest.fixture(scope="module")
def schemathesis(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, in an environment of its own: its pins are not ours."""
    folder = tmp_path_factory.mktemp("schemathesis") / "environment"
    links = [word for place in os.environ.get("PIP_FIND_LINKS", "").split() for word in ("--find-links", place)]
    subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, folder], check=True)
    install = [UV, "pip", "install", "--quiet", "--python", folder / "bin" / "python", *links]
    subprocess.run([*install, f"schemathesis=={VERSION}"], env=ENVIRONMENT, check=True)
    return folder / "bin" / "schemathesis"


@pytest.fixture(params=["with a key", "without keys"])
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The URL of a service over a small memory, and the options that authenticate."""
    with open_memory(tmp_path / "memory", encoder=HashingEncoder(), starter=False) as memory:
        memory.add_entries([LESSON, PROCEDURE])
        memory.ingest(TRACE)
    keyed = request.param == "with a key"
    settings = {"encoder": "hashing", "starter": "false", "backups": str(tmp_path / "backups")}
    with serving(tmp_path / "memory", **settings, **({"api_keys": f"{KEY}=*"} if keyed else {})) as running:
        yield running.url, (("--header", f"Authorization: Bearer {KEY}") if keyed else ())


@pytest.mark.heavy
def test_every_answer_is_as_described(
    schemathesis: Path,
    service: tuple[str, tuple[str, ...]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """No server error, no answer that the description does not have, in all four phases."""
    url, authentication = service
    command = [schemathesis, "--config-file", CONFIG, "run", f"{url}/openapi.json", "--checks", "all", "--no-color"]
    done = subprocess.run(
        [*command, *authentication, *BOUNDS], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for phase in PHASES:
        assert re.search(rf"{phase}\b.*(passed|completed)", done.stdout), (phase, done.stdout)
    with capsys.disabled():
        print(f"\nschemathesis {VERSION}: {done.stdout.splitlines()[-1].strip('= ')}")
