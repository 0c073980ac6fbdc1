"""Who may call: keys are compared in constant time, and without keys only this machine is answered."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from midthought.api.explorer.key_cookie import ask_to_sign_in, find_secret
from midthought.api.explorer.paths import is_open as is_open_page
from midthought.api.keyring import ApiKey, Keyring
from midthought.api.proxy.proxy_headers import find_bearer
from midthought.api.proxy.proxy_kind import is_proxied
from midthought.api.proxy.proxy_refusals import ProxyRefused, write_refusal
from midthought.api.rest.problems import MEDIA_TYPE, problem
from midthought.api.rest.web_pages import foreign_reason
from midthought.memory.records.namespace import Namespace

OPEN_PATHS = frozenset({"/health/live", "/health/ready"})
"""Paths that need no key, because the program that starts services has none. A service without keys refuses web pages
here too."""


class Gate:
    """Refuses callers before anything of their request is looked at: 401 without a valid key, 403 for web pages.

    The key of a caller that is let in, None if the service has no keys, is in the state of the request.

    Args:
        keys: the accepted keys; empty if the service answers this machine only.
        has_proxy: clients of a model server call too: they are refused as they expect, and a key may stand where
            Anthropic's client puts it.
    """

    def __init__(self, app: ASGIApp, *, keys: Keyring, has_proxy: bool = False) -> None:
        self._app = app
        self._keys = keys
        self._has_proxy = has_proxy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer with a problem document."""
        # The lifespan messages of the server have no caller.
        if scope["type"] != "http" or (self._keys and _is_open(scope["path"])):
            await self._app(scope, receive, send)
            return
        is_for_model = self._has_proxy and is_proxied(scope["path"])
        try:
            key = _find_key(Request(scope), self._keys, is_for_model=is_for_model)
        except HTTPException as error:
            answer = _refuse_model_call(error, scope["path"]) if is_for_model else _refuse(error, Request(scope))
            await answer(scope, receive, send)
            return
        # A new dict: one that a server shared between requests would give the key of one caller to another.
        scope["state"] = {**scope.get("state", {}), "midthought_key": key}
        await self._app(scope, receive, send)


async def admit(request: Request, namespace: str) -> Namespace:
    """Return the namespace in the path, for a caller whose key opens it; 403 for others."""
    owner = Namespace(namespace)
    key = await find_caller(request)
    if key and not key.opens(owner):
        raise HTTPException(403, f"this key does not open namespace {owner}")
    return owner


async def find_caller(request: Request) -> ApiKey | None:
    """Return the caller's key, None if the service has no keys."""
    key: ApiKey | None = request.state.midthought_key  # `Gate` found it, and let no caller without one through
    return key


async def find_master(request: Request) -> ApiKey | None:
    """Return the key of a caller for all namespaces, None if the service has no keys; 403 for others."""
    key = await find_caller(request)
    if key and not key.opens_all:
        raise HTTPException(403, "this key does not open all namespaces")
    return key


Caller = Annotated[ApiKey | None, Depends(find_caller)]
"""The key of the caller."""
EveryOwner = Annotated[ApiKey | None, Depends(find_master)]
"""The key of a caller who may ask for all namespaces."""
Owner = Annotated[Namespace, Depends(admit)]
"""The namespace a caller is admitted to."""


def _is_open(path: str) -> bool:
    """Whether a path needs no key."""
    return path in OPEN_PATHS or is_open_page(path)


def _refuse(error: HTTPException, request: Request) -> Response:
    """Return the answer to a caller who is not let in: a person who opened a page may sign in."""
    record = problem(error.status_code, str(error.detail))
    refusal = JSONResponse(record, error.status_code, error.headers, media_type=MEDIA_TYPE)
    is_unknown = error.status_code == HTTPStatus.UNAUTHORIZED
    return (ask_to_sign_in(request) if is_unknown else None) or refusal


def _refuse_model_call(error: HTTPException, path: str) -> Response:
    code = "invalid-key" if error.status_code == HTTPStatus.UNAUTHORIZED else "not-allowed"
    return write_refusal(ProxyRefused(str(error.detail), status=error.status_code, code=code), path)


def _find_key(request: Request, keys: Keyring, *, is_for_model: bool) -> ApiKey | None:
    """Return the caller's key, None if the service has no keys; 401 without a valid key, 403 for web pages."""
    if not keys:
        _check_local(request)
        return None
    secret = find_bearer(request.headers) or find_secret(request)
    secret = secret or (request.headers.get("x-api-key", "").strip() if is_for_model else "")
    key = keys.find(secret) if secret else None
    if key is None:
        raise HTTPException(401, "send 'Authorization: Bearer <key>' with a valid key", {"WWW-Authenticate": "Bearer"})
    return key


def _check_local(request: Request) -> None:
    """Refuse web pages: a browser on this machine must not reach a service without keys for them."""
    reason = foreign_reason(request.headers)
    if reason:
        raise HTTPException(403, f"a service without api_keys does not answer web pages of others: {reason}")
