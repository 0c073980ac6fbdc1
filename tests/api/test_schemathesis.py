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
HOOKS = Path(__file__).with_name("schemathesis_hooks.py")
BOUNDS = ("--max-examples", "6", "--seed", "7")
"""The whole takes four minutes for a service, of which most are the stateful phase and the coverage of bounds."""
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
    settings = {"encoder": "hashing", "engine": "scripted", "starter": "false", "backups": str(tmp_path / "backups")}
    settings |= {"key_rate": "0", "key_attempts": "0"}  # it asks faster than a key may, and with many that are none
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
    command = [schemathesis, "--config-file", CONFIG, "run", f"{url}/openapi.json", "--no-color"]
    done = subprocess.run(
        [*command, *authentication, *BOUNDS],
        cwd=tmp_path,
        env=ENVIRONMENT | {"SCHEMATHESIS_HOOKS_FILE": str(HOOKS)},
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.findall(r"^  ✅ (\w+)$", done.stdout, re.MULTILINE) == list(PHASES)
    cases = re.search(r"([\d,]+) generated, ([\d,]+) passed", done.stdout)
    assert cases, done.stdout
    assert cases[1] == cases[2]
    with capsys.disabled():
        print(f"\nschemathesis {VERSION}: {cases[1]} cases in {len(PHASES)} phases, {len(authentication) // 2} keys")
