"""The upstream and the service of the measurements, each a process: the upstream is that of the chaos tests."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Service:
    """A running service."""

    url: str
    pid: int

    def resident_mib(self) -> float:
        """Return the memory of the process."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024

    def processor_seconds(self) -> float:
        """Return the processor time of the process so far, of all its threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def run_upstream() -> Iterator[str]:
    """Run the upstream meanwhile; its address is given."""
    command = [sys.executable, "-m", "proxy.chaos_upstream"]
    place = ROOT / "tests" / "api"
    with subprocess.Popen(command, cwd=place, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield process.stdout.readline().strip()
        finally:
            process.kill()


@contextmanager
def run_service(home: Path, upstream: str) -> Iterator[Service]:
    """Run `midthought serve` before an upstream, with the encoder and the starter memory that it has by default."""
    code = "from midthought.api.cli.main import main; main()"
    command = [sys.executable, "-c", code, "serve", "--port", "0", "--home", str(home), "--upstream", upstream]
    log = home.with_suffix(".log")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MIDTHOUGHT_")}
    with log.open("w") as errors, subprocess.Popen(command, env=environment, stderr=errors) as process:
        try:
            yield Service(_await_ready(process, log), process.pid)
        finally:
            process.terminate()
            process.wait(60)


def _await_ready(process: "subprocess.Popen[bytes]", log: Path) -> str:
    while process.poll() is None:
        time.sleep(0.1)
        found = re.search(r"at (http://\S+)", log.read_text())
        with suppress(httpx.TransportError):
            if found and httpx.get(f"{found[1]}/health/ready", trust_env=False).is_success:
                return found[1]
    raise RuntimeError(log.read_text())
