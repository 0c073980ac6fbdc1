"""Under gunicorn: workers forked after a memory was opened are told so; one worker that opens its own works."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

APPLICATION = """
import os
from midthought.api.python.memory import open_memory
from midthought.memory.records.entry import Lesson
from midthought.memory.errors import MidthoughtError
from midthought.retrieval.encoders.hashing import HashingEncoder

memory = open_memory(os.environ["HOME_OF_MEMORY"], encoder=HashingEncoder(), starter=False)

def application(environ, start_response):
    try:
        memory.add_entries([Lesson("When a worker asks", "Open one.")])
        told = "stored"
    except MidthoughtError as error:
        told = f"{type(error).__name__}: {error}"
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [told.encode()]
"""


@pytest.fixture(scope="module")
def gunicorn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for PYTHONPATH that holds gunicorn, which is no dependency of ours."""
    folder = tmp_path_factory.mktemp("gunicorn")
    uv = Path(sys.executable).parent / "uv"
    command = [uv, "pip", "install", "--quiet", "--python", sys.executable, "--target", folder, "gunicorn"]
    subprocess.run(command, check=True)
    return folder


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def answer(port: int, server: "subprocess.Popen[bytes]") -> str:
    """What the application says, as soon as it listens."""
    while True:
        assert server.poll() is None, server.stderr and server.stderr.read().decode()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as response:
                return str(response.read().decode())
        except OSError:
            time.sleep(0.05)


@pytest.mark.heavy
@pytest.mark.parametrize(("preload", "told"), [(["--preload"], "WrongProcess: "), ([], "stored")])
def test_a_worker_forked_from_the_opener_is_told(tmp_path: Path, gunicorn: Path, preload: list[str], told: str) -> None:
    """With preload every worker gets the error by name; without it, one worker that opens the memory itself stores."""
    (tmp_path / "served.py").write_text(APPLICATION, encoding="utf-8")
    port, home = free_port(), tmp_path / "memory"
    paths = [str(gunicorn), str(tmp_path), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "HOME_OF_MEMORY": str(home)}
    command = [sys.executable, "-m", "gunicorn", *preload, "--bind", f"127.0.0.1:{port}", "served:application"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) as server:
        try:
            assert answer(port, server).startswith(told)
        finally:
            server.send_signal(signal.SIGTERM)
            server.communicate()
