"""A home, a working directory and a PATH for the commands of one page."""

import atexit
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import AbstractContextManager, ExitStack
from functools import cache
from pathlib import Path
from typing import TypeVar

import httpx

from midthought.reasoner.engines.model_file import default_cache

Opened = TypeVar("Opened")
MINUTES = 10
"""A command that hangs is ended, which fails the test."""


WARM_START = Path(__file__).with_name("warm_start.py")


@cache
def warm_socket() -> Path:
    """Start what runs `midthought` with its modules imported, once per process of tests; return where it is called."""
    path = Path(tempfile.mkdtemp(prefix="warm")) / "socket"
    server = subprocess.Popen([sys.executable, WARM_START, path])
    atexit.register(shutil.rmtree, path.parent)
    atexit.register(server.terminate)
    while not path.exists():
        assert server.poll() is None
        time.sleep(0.05)
    return path


class Sandbox:
    """Runs the commands of a page one after another, as a reader would; servers run on until `close`."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root = root
        self.work = folder / "work"
        self.home = folder / "home"
        self.port = free_port()
        self.printed = self.told = self.model = ""
        self._opened = ExitStack()
        self._servers: list[subprocess.Popen[bytes]] = []
        self._bin = folder / "bin"
        for one in (self.work, self.home, self._bin):
            one.mkdir()
        link_models(self.home)
        self._install("midthought", f"{sys.executable} -SE {WARM_START} {warm_socket()}")
        self._install("python", sys.executable)
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("MIDTHOUGHT_")} | {
            "HOME": str(self.home),
            "PATH": f"{self._bin}{os.pathsep}{os.environ['PATH']}",
            "HF_HUB_OFFLINE": "1",
            "MIDTHOUGHT_PORT": str(self.port),
            # What a reader waits for and a test need not.
            "MIDTHOUGHT_ENCODER": "hashing",
            "MIDTHOUGHT_MAX_TOKENS": "24",
            "MIDTHOUGHT_BRANCHES": "1",
            "MIDTHOUGHT_PROCEDURES": "1",
        }

    def run(self, command: str) -> str:
        """Run a command to its end and return what it printed; raises `AssertionError` if it fails.

        A variable that is exported is kept for the commands that follow.
        """
        if exported := re.fullmatch(r"export (\w+)=.*", command):
            command += f' && printf %s "${exported[1]}"'
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=self.work, env=self.environment, capture_output=True, text=True, check=False, timeout=60 * MINUTES,
        )  # fmt: skip
        assert done.returncode == 0, f"$ {command}\nexit code {done.returncode}\n{done.stdout}{done.stderr}"
        if exported:
            self.environment[exported[1]] = done.stdout
        self.printed = done.stdout
        self.told = done.stderr + done.stdout
        return done.stdout

    def serve(self, command: str, path: str) -> str:
        """Start a server in the background and return what it printed until it answers at `path`.

        Raises `AssertionError` if it ends before.
        """
        log = self.work.parent / f"server{len(self._servers)}.log"
        with log.open("wb") as output:
            server = subprocess.Popen(
                ["bash", "-c", f"exec {command}"], cwd=self.work, env=self.environment, stdout=output, stderr=output
            )
        self._servers.append(server)
        while not answers(f"http://127.0.0.1:{self.port}{path}"):
            assert server.poll() is None, f"$ {command}\n{log.read_text()}"
            time.sleep(0.1)
        return log.read_text()

    def open(self, context: AbstractContextManager[Opened]) -> Opened:
        """Enter what `close` leaves, such as a server of this process."""
        return self._opened.enter_context(context)

    def stop(self) -> None:
        """Stop the servers that commands started; raises `AssertionError` if one does not end well."""
        for server in self._servers:
            server.terminate()
        codes = [server.wait(60) for server in self._servers]
        self._servers.clear()
        assert all(code in (0, 130, -15) for code in codes), codes

    def close(self) -> None:
        """Stop all servers; raises `AssertionError` if one does not end well."""
        with self._opened:
            self.stop()

    def _install(self, name: str, command: str) -> None:
        script = self._bin / name
        script.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        script.chmod(0o755)


def link_models(home: Path) -> None:
    """Let another home have the models of the user's: nothing is fetched or converted for it."""
    default_cache().mkdir(parents=True, exist_ok=True)
    theirs = home / default_cache().relative_to(Path.home())
    theirs.parent.mkdir(parents=True)
    theirs.symlink_to(default_cache(), target_is_directory=True)


def answers(url: str) -> bool:
    """Whether a server answers with success."""
    try:
        return httpx.get(url, trust_env=False).is_success
    except httpx.TransportError:
        return False


def free_port() -> int:
    """A port nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
