"""Who may call: keys are compared in constant time, and without keys only this machine is answered."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as AsgiScope

from midthought.api.caller_key import NOBODY, CallerKey, check_namespace, check_scope
from midthought.api.explorer.key_cookie import ask_to_sign_in, find_secret
from midthought.api.explorer.paths import is_open as is_open_page
from midthought.api.key_check import KeyCheck, KeyRefused
from midthought.api.proxy.proxy_headers import find_bearer
from midthought.api.proxy.proxy_kind import is_proxied
from midthought.api.proxy.proxy_refusals import ProxyRefused, write_refusal
from midthought.api.rest.problems import MEDIA_TYPE, problem, problem_of
from midthought.api.rest.web_pages import foreign_reason
from midthought.memory.errors import MidthoughtError
from midthought.memory.records.api_key import Scope
from midthought.memory.records.namespace import Namespace

WAS_GOOD = "midthought_was_good"
"""Is in the scope of a refused request: whether its key was good once, so that nobody guesses it."""
OPEN_PATHS = frozenset({"/health/live", "/health/ready"})
"""Paths that need no key, because the program that starts services has none. A service without keys refuses web pages
here too."""


class Gate:
    """Refuses callers before anything of their request is looked at: 401 without a valid key, 403 for web pages.

    The key of a caller that is let in, a `CallerKey` or None if the service needs no keys, is in the state of the
    request. What that key may do is checked around every route, see `route_rights`.

    Args:
        has_proxy: clients of a model server call too: they are refused as they expect, and a key may stand where
            Anthropic's client puts it.
    """

    def __init__(self, app: ASGIApp, *, has_proxy: bool = False) -> None:
        self._app = app
        self._has_proxy = has_proxy

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer with a problem document."""
        if scope["type"] != "http":  # the lifespan messages of the server have no caller
            await self._app(scope, receive, send)
            return
        request, check = Request(scope), KeyCheck(scope["app"].state.settings, scope["app"].state.memory)
        is_for_model = self._has_proxy and is_proxied(scope["path"])
        try:
            caller = _find_caller(request, check, is_for_model=is_for_model)
        except KeyRefused as error:
            scope[WAS_GOOD] = error.was_good
            await _refuse_key(error, request, is_for_model=is_for_model)(scope, receive, send)
            return
        except HTTPException as error:
            await _refuse_page(error, request, is_for_model=is_for_model)(scope, receive, send)
            return
        # A new dict: one that a server shared between requests would give the key of one caller to another.
        scope["state"] = {**scope.get("state", {}), "midthought_key": caller}
        await self._app(scope, receive, send)


class AdmissionEnded(Exception):
    """A request that was let in would not be any more; `problem` is the document that it would be answered with."""

    def __init__(self, record: dict[str, Any]) -> None:
        super().__init__(record["detail"])
        self.problem = record


@dataclass(frozen=True, slots=True)
class Admission:
    """By which right a request was let in: what answers it for long checks again whether it still has it.

    Attributes:
        keys: of the service.
        caller: the key that the request came with.
        namespace: whose it is.
        needed: the scope.
    """

    keys: KeyCheck
    caller: CallerKey | None
    namespace: Namespace
    needed: Scope

    def check(self) -> None:
        """Raise `AdmissionEnded` if the request would be refused now. Takes some microseconds, and never waits."""
        try:
            now = self.keys.look_again(self.caller)
            check_namespace(now, self.namespace)
            check_scope(now, self.needed)
        except KeyRefused as error:
            raise AdmissionEnded(problem(401, str(error), kind=error.kind)) from None
        except MidthoughtError as error:
            raise AdmissionEnded(problem_of(error)) from None


def admission_of(request: Request, namespace: Namespace, needed: Scope) -> Admission:
    """Return by which right a request was let in."""
    state = request.app.state
    return Admission(KeyCheck(state.settings, state.memory), request.state.midthought_key, namespace, needed)


async def admit(request: Request, namespace: str) -> Namespace:
    """Return the namespace in the path; its route has checked that the key of the caller opens it."""
    return Namespace(namespace)


async def find_caller(request: Request) -> CallerKey | None:
    """Return the caller's key, None if the service has no keys."""
    caller: CallerKey | None = request.state.midthought_key  # `Gate` found it, and let no caller without one through
    return caller


Caller = Annotated[CallerKey | None, Depends(find_caller)]
"""The key of the caller."""
Owner = Annotated[Namespace, Depends(admit)]
"""The namespace a caller is admitted to."""


def _is_open(path: str) -> bool:
    """Whether a path needs no key."""
    return path in OPEN_PATHS or is_open_page(path)


def _refuse_key(error: KeyRefused, request: Request, *, is_for_model: bool) -> Response:
    """Return the answer to a caller without a valid key: a person who opened a page may sign in."""
    if is_for_model:
        return write_refusal(ProxyRefused(str(error), status=401, code=error.kind), request.url.path)
    refusal = JSONResponse(
        problem(401, str(error), kind=error.kind), 401, {"WWW-Authenticate": "Bearer"}, media_type=MEDIA_TYPE
    )
    return ask_to_sign_in(request) or refusal


def _refuse_page(error: HTTPException, request: Request, *, is_for_model: bool) -> Response:
    if is_for_model:
        refused = ProxyRefused(str(error.detail), status=error.status_code, code="not-allowed")
        return write_refusal(refused, request.url.path)
    return JSONResponse(problem(error.status_code, str(error.detail)), error.status_code, media_type=MEDIA_TYPE)


def _find_caller(request: Request, check: KeyCheck, *, is_for_model: bool) -> CallerKey | None:
    """Return the caller's key, None if it needs none. Raises `KeyRefused`, and 403 for web pages."""
    if not check.is_needed:
        _check_local(request)
        return None
    if _is_open(request.scope["path"]):
        return NOBODY
    key = find_bearer(request.headers) or find_secret(request)
    return check.find(key or (request.headers.get("x-api-key", "").strip() if is_for_model else ""))


def _check_local(request: Request) -> None:
    """Refuse web pages: a browser on this machine must not reach a service without keys for them."""
    reason = foreign_reason(request.headers)
    if reason:
        raise HTTPException(403, f"a service without api_keys does not answer web pages of others: {reason}")
