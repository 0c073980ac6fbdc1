"""One operation as one HTTP call: the request, and how its answer is read. Both clients use it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import httpx

from midthought.api.operations.codec import read_result, write_request
from midthought.api.operations.request import Request
from midthought.api.operations.shape import Json
from midthought.api.rest.problems import error_from_problem
from midthought.api.service_address import is_loopback
from midthought.memory.errors import BadSettings, Unreachable
from midthought.memory.records.namespace import Namespace

Result = TypeVar("Result")

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


def result_of(request: Request[Result], answer: httpx.Response, url: str) -> Result:
    """Return the result in an answer, or raise its error."""
    record = json_of(answer, url)
    try:
        return read_result(request, record)
    except (ValueError, KeyError, TypeError) as error:
        raise Unreachable(f"{url} answered {type(request).__name__} in a way not understood: {error}") from error


def json_of(answer: httpx.Response, url: str) -> Any:
    """Return the JSON of a good answer; raises the error of a problem document, or `Unreachable`."""
    try:
        record = answer.json()
    except ValueError as error:
        raise Unreachable(f"{url} answered no JSON (status {answer.status_code}): is it Midthought?") from error
    if answer.is_success:
        return record
    raise error_from_problem(record if isinstance(record, Mapping) else {"status": answer.status_code})


def unreachable(url: str, error: Exception) -> Unreachable:
    """Return the error that says that no service answers at a URL."""
    return Unreachable(f"{url} does not answer ({error or type(error).__name__}): is it running?")


def client_options(url: str, api_key: str) -> dict[str, Any]:
    """Return how an HTTP client is made for a service. Raises `ValueError` for a URL that cannot be read."""
    local = is_loopback(urlsplit(url).hostname or "")
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    # A proxy of the environment is for the world outside, not for this machine.
    return {"base_url": url.rstrip("/"), "headers": headers, "timeout": _PATIENCE, "trust_env": not local}


def bad_url(url: str) -> BadSettings:
    """Return the error for a URL or key that no client can be made with."""
    return BadSettings(f"url or api_key cannot be used: check url {url!r}; a key is ASCII text")
