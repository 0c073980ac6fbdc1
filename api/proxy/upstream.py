"""The model server behind the proxy: requests that are streamed through, and short questions about the server."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from midthought.api.service_address import is_loopback
from midthought.api.watch.listener import WatchPoint

Headers = Sequence[tuple[str, str]]
"""Names and values as they are sent; a name may stand twice."""
ASK_SECONDS = 10.0
"""A question about the server is answered soon, or not at all."""
_CONNECT_SECONDS = 10.0
_LAST_STATUS = 599
_KEPT_SECONDS = 2.0
"""Below the 5 seconds after which vLLM closes an idle connection: a request must not meet that moment."""


class UpstreamFailed(Exception):
    """The upstream gave no answer; `code` is ``upstream-unreachable`` or ``upstream-timeout``, `status` 502 or 504."""

    def __init__(self, message: str, *, code: str, status: int) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


@dataclass(frozen=True, slots=True)
class UpstreamReply:
    """The answer to a short question.

    Attributes:
        status: 0 if there was none.
        content: the JSON; None if the answer is not JSON.
        text: the body as text, or why there was no answer.
    """

    status: int
    content: Any = None
    text: str = ""

    @property
    def is_good(self) -> bool:
        """Whether the server did what it was asked, and said so in JSON."""
        return self.status == 200 and self.content is not None


class Upstream:
    """One model server. All methods run on the event loop that it was made in.

    Args:
        url: with or without ``/v1`` at its end.
        key: sent as ``Authorization: Bearer``, in place of what the caller sent; empty for none.
        timeout: seconds without a byte after which an answer is given up.
        transport: in place of the network.
        watch: tells listeners of each request.
    """

    def __init__(
        self,
        url: str,
        *,
        key: str = "",
        timeout: float = 600.0,
        transport: httpx.AsyncBaseTransport | None = None,
        watch: WatchPoint | None = None,
    ) -> None:
        self._watch = watch or WatchPoint()
        self.url = strip_version(url)
        self.key = key
        self._timeout = timeout
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=64, keepalive_expiry=_KEPT_SECONDS)
        here = is_loopback(urlsplit(self.url).hostname or "")
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(timeout, connect=min(timeout, _CONNECT_SECONDS), pool=None),
            limits=limits,
            trust_env=not here,  # a proxy of the environment is not asked for this machine
            transport=transport,
        )

    async def send(self, method: str, path: str, *, headers: Headers, content: bytes = b"") -> httpx.Response:
        """Return the answer as soon as its headers are there, its body unread; the caller closes it.

        Args:
            method: of HTTP.
            path: from ``/v1`` on, with its query.
            headers: all that are sent, apart from Host and Content-Length.
            content: the body.

        Raises:
            UpstreamFailed: there are no headers: the server cannot be reached, or was too slow.
        """
        with self._watch.upstream(path) as tell:
            # A request made here has no headers of httpx: the server gets what the client sent, and nothing else.
            named = self._watch.name_trace(headers)
            request = httpx.Request(method, self.url + path, headers=_encode(named), content=content or None)
            answer = await self._send(request)
            tell(answer.status_code)
        if answer.status_code > _LAST_STATUS:  # the service could not write it
            await answer.aclose()
            message = f"the model server at {self.url} answered with the status {answer.status_code}, which is none"
            raise UpstreamFailed(message, code="upstream-unreachable", status=502)
        return answer

    async def _send(self, request: httpx.Request) -> httpx.Response:
        try:
            return await self._client.send(request, stream=True)
        except httpx.TimeoutException as error:
            raise UpstreamFailed(
                f"the model server at {self.url} did not answer within {self._timeout:g} seconds"
                f" ({type(error).__name__})",
                code="upstream-timeout",
                status=504,
            ) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise UpstreamFailed(
                f"the model server at {self.url} cannot be reached: {error or type(error).__name__}",
                code="upstream-unreachable",
                status=502,
            ) from error

    async def ask(
        self, path: str, body: Mapping[str, Any] | None = None, *, headers: Headers = (), seconds: float = ASK_SECONDS
    ) -> UpstreamReply:
        """Return the whole answer to a short question: POST with a body, GET without. Never raises for a failure.

        Args:
            path: from the root of the server on, as in ``/tokenize`` or ``/v1/models``.
            body: is sent as JSON.
            headers: more headers, such as those of a caller whose key the server needs.
            seconds: the time for all of it.
        """
        sent = [("content-type", "application/json"), ("accept", "application/json"), *self._authorization(headers)]
        content = None if body is None else json.dumps(body).encode()
        method = "GET" if body is None else "POST"
        request = httpx.Request(method, self.url + path, headers=_encode(sent), content=content)
        request.extensions["timeout"] = httpx.Timeout(seconds).as_dict()
        try:
            answer = await self._client.send(request)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return UpstreamReply(0, None, f"{type(error).__name__}: {error}")
        return UpstreamReply(answer.status_code, _read_json(answer), answer.text[:2000])

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    def _authorization(self, headers: Headers) -> Headers:
        if not self.key:
            return headers
        kept = ((name, value) for name, value in headers if name.lower() != "authorization")
        return [*kept, ("authorization", f"Bearer {self.key}")]


def _encode(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Return headers as they were read: a value may have any byte, where httpx takes ASCII alone."""
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]


def strip_version(url: str) -> str:
    """Return a base URL without ``/v1`` and slashes at its end."""
    return url.strip().rstrip("/").removesuffix("/v1").rstrip("/")


def _read_json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except (ValueError, RecursionError):
        return None
