"""One operation as one HTTP call: the request, and how its answer is read. Both clients use it."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import httpx

import midthought
from midthought.api.api_version import API_HEADER, API_VERSION, VERSION_HEADER
from midthought.api.operations.codec import read_result, write_request
from midthought.api.operations.jobs import WaitJob
from midthought.api.operations.request import Request
from midthought.api.operations.shape import Json
from midthought.api.python.retries import ONCE, CallAttempts, RetryPolicy
from midthought.api.rest.problems import error_from_problem
from midthought.api.service_address import is_loopback
from midthought.api.setting_checks import check_url
from midthought.api.sources import Traces
from midthought.memory.errors import BadInput, BadSettings, NotAllowed, NotFound, Unreachable
from midthought.memory.records.namespace import Namespace

Result = TypeVar("Result")
HttpT = TypeVar("HttpT", httpx.Client, httpx.AsyncClient)

TIMEOUT = 60.0
"""Seconds that a client waits for an answer."""
_CONNECT = 5.0
_IDEMPOTENCY_KEY = "Idempotency-Key"
_IDEMPOTENT = {"GET", "PUT", "DELETE"}
LOST = (httpx.HTTPError, httpx.InvalidURL, UnicodeError)
"""What httpx raises if a call fails."""


@dataclass(frozen=True, slots=True)
class HttpCall:
    """What is sent: query parameters and a JSON body, either of which may be absent.

    Attributes:
        waits: seconds that the service may take because it was asked to wait.
    """

    method: str
    path: str
    params: Json | None = None
    body: Json | None = None
    headers: dict[str, str] = field(default_factory=dict)
    is_repeatable: bool = False
    waits: float = 0.0


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
    sent = {"params": record} if route.sends_query else {"body": record}
    # With a key of its own, a write that is sent again is carried out once.
    headers = {_IDEMPOTENCY_KEY: secrets.token_hex(16)} if route.takes_key else {}
    is_repeatable = route.method in _IDEMPOTENT or route.takes_key or request.changes_nothing
    waits = request.seconds if isinstance(request, WaitJob) else 0.0
    return HttpCall(route.method, path, **sent, headers=headers, is_repeatable=is_repeatable, waits=waits)


def job_headers(traces: Traces) -> dict[str, str]:
    """Return the headers of an upload that say whether it is waited for, and under which key."""
    headers = {} if traces.wait else {"Prefer": "respond-async"}
    return headers | ({_IDEMPOTENCY_KEY: traces.key} if traces.key else {})


class ServiceTransport:
    """What both transports over HTTP know of a service: its URL, how calls are sent, and how answers are read.

    Args:
        url: of the service; ``/v1`` at its end is left out.
        timeout: seconds that an answer may take.
        retries: how often a call is sent again, if that is safe.

    Raises:
        BadSettings: no client is made with the URL.
        BadInput: the timeout is not above 0, or the retries are not 0 to 10.
    """

    def __init__(self, url: str, *, timeout: float, retries: int) -> None:
        _check_url(url)
        if not timeout > 0:
            raise BadInput(f"timeout must be > 0 seconds, got {timeout}")
        if not 0 <= retries <= 10:
            raise BadInput(f"retries must be 0..10, got {retries}")
        self.url = url.rstrip("/").removesuffix("/v1").rstrip("/")
        self._timeout = timeout
        self._policy = RetryPolicy(retries)

    def make_http(self, kind: Callable[..., HttpT], *, api_key: str, transport: object) -> HttpT:
        """Return an HTTP client for the service. Raises `BadSettings` for a URL or key that no client is made with."""
        headers = {"User-Agent": f"midthought/{midthought.__version__}"}
        headers |= {"Authorization": f"Bearer {api_key}"} if api_key else {}
        try:
            # A proxy of the environment is for the world outside, not for this machine.
            local = is_loopback(urlsplit(self.url).hostname or "")
            options = {"timeout": self.patience(), "trust_env": not local, "transport": transport}
            return kind(base_url=self.url, headers=headers, **options)
        except (ValueError, httpx.InvalidURL):
            raise BadSettings(f"url or api_key cannot be used: check url {self.url!r}; a key is ASCII text") from None

    def patience(self, waits: float = 0.0) -> httpx.Timeout:
        """Return how long a call may take that asks the service to wait."""
        return httpx.Timeout(self._timeout + waits, connect=min(_CONNECT, self._timeout))

    def upload_patience(self) -> httpx.Timeout:
        """Return the same of an upload: it is answered when everything in it is stored, however long that takes."""
        return httpx.Timeout(self._timeout, connect=min(_CONNECT, self._timeout), read=None)

    def options_of(self, call: HttpCall) -> dict[str, Any]:
        """Return what is sent besides method and path."""
        sent = {"params": call.params, "json": call.body, "headers": call.headers}
        return sent | {"timeout": self.patience(call.waits)}

    def attempts(self, is_repeatable: bool) -> CallAttempts:
        """Return the attempts of a new call."""
        return CallAttempts(self._policy, is_repeatable=is_repeatable)

    def result_of(self, request: Request[Result], answer: httpx.Response, attempts: CallAttempts = ONCE) -> Result:
        """Return the result in an answer, or raise its error."""
        try:
            record = self.json_of(answer)
        except NotFound as error:
            if attempts.was_broken_off:
                error.add_note("It was sent twice, as the first answer was lost: the first time may have removed it.")
            raise
        try:
            return read_result(request, record)
        except (ValueError, KeyError, TypeError) as error:
            told = f"{self.url} answered {type(request).__name__} in a way not understood: {error}"
            raise Unreachable(told + _versions(answer)) from error

    def json_of(self, answer: httpx.Response) -> Any:
        """Return the JSON of a good answer; raises the error of a problem document, or `Unreachable`."""
        self.check_version(answer)
        try:
            record = answer.json()
        except ValueError as error:
            raise Unreachable(
                f"{self.url} answered no JSON (status {answer.status_code}): is it Midthought?"
            ) from error
        if answer.is_success:
            return record
        raise self._error(record if isinstance(record, Mapping) else {}, answer)

    def check_version(self, answer: httpx.Response) -> None:
        """Raise `Unreachable` for an answer of another version of the API."""
        told = answer.headers.get(API_HEADER, "")
        if told.isdecimal() and int(told) != API_VERSION:
            older = "the service" if int(told) < API_VERSION else "midthought here"
            raise Unreachable(
                f"{self.url} speaks version {told} of the API, and this client version {API_VERSION}: upgrade "
                f"{older}{_versions(answer)}"
            )

    def check_open(self, http: httpx.Client | httpx.AsyncClient) -> None:
        """Raise `Unreachable` if the client was closed."""
        if http.is_closed:
            raise Unreachable(f"this client of {self.url} is closed: make another, or keep it open with `with`")

    def unreachable(self, error: Exception) -> Unreachable:
        """Return the error that says that the service does not answer."""
        if isinstance(error, httpx.ReadTimeout):
            told = f"{self.url} did not answer within {self._timeout:g} seconds"
            return Unreachable(f"{told}: it may still do what it was asked; a larger `timeout` waits longer")
        return Unreachable(f"{self.url} does not answer ({error or type(error).__name__}): is it running?")

    def _error(self, record: Mapping[str, Any], answer: httpx.Response) -> Exception:
        """Return the error of a refusal, with what helps if both sides are of two versions, or it is no service."""
        if VERSION_HEADER not in answer.headers and "type" not in record:
            return Unreachable(f"{self.url} refused the request ({answer.status_code}): is it Midthought?")
        is_no_route = answer.status_code == HTTPStatus.NOT_FOUND and record.get("type") == "about:blank"
        if is_no_route:
            path = urlsplit(str(answer.request.url)).path
            return Unreachable(
                f"{self.url} has no {answer.request.method} {path}: is the URL right, and the service as new as this "
                f"client?{_versions(answer)}"
            )
        error = error_from_problem({"status": answer.status_code} | dict(record))
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            has_key = "authorization" in answer.request.headers
            return NotAllowed(
                f"{self.url} {f'refused the api_key: {error}' if has_key else 'asks for a key: give api_key'}"
            )
        if answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY and (skew := _versions(answer)):
            error.args = (f"{error}{skew}",)
        return error


def _check_url(url: str) -> None:
    """Raise `BadSettings` for what is no URL of a service."""
    try:
        check_url(url or "http://")  # the setting may be empty
    except BadSettings as error:
        raise BadSettings(str(error).replace("setting 'url'", "url")) from None


def _versions(answer: httpx.Response) -> str:
    """Return which versions both sides have, if they are not the same."""
    there = answer.headers.get(VERSION_HEADER, "")
    same = there in ("", midthought.__version__)
    return "" if same else f" (the service is Midthought {there}, this client is {midthought.__version__})"
