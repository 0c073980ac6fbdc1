"""Answers the POSTs of a test on a free port of this machine."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

from .running_server import QuietServer, run_http

Answer = Callable[[str, str, Any], tuple[int, bytes, Mapping[str, str]]]
"""Returns status, body and headers, given the path, the header of authorization and the JSON of a request."""


@contextmanager
def serve_posts(answer: Answer) -> Iterator[str]:
    """Serve meanwhile; the URL is given."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            record = json.loads(self.rfile.read(int(self.headers["content-length"])))
            status, body, headers = answer(self.path, self.headers.get("authorization", ""), record)
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with run_http(QuietServer(Handler)) as url:
        yield url
