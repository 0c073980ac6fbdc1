"""Who may call: keys are compared in constant time, and without keys only this machine is answered."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from midthought.api.keyring import ApiKey, Keyring
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
    """

    def __init__(self, app: ASGIApp, *, keys: Keyring) -> None:
        self._app = app
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer with a problem document."""
        # The lifespan messages of the server have no caller.
        if scope["type"] != "http" or (self._keys and scope["path"] in OPEN_PATHS):
            await self._app(scope, receive, send)
            return
        try:
            key = _find_key(Request(scope), self._keys)
        except HTTPException as error:
            record = problem(error.status_code, str(error.detail))
            answer = JSONResponse(record, error.status_code, error.headers, media_type=MEDIA_TYPE)
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


def _find_key(request: Request, keys: Keyring) -> ApiKey | None:
    """Return the caller's key, None if the service has no keys; 401 without a valid key, 403 for web pages."""
    if not keys:
        _check_local(request)
        return None
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    key = keys.find(secret.strip()) if scheme.lower() == "bearer" else None
    if key is None:
        raise HTTPException(401, "send 'Authorization: Bearer <key>' with a valid key", {"WWW-Authenticate": "Bearer"})
    return key


def _check_local(request: Request) -> None:
    """Refuse web pages: a browser on this machine must not reach a service without keys for them."""
    reason = foreign_reason(request.headers)
    if reason:
        raise HTTPException(403, f"a service without api_keys does not answer web pages of others: {reason}")
