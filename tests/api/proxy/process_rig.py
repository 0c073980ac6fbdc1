"""The upstream and the service as processes: what they hold can be asked."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class WatchedService:
    """A service, and its process."""

    url: str
    process: "subprocess.Popen[str]"

    def ask(self) -> dict[str, Any]:
        """Return what it holds: tasks, threads, sockets, MiB."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        held: dict[str, Any] = json.loads(self.process.stdout.readline())
        return held


@contextmanager
def serve_upstream() -> Iterator[str]:
    """Run the chaos upstream as a process; the URL is given."""
    command = [sys.executable, "-m", "proxy.chaos_upstream"]
    with subprocess.Popen(command, cwd=HERE.parent, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield process.stdout.readline().strip()
        finally:
            process.kill()


@contextmanager
def serve_watched(home: Path, upstream: str, **settings: str) -> Iterator[WatchedService]:
    """Run `midthought serve` before an upstream as a process, until it has loaded all that it needs."""
    environment = os.environ | {f"MIDTHOUGHT_{name.upper()}": value for name, value in settings.items()}
    command = [sys.executable, HERE / "watched_service.py", "--port", "0", "--home", home, "--upstream", upstream]
    log = home.with_suffix(".log")  # a pipe that nobody reads would stop it
    with (
        log.open("w") as errors,
        subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        try:
            yield WatchedService(_await_ready(process, log), process)
        finally:
            process.terminate()
            process.communicate(timeout=60)


def _await_ready(process: "subprocess.Popen[str]", log: Path) -> str:
    """Return the address of the service, when it is ready."""
    for _ in range(3000):
        time.sleep(0.05)
        found = re.search(r"at (http://\S+)", log.read_text())
        with suppress(httpx.TransportError):
            if found and httpx.get(f"{found[1]}/health/ready", trust_env=False).is_success:
                return found[1]
        if process.poll() is not None:
            break
    raise AssertionError(log.read_text())


def upstream_counts(url: str) -> dict[str, int]:
    """Return what the chaos upstream counted."""
    counts: dict[str, int] = httpx.get(f"{url}/chaos", trust_env=False, timeout=30).json()
    return counts
