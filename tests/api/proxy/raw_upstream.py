"""An upstream that keeps what it was sent, byte for byte, and answers as it is told."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ...running_server import run_http

_PROBES = ("/tokenize", "/detokenize", "/openapi.json", "/version", "/props", "/apply-template")
"""What the proxy asks a server about itself; this one says nothing, so that hints stand before the thought."""


@dataclass(frozen=True, slots=True)
class RawRequest:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """One answer; its length is written, which may be more than comes before the connection is closed."""

    status: int = 200
    body: bytes = b"{}"
    headers: tuple[tuple[str, str], ...] = (("content-type", "application/json"),)
    missing: int = 0


@dataclass(slots=True)
class RawUpstream:
    """Where it is, and what was asked."""

    url: str = ""
    asked: list[RawRequest] = field(default_factory=list)


@contextmanager
def serve_raw(respond: Callable[[RawRequest], RawAnswer] = lambda _: RawAnswer()) -> Iterator[RawUpstream]:
    """Serve meanwhile."""
    state = RawUpstream()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def reply(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = RawRequest(self.command, self.path, headers, body)
            is_probe = asked.path in _PROBES
            answer = RawAnswer(404) if is_probe else respond(asked)
            if not is_probe:
                state.asked.append(asked)
            self.send_response(answer.status)
            for name, value in (*answer.headers, ("content-length", str(len(answer.body) + answer.missing))):
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)
            self.close_connection |= bool(answer.missing)

        def do_GET(self) -> None:
            self.reply()

        def do_POST(self) -> None:
            self.reply()

        def do_DELETE(self) -> None:
            self.reply()

        def do_HEAD(self) -> None:
            self.reply()

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with run_http(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as state.url:
        yield state
