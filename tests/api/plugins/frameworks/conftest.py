"""A memory and a service for the tests of the frameworks, which run where these are installed."""

import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

import midthought
from midthought import Memory, Procedure

PACKAGES = ("langchain", "langchain-core", "langgraph", "llama-index-core", "haystack-ai", "dspy", "litellm")
if any(importlib.util.find_spec(name) is None for name in ("langchain", "llama_index", "haystack", "dspy", "litellm")):
    collect_ignore_glob = ["test_*.py"]

QUESTION = "How do I count arrangements when some items repeat?"
UNRELATED = "zxcv qwer"
OWN = Procedure("How do I sharpen a pencil with a knife?", "Cut away from yourself.", domain="craft", tags=("tools",))


def pytest_report_header() -> str:
    """What the tests run with."""
    return f"frameworks: {', '.join(f'{name} {importlib.metadata.version(name)}' for name in PACKAGES)}"


@pytest.fixture(scope="session")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed memory with the starter memory and an entry of its own, and an empty namespace."""
    home = tmp_path_factory.mktemp("stocked") / "memory"
    with midthought.open(home) as memory:
        memory.add_entries([OWN])
        memory.create_namespace("empty", starter=False)
    return home


@pytest.fixture(scope="session")
def embedded(stocked: Path) -> Iterator[Memory]:
    """A copy of it, open in this process."""
    with midthought.open(shutil.copytree(stocked, stocked.parent / "embedded")) as memory:
        yield memory


@pytest.fixture(scope="session")
def service_url(stocked: Path) -> Iterator[str]:
    """The URL of a service, in a process of its own, over another copy."""
    home = shutil.copytree(stocked, stocked.parent / "served")
    command = [sys.executable, "-m", "midthought", "serve", "--home", home, "--port", "0"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MIDTHOUGHT_")}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stderr
        line = server.stderr.readline()
        assert " at http" in line, line
        url = line.split(" at ")[1].split()[0]
        wait_until_ready(url)
        yield url
        server.terminate()


def wait_until_ready(url: str) -> None:
    """Return when the service has loaded its encoder."""
    while True:
        with suppress(httpx.TransportError):
            if httpx.get(f"{url}/health/ready", trust_env=False).is_success:
                return
        time.sleep(0.05)


@pytest.fixture(params=["embedded", "http"])
def place(request: pytest.FixtureRequest) -> "Memory | str":
    """The memory as a plug-in takes it: open, or the URL of the service."""
    return request.getfixturevalue("embedded" if request.param == "embedded" else "service_url")  # type: ignore[no-any-return]
