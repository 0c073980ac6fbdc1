"""A service in a process of its own, and what calls it over one kept connection."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

NS = "/v1/namespaces/default"
_SERVE = "import sys; from midthought.api.cli.start import main; sys.exit(main())"
_START_SECONDS = 120.0


class Refused(Exception):
    """An answer that is no success: its status, and its body."""

    def __init__(self, status: int, body: bytes, retry_after: str) -> None:
        super().__init__(f"{status}: {body[:300]!r}")
        self.status = status
        self.retry_after = float(retry_after or 0)


class Connection:
    """Calls one service; the connection is kept, and made again after an error."""

    def __init__(self, port: int, *, timeout: float = 60.0) -> None:
        self._port = port
        self._timeout = timeout
        self._kept = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)

    def call(self, method: str, path: str, body: object = None, *, headers: Mapping[str, str] | None = None) -> Any:
        """Return the JSON of an answer; raises `Refused`, or `OSError` if none came."""
        self.send(method, path, body, headers=headers)
        answer = self._kept.getresponse()
        told = answer.read()
        if answer.status >= 300:
            raise Refused(answer.status, told, answer.getheader("Retry-After", ""))
        return json.loads(told) if told else None

    def send(self, method: str, path: str, body: object = None, *, headers: Mapping[str, str] | None = None) -> None:
        """Send a request, and wait for no answer. Bytes are sent as lines of JSON."""
        is_lines = isinstance(body, bytes)
        kind = {"Content-Type": "application/x-ndjson" if is_lines else "application/json"} if body is not None else {}
        data = body if is_lines or body is None else json.dumps(body)
        self._kept.request(method, path, data, {**kind, **(headers or {})})

    def events(self, path: str) -> Generator[str, None, None]:
        """Yield the names of the events of a stream; leave it before its end by closing this connection."""
        self.send("GET", path)
        with self._kept.getresponse() as answer:
            if answer.status >= 300:
                raise Refused(answer.status, answer.read(), answer.getheader("Retry-After", ""))
            while line := answer.readline():
                if line.startswith(b"event: "):
                    yield line[7:].decode().strip()

    def pages(self, path: str) -> Iterator[dict[str, Any]]:
        """Yield the items of a list that answers page by page."""
        after = ""
        while True:
            page = self.call("GET", f"{path}?limit=1000&after={after}")
            items = page if isinstance(page, list) else page["items"]
            yield from items
            after = (items[-1]["id"] if len(items) == 1000 else "") if isinstance(page, list) else page["next"]
            if not after:
                return

    def close(self) -> None:
        """Close it; the next call opens it again."""
        self._kept.close()


class Service:
    """`midthought serve` on one directory, on a free port of this machine.

    Args:
        home: the directory of the memory.
        before: Python that runs before the service, in its process: how a test breaks it.
        **settings: of the service, by their names.
    """

    def __init__(self, home: Path, *, before: str = "", **settings: str) -> None:
        self._home = home
        self._before = before
        self._settings = {f"MIDTHOUGHT_{name.upper()}": value for name, value in settings.items()}
        self.start()

    def start(self) -> None:
        """Start it, and return when it is ready."""
        self.port = free_port()
        environment = os.environ | self._settings | {"MIDTHOUGHT_HOME": str(self._home)}
        code = [sys.executable, "-c", f"{self._before}\n{_SERVE}", "serve", "--port", str(self.port)]
        self.process = subprocess.Popen(code, env=environment, stdout=subprocess.DEVNULL)
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            with closing(Connection(self.port)) as connection, suppress(OSError, Refused, http.client.HTTPException):
                connection.call("GET", "/health/ready")
                return
            time.sleep(0.05)
        raise SystemExit("the service did not start")

    def stop(self) -> None:
        """End it as a user does."""
        self.process.terminate()
        self.process.wait()

    def kill(self) -> None:
        """End it as a crash does."""
        self.process.kill()
        self.process.wait()

    @property
    def cpu_seconds(self) -> float:
        """Seconds of the processor it has taken."""
        return read_cpu_seconds(self.process.pid)


def read_cpu_seconds(process: int) -> float:
    """Return how many seconds of the processor a process has taken."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """Return a port of this machine that nothing uses."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
