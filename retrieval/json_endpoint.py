"""One route of an OpenAI-compatible server: posts JSON, and repeats what the server may answer later."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from socket import SHUT_RDWR, socket
from threading import Event, Lock
from typing import TYPE_CHECKING, Any
from weakref import WeakSet, finalize

from midthought.memory.errors import Unreachable
from midthought.memory.forks import call_in_children
from midthought.retrieval.answer_deadline import AnswerDeadline, is_connected
from midthought.retrieval.endpoint_calls import observed_call
from midthought.retrieval.endpoint_url import endpoint_url, is_here

if TYPE_CHECKING:
    import httpx

TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})
"""Statuses that the same request may not meet again: too slow, too many requests, a server that starts or is full."""
_FIRST_PAUSE, _MAX_PAUSE = 0.5, 30.0
"""Seconds before the first repeat, doubled for each further one; the maximum holds also for what a server asks for."""
_SHOWN = 300
"""Characters of a server's answer that an error repeats."""


@dataclass(frozen=True, slots=True)
class EndpointAccess:
    """How a server is reached.

    Attributes:
        base: its URL, as ``http://localhost:8000``; ``/v1`` is added if it has no path.
        key: sent as a bearer token; empty for none. No error shows it.
        timeout: seconds to connect, until an answer begins, and between two of its parts.
        retries: how often a request is repeated.
    """

    base: str
    key: str = field(default="", repr=False)
    timeout: float = 60.0
    retries: int = 4


class JsonEndpoint:
    """Posts to one route. Threads may share it; a forked child opens new connections.

    Args:
        access: how the server is reached.
        path: of the route, as ``/embeddings``.
        setting: names the setting of the URL in errors.
        whose: begins an error: ``the encoder``.
        model: named in errors.
        sleep: waits between two attempts.

    Raises:
        BadSettings: the URL cannot be used.
    """

    def __init__(
        self,
        access: EndpointAccess,
        path: str,
        *,
        setting: str,
        whose: str,
        model: str,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._access = access
        self._path = path
        self._url = endpoint_url(access.base, path, setting=setting)
        self._whose = f"{whose} at {self._url.copy_with(query=None)}"
        self._model = model
        self._sleep = sleep
        self._client: httpx.Client | None = None
        self._deadline = AnswerDeadline(access.timeout)
        self._disconnect()
        call_in_children(self, JsonEndpoint._disconnect)

    def post(
        self, body: Mapping[str, Any], *, stopped: Event | None = None, is_short: bool = False
    ) -> "httpx.Response":
        """Return the answer, after at most `retries` repeats, and none once `stopped` is set: a last refusal too.

        All of an answer that is short comes within the time-out. Raises `Unreachable` if the connection fails, the last
        time as well.
        """
        with observed_call(self._path, self._model) as (headers, tell):
            answer = self._repeat(lambda: self._post_once(body, headers, is_short=is_short), stopped)
            tell(answer.status_code)
        return answer

    @contextmanager
    def stream(self, body: Mapping[str, Any]) -> "Iterator[httpx.Response]":
        """Give an answer as soon as it begins; leaving closes its connection, which stops a model that still writes.

        Repeats as `post` does, but nothing once an answer has begun; what a refusal says has been read. Raises
        `Unreachable` if the connection fails, the last time as well.
        """
        with observed_call(self._path, self._model) as (headers, tell):
            response = self._repeat(lambda: self._open(body, headers), None)
            tell(response.status_code)
            try:
                yield response
            finally:
                response.close()

    def _repeat(self, attempt: "Callable[[], httpx.Response | Unreachable]", stopped: Event | None) -> "httpx.Response":
        pause_for = stopped.wait if stopped and self._sleep is time.sleep else self._sleep
        for left in range(self._access.retries, -1, -1):
            answer = attempt()
            is_last = not left or (stopped is not None and stopped.is_set())
            if is_last and isinstance(answer, Unreachable):
                raise answer
            if not isinstance(answer, Unreachable) and (is_last or answer.status_code not in TRANSIENT):
                return answer
            pause = _FIRST_PAUSE * 2 ** (self._access.retries - left)
            pause_for(_with_jitter(max(pause, _asked_pause(answer))))
        raise AssertionError("the last attempt returns or raises")

    def get(self, path: str) -> "httpx.Response | None":
        """Return the answer of another route of the server, as ``/models``; None if it gives none in time."""
        import httpx

        try:
            url = self._url.copy_with(path=self._url.path.removesuffix(self._path) + path)
            with self._deadline.whole():
                answer = self._connected().get(url, extensions={"trace": self._trace})
        except httpx.RequestError:
            return None
        return answer if answer.is_success else None

    def hang_up(self) -> None:
        """Break off what is being asked; the next request opens new connections."""
        with self._lock:
            client, self._client = self._client, None
        # Closing a socket does not wake the thread that waits for its answer; shutting it down does.
        for connection in list(self._sockets):
            with suppress(OSError):
                connection.shutdown(SHUT_RDWR)
        if client is not None:
            client.close()

    def failure(self, reason: str) -> Unreachable:
        """Return the error that names the server."""
        return Unreachable(f"{self._whose} failed for the model {self._model!r}: {reason}")

    def quote(self, response: "httpx.Response") -> str:
        """Return the start of an answer, without the key if the server repeats it."""
        return self.conceal(" ".join(response.text.split()))[:_SHOWN]

    def conceal(self, text: str) -> str:
        """Return a text without the key."""
        return text.replace(self._access.key, "********") if self._access.key else text

    def _post_once(
        self, body: Mapping[str, Any], headers: Mapping[str, str], *, is_short: bool
    ) -> "httpx.Response | Unreachable":
        import httpx

        try:
            with self._deadline.whole() if is_short else nullcontext():
                extensions = {"trace": self._trace}
                return self._connected().post(self._url, json=body, headers=headers, extensions=extensions)
        # A client that `hang_up` closes meanwhile raises RuntimeError.
        except (httpx.RequestError, RuntimeError) as error:
            return self._lost(error)

    def _open(self, body: Mapping[str, Any], headers: Mapping[str, str]) -> "httpx.Response | Unreachable":
        """Return an answer whose body has not been read, unless it is a refusal."""
        import httpx

        try:
            client = self._connected()
            extensions = {"trace": self._trace}
            request = client.build_request("POST", self._url, json=body, headers=headers, extensions=extensions)
            response = client.send(request, stream=True)
            if not response.is_success:
                response.read()
        except (httpx.RequestError, RuntimeError) as error:
            return self._lost(error)
        return response

    def _lost(self, error: Exception) -> Unreachable:
        waited = f" within {self._access.timeout:g} seconds" if was_silent(error) else ""
        failed = self.failure(f"no answer{waited} ({type(error).__name__}: {self.conceal(str(error))})")
        failed.__cause__ = error
        return failed

    def _trace(self, event: str, info: Mapping[str, Any]) -> None:
        self._deadline.trace(event, info)
        if is_connected(event):
            self._sockets.add(info["return_value"].get_extra_info("socket"))

    def _disconnect(self) -> None:
        """Use new connections from now on; a forked child leaves the open ones to its parent."""
        self._lock = Lock()
        self._client = None
        self._sockets: WeakSet[socket] = WeakSet()

    def _connected(self) -> "httpx.Client":
        import httpx

        with self._lock:
            if self._client is None:
                limits = httpx.Limits(max_connections=None)  # the caller decides how many requests run at once
                self._client = httpx.Client(
                    timeout=self._access.timeout,
                    limits=limits,
                    trust_env=not is_here(self._url),
                    headers={"Authorization": f"Bearer {self._access.key}"} if self._access.key else {},
                )
                finalize(self, self._client.close)
            return self._client


def was_silent(error: BaseException | None) -> bool:
    """Whether an error, or one that it comes from, is of a server that was reached and then gave no answer in time."""
    import httpx

    while error is not None and not isinstance(error, httpx.ReadTimeout):
        error = error.__cause__
    return error is not None


def _with_jitter(seconds: float) -> float:
    """Return a pause in which clients that were refused together do not come back together."""
    return min(seconds, _MAX_PAUSE) * random.uniform(1.0, 1.25)


def _asked_pause(answer: "httpx.Response | Unreachable") -> float:
    """Return the seconds that ``Retry-After`` asks for, as a number or as a date; 0 without one."""
    given = "" if isinstance(answer, Unreachable) else answer.headers.get("retry-after", "")
    if given.isascii() and given.replace(".", "", 1).isdigit():
        return float(given)
    try:
        return max(0.0, parsedate_to_datetime(given).timestamp() - time.time())
    except (ValueError, OverflowError):
        return 0.0
