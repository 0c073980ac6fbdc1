"""A server in this process that can stream its answers, and break off in the middle of one."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from .running_server import QuietServer, run_http

BREAK = object()
"""In place of a chunk: the connection is cut here."""


@dataclass
class Streamed:
    """One answer: a JSON object, a text, or chunks of bytes that are sent one by one."""

    status: int = 200
    content: Any = None
    chunks: Iterator[Any] | None = None


Respond = Callable[[str, dict[str, Any]], Streamed]
"""Answers a path and the JSON of a request; the JSON of a GET is empty."""


@dataclass
class StreamServer:
    """What was asked, and how many answers the client broke off."""

    url: str = ""
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    hung_up: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def bodies(self, path: str) -> list[dict[str, Any]]:
        """The requests to one path, in order."""
        return [body for asked, body in self.asked if asked == path]


@contextmanager
def serve_streams(
    respond: Respond, *, on_headers: Callable[[Mapping[str, str]], object] = dict
) -> Iterator[StreamServer]:
    """Serve meanwhile on a free port; the headers of each request are told."""
    state = StreamServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.reply({})

        def do_POST(self) -> None:
            self.reply(json.loads(self.rfile.read(int(self.headers["content-length"]))))

        def reply(self, body: dict[str, Any]) -> None:
            state.asked.append((self.path, body))
            on_headers(self.headers)
            answer = respond(self.path, body)
            if answer.chunks is None:
                whole = answer.content if isinstance(answer.content, str) else json.dumps(answer.content)
                self.send_whole(answer.status, whole.encode())
            else:
                try:
                    self.send_chunks(answer.chunks)
                except OSError:
                    state.hung_up.release()
                    self.close_connection = True

        def send_whole(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def send_chunks(self, chunks: Iterator[Any]) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            for chunk in chunks:
                if chunk is BREAK:
                    self.close_connection = True
                    return
                self.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
            self.wfile.write(b"0\r\n\r\n")

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with run_http(QuietServer(Handler)) as state.url:
        yield state


def event(content: Any) -> bytes:
    """One server-sent event."""
    return b"data: " + json.dumps(content, ensure_ascii=False).encode() + b"\n\n"
