"""How much each key may ask of a service: requests per second, and at once. Keys are few: their counts need no cap."""

import math
import time
from collections import Counter

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from midthought.api.caller_key import CallerKey
from midthought.api.proxy.proxy_kind import is_proxied
from midthought.api.rest.access import OPEN_PATHS
from midthought.api.rest.refused_keys import Attempts, address_of
from midthought.api.rest.token_buckets import Balance, Quota, TokenBuckets
from midthought.api.rest.too_many import TooMany, answer_refusal
from midthought.api.settings import Settings

LOCAL = "local"
"""Stands for all callers of a service without keys."""
KEYED_RATE, KEYED_CONCURRENCY = 300.0, 48
"""What each key may ask for unless settings say otherwise: more than one machine answers in a second, and fewer at once
than there may be streams of jobs."""


class CallerLimits:
    """Stands behind the keys: counts the requests of each, per second and at once; a stream counts until it ends.

    All counting is between two awaits of one event loop, so it needs no lock.
    """

    def __init__(self, app: ASGIApp, *, settings: Settings, attempts: Attempts) -> None:
        self._app = app
        self._attempts = attempts
        self._settings = settings
        self._has_proxy = bool(settings.upstream)
        rate = KEYED_RATE if settings.key_rate is None else settings.key_rate
        self._buckets = TokenBuckets(Quota(rate, max(1.0, settings.key_burst or 2 * rate))) if rate else None
        self._running: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it with 429."""
        if scope["type"] != "http" or scope["path"] in OPEN_PATHS or (caller := _caller_of(scope)) is None:
            await self._app(scope, receive, send)
            return
        refusal, balance = self._admit(caller, address_of(scope), time.monotonic())
        told = self._with_balance(send, balance, scope)
        if refusal is not None:
            await answer_refusal(refusal, scope, has_proxy=self._has_proxy)(scope, receive, told)
            return
        self._running[caller] += 1
        try:
            await self._app(scope, receive, told)
        finally:
            self._running[caller] -= 1
            if not self._running[caller]:
                del self._running[caller]

    def _admit(self, caller: str, address: str, now: float) -> tuple[TooMany | None, Balance | None]:
        """Return why a request is refused, None if it is not, and what its caller has left of its rate."""
        refusal = self._attempts.check(address, caller, now) if caller != LOCAL else None
        refusal = refusal or self._check_running(caller)
        if refusal or self._buckets is None or (caller == LOCAL and self._settings.key_rate is None):
            return refusal, None
        balance, quota = self._buckets.take(caller, now), self._buckets.quota
        if balance.wait == 0:
            return None, balance
        detail = f"more than {quota.rate:g} requests per second of one key, or {quota.burst:g} in a row"
        return TooMany("too-many-requests", detail, balance.wait), balance

    def _check_running(self, caller: str) -> TooMany | None:
        limit = self._settings.key_concurrency
        limit = KEYED_CONCURRENCY * (caller != LOCAL) if limit is None else limit
        if not limit or self._running[caller] < limit:
            return None
        return TooMany("too-many-at-once", f"{limit} requests of one key are being answered, the most there may be", 1)

    def _with_balance(self, send: Send, balance: Balance | None, scope: Scope) -> Send:
        """Return what adds the headers of draft-ietf-httpapi-ratelimit-headers-10; not to a model server's answer."""
        if balance is None or self._buckets is None or (self._has_proxy and is_proxied(scope["path"])):
            return send
        quota = self._buckets.quota
        policy = f'"key";q={math.floor(quota.burst)};w={math.ceil(quota.burst / quota.rate)}'
        left = f'"key";r={math.floor(balance.left)};t={math.ceil(balance.full_in)}'

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["RateLimit-Policy"], headers["RateLimit"] = policy, left
            await send(message)

        return with_headers


def _caller_of(scope: Scope) -> str | None:
    """Return the id of the key of a request, `LOCAL` in a service without keys; None for what needs no key."""
    key: CallerKey | None = scope["state"]["midthought_key"]
    return LOCAL if key is None else key.id or None
