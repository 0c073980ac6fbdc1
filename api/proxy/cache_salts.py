"""A prefix cache for each namespace, on a server that can keep them apart."""

import hashlib
import hmac
import secrets
import time
from dataclasses import replace

from midthought.api.proxy.proxy_call import ProxyCall, write_body
from midthought.api.proxy.proxy_kind import ProxyKind
from midthought.api.proxy.upstream import Headers, Upstream

FIELD = "cache_salt"
_KINDS = (ProxyKind.CHAT, ProxyKind.COMPLETIONS, ProxyKind.RESPONSES)
"""The routes of vLLM that take a salt."""
_OWNER = "vllm"
"""What vLLM says of its models in their list."""
_WAIT_SECONDS = 2.0
_RETRY_SECONDS = 20.0
"""A server that gave no answer is asked again after so long: until then no request waits for it."""


class CacheSalts:
    """Salts of the requests to one upstream. They are guessed by nobody, and are others after a restart.

    Args:
        upstream: asked once what it is; again by the next request if it did not say.
    """

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._secret = secrets.token_bytes(32)
        self._takes_salt: bool | None = None
        self._due = 0.0

    async def salt(self, call: ProxyCall) -> ProxyCall:
        """Return a request with the salt of its namespace, if the server takes one and the client sent none."""
        if call.kind not in _KINDS or not call.body or FIELD in call.body or not await self._takes(call.headers):
            return call
        digest = hmac.new(self._secret, call.namespace.name.encode(), hashlib.sha256).hexdigest()
        body = {**call.body, FIELD: digest}
        return replace(call, body=body, raw=write_body(body))

    async def _takes(self, headers: Headers) -> bool:
        # Requests that come together ask each: none waits for the others, nor is it told what a wrong key was told.
        if self._takes_salt is None and time.monotonic() >= self._due:
            keys = [one for one in headers if one[0] in ("authorization", "x-api-key")]
            reply = await self._upstream.ask("/v1/models", headers=keys, seconds=_WAIT_SECONDS)
            if reply.is_good:
                self._takes_salt = any(one == _OWNER for one in list_owners(reply.content))
            elif not reply.status:
                self._due = time.monotonic() + _RETRY_SECONDS
        return bool(self._takes_salt)


def list_owners(content: object) -> list[object]:
    """Return who owns each model of a list of models, as the server says it."""
    data = content.get("data") if isinstance(content, dict) else None
    return [one.get("owned_by") for one in data if isinstance(one, dict)] if isinstance(data, list) else []
