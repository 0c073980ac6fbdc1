"""Connections that cannot be held open for nothing: each phase of a request has a time-out, and their number a cap."""

import asyncio
import resource
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

_RESERVED_FILES = 64
"""Descriptors kept for the database, the indexes and spooled uploads; 11 are open in a small service at rest."""

_TIMED_OUT = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_TOO_MANY = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nretry-after: 2\r\nconnection: close\r\n\r\n"


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What a connection may take.

    Attributes:
        max_open: open connections; above them the one that has waited longest for its client is closed.
        head_seconds: from the first moment to the end of a request's headers, however they come.
        body_seconds: without a byte of a body that the service is ready to read.
        answer_seconds: without a byte taken of an answer that is longer than the buffers.
    """

    max_open: int = 480
    head_seconds: float = 10
    body_seconds: float = 60
    answer_seconds: float = 60

    @property
    def backlog(self) -> int:
        """Connections that are accepted at one go. asyncio may do so three times before the cap sees the first."""
        return max(4, min(128, self.max_open // 4))


def limits_of_process() -> ConnectionLimits:
    """Return limits under which connections and files together stay below the descriptors this process may open."""
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if allowed == resource.RLIM_INFINITY:
        return ConnectionLimits()
    return ConnectionLimits(max_open=max(4, min(ConnectionLimits().max_open, (allowed - _RESERVED_FILES) // 2)))


def server_config(app: ASGIApp, limits: ConnectionLimits) -> uvicorn.Config:
    """Return how a service is served: by one protocol and event loop, whatever others are installed."""
    protocol = partial(BoundedProtocol, limits=limits)
    return uvicorn.Config(
        app,
        http=protocol,  # type: ignore[arg-type]  # called as a class would be
        ws="none",
        loop="asyncio",
        backlog=limits.backlog,
        log_level="warning",
        timeout_graceful_shutdown=10,
    )


class Phase(IntEnum):
    """What a connection waits for, the least worth keeping first."""

    HEAD = 0
    """Its client: the headers of a request, or the end of a body that was answered without it."""
    BODY = 1
    """Its client: a body that is being read."""
    ANSWER = 2
    """The service."""


class BoundedProtocol(H11Protocol):
    """uvicorn's connection with time-outs and a cap.

    uvicorn's own time-out is for connections that are idle between two requests; a single byte ends it for good.
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
        """What it waits for now."""
        if self.cycle is None or self.cycle.response_complete:
            return Phase.HEAD
        return Phase.BODY if self.cycle.more_body else Phase.ANSWER

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Give it time for its first headers, and close another, or itself, if there are too many."""
        super().connection_made(transport)
        self._wait(self._limits.head_seconds)
        found = [one for one in self.connections if not one.transport.is_closing()]
        if len(found) > self._limits.max_open:
            _longest_waiting(found, newest=self).close(_TOO_MANY)

    def data_received(self, data: bytes) -> None:
        """Take what came; only what completes the headers, or goes on with a body, gives it more time."""
        before = self.phase, self.cycle
        super().data_received(data)
        if self.phase is Phase.BODY:
            self._wait(self._limits.body_seconds)
        elif self.phase is Phase.ANSWER:
            self._stop_waiting()
        elif self._deadline is None or before != (self.phase, self.cycle):
            self._wait(self._limits.head_seconds)

    def on_response_complete(self) -> None:
        """Leave what follows to uvicorn's time-out between two requests, until a byte of the next one comes."""
        self._stop_waiting()
        self._since = self.loop.time()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the time-outs."""
        self._stop_waiting()
        self.resume_writing()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Give the client time to take what was written."""
        super().pause_writing()
        self._answer_deadline = self.loop.call_later(self._limits.answer_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """The client took it."""
        if self._answer_deadline is not None:
            self._answer_deadline.cancel()
            self._answer_deadline = None
        super().resume_writing()

    def close(self, answer: bytes) -> None:
        """Close it, with a word to a client that has not been answered yet."""
        if not self.transport.is_closing():
            if self.phase is Phase.HEAD and self.cycle is None:
                self.transport.write(answer)
            self.transport.close() if self.transport.get_write_buffer_size() == 0 else self.transport.abort()

    def timeout_keep_alive_handler(self) -> None:
        """Close it between two requests; what its client does not take is not kept for long."""
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


def _longest_waiting(found: "Iterable[BoundedProtocol]", *, newest: BoundedProtocol) -> BoundedProtocol:
    """Return the connection to close: the longest in the phase least worth keeping, the newest if all are answered."""
    waiting = [one for one in found if one is not newest and one.phase is not Phase.ANSWER]
    return min(waiting, key=lambda one: (one.phase, one._since), default=newest)
