"""A server of ``POST /v1/chat/completions`` in this process, which answers as it is told."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from .local_server import serve_posts


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

    def answer(self, path: str, authorization: str, record: dict[str, Any]) -> tuple[int, bytes, dict[str, str]]:
        """Note a request; return status, body and headers of the answer."""
        self.paths.append(path)
        self.keys.append(authorization)
        self.bodies.append(record)
        self.go.wait()
        message = {"role": "assistant", "content": self.content}
        body = self.body if self.body is not None else json.dumps({"choices": [{"message": message}]}).encode()
        return self.status, body, {}


@contextmanager
def serve_chat() -> Iterator[ChatServer]:
    """Serve on a free port meanwhile."""
    state = ChatServer()
    state.go.set()
    with serve_posts(state.answer) as state.url:
        try:
            yield state
        finally:
            state.go.set()
