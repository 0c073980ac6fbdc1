"""A limit for the time until an answer begins, or ends: httpx limits only that between two parts of what arrives."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import local
from typing import Any

_HEADERS = "http11.receive_response_headers."


def is_connected(event: str) -> bool:
    """Whether an event of httpcore brings a connection: plain, by TLS, or by a proxy."""
    return event.endswith((".connect_tcp.complete", ".start_tls.complete"))


class _Waiting(local):
    """What one thread waits for."""

    until: float | None = None
    whole: bool = False


class AnswerDeadline:
    """Bounds the reads of the thread that waits for an answer, from the sent request to the last header.

    A server that sends one header line after the other is never silent, and never answers.

    Args:
        seconds: from the request to the last header, or within `whole` to the end of the answer.
        clock: seconds from any start.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._waiting = _Waiting()

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Bound the whole answers to what this thread asks meanwhile: of short ones, which come in one piece."""
        self._waiting.whole = True
        try:
            yield
        finally:
            self._waiting.whole, self._waiting.until = False, None

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Take an event of httpcore, in the thread of its request."""
        if is_connected(event):
            self._guard(info["return_value"])
        elif event.startswith(_HEADERS):
            if event.endswith(".started"):
                self._waiting.until = self._clock() + self._seconds
            elif not self._waiting.whole:
                self._waiting.until = None

    def _guard(self, stream: Any) -> None:
        """Let a connection keep the deadline. A read tells nobody else, and httpx lets nobody choose the connection."""
        read = stream.read

        def read_in_time(max_bytes: int, timeout: float | None = None) -> bytes:
            until = self._waiting.until
            return bytes(read(max_bytes, timeout=timeout if until is None else self._shorten(timeout, until)))

        stream.read = read_in_time

    def _shorten(self, timeout: float | None, until: float) -> float:
        import httpx

        left = until - self._clock()
        if left <= 0:
            raise httpx.ReadTimeout(f"the answer did not come within {self._seconds:g} seconds")
        return left if timeout is None else min(timeout, left)
