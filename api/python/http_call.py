"""One operation as one HTTP call: the request, and how its answer is read. Both clients use it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import httpx

from midthought.api.operations.codec import read_result, write_request
from midthought.api.operations.request import Request
from midthought.api.operations.shape import Json
from midthought.api.rest.problems import error_from_problem
from midthought.api.service_address import is_loopback
from midthought.api.sources import Traces
from midthought.memory.errors import BadSettings, Unreachable
from midthought.memory.records.namespace import Namespace

Result = TypeVar("Result")
HttpT = TypeVar("HttpT", httpx.Client, httpx.AsyncClient)

_PATIENCE = httpx.Timeout(60, connect=5)
UPLOAD_PATIENCE = httpx.Timeout(60, connect=5, read=None)
"""An upload is answered when everything in it is stored, however long that takes."""
LOST = (httpx.HTTPError, httpx.InvalidURL, UnicodeError)
"""What httpx raises if a call fails."""


@dataclass(frozen=True, slots=True)
class HttpCall:
    """What is sent: query parameters and a JSON body, either of which may be absent."""

    method: str
    path: str
    params: Json | None = None
    body: Json | None = None


def call_of(request: Request[Result], namespace: Namespace) -> HttpCall:
    """Return the HTTP call of a request. Raises `BadSettings` for a request that needs the directory."""
    route = request.route
    if route is None:
        name = type(request).__name__
        raise BadSettings(f"{name} needs the directory of the memory: open that with midthought.open, not a URL")
    record = write_request(request)
    # An id may hold a slash, which would be another path.
    parts = {name: quote(str(record.pop(name)), safe="") for name in route.path_fields - {"namespace"}}
    path = route.path.format(namespace=namespace.name, **parts)
    if route.sends_query:
        return HttpCall(route.method, path, params=record)
    return HttpCall(route.method, path, body=record)


def job_headers(traces: Traces) -> dict[str, str]:
    """Return the headers of an upload that say whether it is waited for, and under which key."""
    headers = {} if traces.wait else {"Prefer": "respond-async"}
    return headers | ({"Idempotency-Key": traces.key} if traces.key else {})


class ServiceTransport:
    """What both transports over HTTP know of a service: its URL, and how its answers are read."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def make_http(self, kind: Callable[..., HttpT], *, api_key: str, transport: object) -> HttpT:
        """Return an HTTP client for the service. Raises `BadSettings` for a URL or key that no client is made with."""
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        try:
            # A proxy of the environment is for the world outside, not for this machine.
            local = is_loopback(urlsplit(self.url).hostname or "")
            return kind(base_url=self.url, headers=headers, timeout=_PATIENCE, trust_env=not local, transport=transport)
        except (ValueError, httpx.InvalidURL):
            raise BadSettings(f"url or api_key cannot be used: check url {self.url!r}; a key is ASCII text") from None

    def result_of(self, request: Request[Result], answer: httpx.Response) -> Result:
        """Return the result in an answer, or raise its error."""
        record = self.json_of(answer)
        try:
            return read_result(request, record)
        except (ValueError, KeyError, TypeError) as error:
            raise Unreachable(
                f"{self.url} answered {type(request).__name__} in a way not understood: {error}"
            ) from error

    def json_of(self, answer: httpx.Response) -> Any:
        """Return the JSON of a good answer; raises the error of a problem document, or `Unreachable`."""
        try:
            record = answer.json()
        except ValueError as error:
            raise Unreachable(
                f"{self.url} answered no JSON (status {answer.status_code}): is it Midthought?"
            ) from error
        if answer.is_success:
            return record
        raise error_from_problem(record if isinstance(record, Mapping) else {"status": answer.status_code})

    def unreachable(self, error: Exception) -> Unreachable:
        """Return the error that says that the service does not answer."""
        return Unreachable(f"{self.url} does not answer ({error or type(error).__name__}): is it running?")
