"""A server of ``POST /v1/chat/completions`` in this process, which answers as it is told."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class ChatServer:
    """What was asked, and how to answer: with `content`, or with another status or body.

    Attributes:
        go: the server answers once this is set; it is, unless a test clears it.
    """

    url: str = ""
    content: str = ""
    status: int = 200
    body: bytes | None = None
    paths: list[str] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    go: threading.Event = field(default_factory=threading.Event)

    def answer(self) -> bytes:
        """Return the body of an answer."""
        message = {"role": "assistant", "content": self.content}
        return self.body if self.body is not None else json.dumps({"choices": [{"message": message}]}).encode()


@contextmanager
def serve_chat() -> Iterator[ChatServer]:
    """Serve on a free port meanwhile."""
    state = ChatServer()
    state.go.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            state.paths.append(self.path)
            state.keys.append(self.headers.get("authorization", ""))
            state.bodies.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            state.go.wait()
            answer = state.answer()
            self.send_response(state.status)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """A client that did not wait is no error."""

    with Server(("127.0.0.1", 0), Handler) as server:
        state.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield state
        finally:
            state.go.set()
            server.shutdown()
            thread.join()
