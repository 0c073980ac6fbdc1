"""Limits on connections: a time-out for each phase of a request, and a maximum number of open connections."""

import asyncio
import json
import resource
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from http import HTTPStatus
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from midthought.api.rest.problems import MEDIA_TYPE, problem

_RESERVED_FILES = 64
"""Descriptors kept for the database, the indexes and spooled uploads; 11 are open in a small service at rest."""


def _refusal(status: HTTPStatus, detail: str, *, more: str = "") -> bytes:
    """Return a whole answer with a problem document, for a client that is not answered by the application."""
    body = json.dumps(problem(status, detail)).encode()
    head = f"HTTP/1.1 {status} {status.phrase}\r\ncontent-type: {MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\n{more}"
    return f"{head}connection: close\r\n\r\n".encode() + body


_TIMED_OUT = _refusal(HTTPStatus.REQUEST_TIMEOUT, "the request did not arrive in time")
_TOO_MANY = _refusal(HTTPStatus.SERVICE_UNAVAILABLE, "too many open connections", more="retry-after: 2\r\n")
_NO_HTTP = _refusal(
    HTTPStatus.BAD_REQUEST, "the bytes are no HTTP/1.1 request, or its headers are too large or two of a kind"
)


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """The limits of connections, and how long each may wait.

    Attributes:
        max_open: maximum number of open connections; above it, the one that waited longest for its client is closed.
        head_seconds: maximum time from opening a connection to the end of the headers, even if bytes keep coming.
        body_seconds: maximum time without a byte of a body, while the service is ready to read one.
        answer_seconds: maximum time in which the client reads no byte of an answer that is longer than the buffers.
        idle_seconds: maximum time between two requests. Longer than pools of clients and proxies before the service
            keep a connection, mostly 60 seconds: a request that is sent while the service closes it is lost, and a
            write must not be sent again.
    """

    max_open: int = 480
    head_seconds: float = 10
    body_seconds: float = 60
    answer_seconds: float = 60
    idle_seconds: int = 75

    @property
    def backlog(self) -> int:
        """Maximum number of connections accepted at once. asyncio may accept three times that number in a row."""
        return max(4, min(128, self.max_open // 4))


def limits_of_process() -> ConnectionLimits:
    """Return limits that keep connections and files together below the number of descriptors this process may open."""
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if allowed == resource.RLIM_INFINITY:
        return ConnectionLimits()
    # Half of the descriptors: asyncio may accept up to three backlogs before the cap sees the first.
    return ConnectionLimits(max_open=max(4, min(ConnectionLimits().max_open, (allowed - _RESERVED_FILES) // 2)))


def server_config(app: ASGIApp, limits: ConnectionLimits, *, graceful_seconds: int = 10) -> uvicorn.Config:
    """Return uvicorn's configuration: always this protocol and event loop, even if others are installed.

    When the server ends, what is being answered has `graceful_seconds`; then it is cut.
    """
    protocol = partial(BoundedProtocol, limits=limits)
    return uvicorn.Config(
        app,
        http=protocol,  # type: ignore[arg-type]  # called as a class would be
        ws="none",
        loop="asyncio",
        backlog=limits.backlog,
        log_config=None,  # as the settings say: its loggers are as all others
        log_level="warning",
        proxy_headers=False,  # else any program of this machine names its address, and guesses keys from many of them
        access_log=False,  # `RequestIds` logs requests, by the pattern of their path
        timeout_keep_alive=limits.idle_seconds,
        timeout_graceful_shutdown=graceful_seconds,
    )


class Phase(IntEnum):
    """What a connection waits for. Connections in the first phases are closed first."""

    HEAD = 0
    """The client: for the headers of a request, or the end of a body that was answered before it was read."""
    BODY = 1
    """The client: for a body that the service is reading."""
    ANSWER = 2
    """The service: for its answer."""


class BoundedProtocol(H11Protocol):
    """uvicorn's connection, with time-outs and a maximum number of connections.

    uvicorn's own time-out covers only the time between two requests; the first byte of a request ends it.
    """

    connections: "set[BoundedProtocol]"  # type: ignore[assignment]  # a server has one protocol

    def __init__(self, *arguments: Any, limits: ConnectionLimits, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._limits = limits
        self._deadline: asyncio.TimerHandle | None = None
        self._answer_deadline: asyncio.TimerHandle | None = None
        self._since = self.loop.time()

    @property
    def phase(self) -> Phase:
        """What the connection waits for now."""
        if self.cycle is None or self.cycle.response_complete:
            return Phase.HEAD
        return Phase.BODY if self.cycle.more_body else Phase.ANSWER

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Start the time-out for the first headers; if there are too many connections, close one, possibly this one."""
        super().connection_made(transport)
        _send_at_once(transport)
        self._wait(self._limits.head_seconds)
        # Closing connections are still in uvicorn's set until the transport has ended.
        found = [one for one in self.connections if not one.transport.is_closing()]
        if len(found) > self._limits.max_open:
            _longest_waiting(found, newest=self).close(_TOO_MANY)

    def data_received(self, data: bytes) -> None:
        """Read bytes; only the end of the headers or more of a body extends the time-out."""
        before = self.phase, self.cycle
        super().data_received(data)
        if self.phase is Phase.BODY:
            self._wait(self._limits.body_seconds)
        elif self.phase is Phase.ANSWER:
            self._stop_waiting()
        # A single byte that completes nothing must not extend the time.
        elif self._deadline is None or before != (self.phase, self.cycle):
            self._wait(self._limits.head_seconds)

    def send_400_response(self, msg: str) -> None:
        """Answer bytes that are no request, unless an answer has begun: a second one would be read as part of it."""
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            self.transport.write(_NO_HTTP)
        self.transport.close()

    def on_response_complete(self) -> None:
        """Stop the time-out: uvicorn's own applies until the first byte of the next request."""
        self._stop_waiting()
        self._since = self.loop.time()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the time-outs."""
        self._stop_waiting()
        self.resume_writing()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Start the time-out for a client that does not read the answer."""
        super().pause_writing()
        self._answer_deadline = self.loop.call_later(self._limits.answer_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Cancel that time-out: the client has read."""
        if self._answer_deadline is not None:
            self._answer_deadline.cancel()
            self._answer_deadline = None
        super().resume_writing()

    def close(self, answer: bytes) -> None:
        """Close the connection, with `answer` if its client has not been answered yet."""
        if not self.transport.is_closing():
            # Once an answer has begun, a second one would be read as part of it.
            if self.phase is Phase.HEAD and self.cycle is None:
                self.transport.write(answer)
            # `close` waits until the client has taken what is written, which such a client does not.
            self.transport.close() if self.transport.get_write_buffer_size() == 0 else self.transport.abort()

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection; an answer that its client does not read is dropped after `answer_seconds`."""
        super().timeout_keep_alive_handler()
        if self.transport.get_write_buffer_size() and self._answer_deadline is None:
            self._answer_deadline = self.loop.call_later(self._limits.answer_seconds, self.transport.abort)

    def _wait(self, seconds: float) -> None:
        self._stop_waiting()
        self._since = self.loop.time()
        self._deadline = self.loop.call_later(seconds, self._give_up)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        if self.phase is Phase.BODY and self.flow.read_paused:  # it is the service that does not read on
            self._wait(self._limits.body_seconds)
        else:
            self.close(_TIMED_OUT)


def _send_at_once(transport: asyncio.Transport) -> None:
    """Let no small write wait until the client has acknowledged the one before: that took 40 ms for each event.

    asyncio does so for sockets that name their protocol, which those accepted by `socket.create_server` do not.
    """
    connection = transport.get_extra_info("socket")
    if connection is not None and connection.family in (socket.AF_INET, socket.AF_INET6):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _longest_waiting(found: "Iterable[BoundedProtocol]", *, newest: BoundedProtocol) -> BoundedProtocol:
    """Return the connection to close: the longest in the phase least worth keeping, the newest if all are answered."""
    waiting = [one for one in found if one is not newest and one.phase is not Phase.ANSWER]
    return min(waiting, key=lambda one: (one.phase, one._since), default=newest)
