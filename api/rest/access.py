"""Who may call: keys are compared in constant time, and without keys only this machine is answered."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from midthought.api.keyring import Keyring
from midthought.api.loopback import is_loopback
from midthought.memory.namespace import Namespace


async def admit(request: Request, namespace: str) -> Namespace:
    """Return the namespace in the path, for a caller who may use it; 401 or 403 for others."""
    keyring: Keyring = request.app.state.settings.api_keys
    owner = Namespace(namespace)
    if not keyring:
        _check_local(request)
        return owner
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    key = keyring.find(secret.strip()) if scheme.lower() == "bearer" else None
    if key is None:
        raise HTTPException(401, "send 'Authorization: Bearer <key>' with a valid key", {"WWW-Authenticate": "Bearer"})
    if not key.opens(owner):
        raise HTTPException(403, f"this key does not open namespace {owner}")
    return owner


Owner = Annotated[Namespace, Depends(admit)]
"""The namespace a caller is admitted to."""


def _check_local(request: Request) -> None:
    """Refuse web pages: a browser on this machine must not reach a service without keys for them (DNS rebinding)."""
    origin = request.headers.get("origin")
    hosts = [urlsplit(f"//{request.headers.get('host', '')}").hostname, urlsplit(origin).hostname if origin else None]
    if any(host and not is_loopback(host) for host in hosts) or origin == "null":
        raise HTTPException(403, "without api_keys the service answers only requests to and from this machine by name")
