"""How often an address may send keys that are refused, so that nobody guesses one.

Addresses are many, and an attacker has as many as it likes: the tables are bounded.
"""

import ipaddress
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from midthought.api.explorer.key_cookie import COOKIE
from midthought.api.explorer.paths import SIGN_IN
from midthought.api.rest.access import OPEN_PATHS, WAS_GOOD
from midthought.api.rest.token_buckets import Balance, Quota, TokenBuckets
from midthought.api.rest.too_many import TooMany, answer_refusal
from midthought.api.settings import Settings

ATTEMPTS_SECONDS = 60
"""In so many seconds an address may send as many keys that are refused as the setting says."""
_MAX_GOOD = 10_000
"""Pairs of an address and a key that are remembered as good."""


@dataclass(slots=True)
class Attempts:
    """Refused keys by address, and which keys were good at an address while it was not limited.

    An address that has been refused too often is not told whether a further key is good: a key is let in only if it
    was good there before. So keys are guessed no faster than `quota` allows, and whoever works already at an address
    that many share, as behind a proxy, goes on.

    Attributes:
        refused: a token for each key that may be refused; None if there is no limit.
    """

    refused: TokenBuckets | None
    _good: OrderedDict[tuple[str, str], None] = field(default_factory=OrderedDict)

    def note_refused(self, address: str, now: float) -> TooMany | None:
        """Count a refused key; return why the caller must wait if there were too many."""
        return None if self.refused is None else _too_many(self.refused.take(address, now))

    def check(self, address: str, key: str, now: float) -> TooMany | None:
        """Return why a key that is good is not taken now; None if it is."""
        pair = (address, key)
        if self.refused is None or pair in self._good:
            return None
        refusal = self.look(address, now)
        if refusal is None:
            self._good[pair] = None
            if len(self._good) > _MAX_GOOD:
                self._good.popitem(last=False)
        return refusal

    def look(self, address: str, now: float) -> TooMany | None:
        """Return why an address must wait; None if it need not."""
        return None if self.refused is None else _too_many(self.refused.look(address, now))


def _too_many(balance: Balance) -> TooMany | None:
    if balance.wait == 0:
        return None
    return TooMany("too-many-refused-keys", "too many keys of this address were refused: wait", balance.wait)


def address_of(scope: Scope) -> str:
    """Return the address of a client; of IPv6 the first 64 bits, of which each customer has at least as many.

    >>> address_of({"client": ("2001:db8::1:2", 1)}), address_of({"client": ("10.0.0.1", 1)}), address_of({})
    ('2001:db8::', '10.0.0.1', '')
    """
    host = str((scope.get("client") or ("",))[0])
    try:
        found = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:  # a socket of this machine, or a test
        return host
    if isinstance(found, ipaddress.IPv4Address):
        return host
    mapped = found.ipv4_mapped
    return str(mapped or ipaddress.IPv6Address(int(found) >> 64 << 64))


class RefusedKeys:
    """Stands before the keys are looked at, and turns refused ones into 429 if an address had too many of them.

    A request without any key is no attempt, and neither is one with a key that has ended: pages that are left open in
    a browser go on to ask with it, and must not keep its owner from signing in with another.
    """

    def __init__(self, app: ASGIApp, *, attempts: Attempts, has_proxy: bool) -> None:
        self._app = app
        self._attempts = attempts
        self._has_proxy = has_proxy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; an answer that refuses a key is counted, and may become another."""
        if scope["type"] != "http" or scope["path"] in OPEN_PATHS or not _has_key(scope):
            await self._app(scope, receive, send)
            return
        address, is_form, is_over = address_of(scope), scope["path"] == SIGN_IN, False
        # The form tells by its answer that a key is good, so it is not asked while the address is limited.
        refusal = self._attempts.look(address, time.monotonic()) if is_form else None
        if refusal is not None:
            await answer_refusal(refusal, scope, has_proxy=self._has_proxy)(scope, receive, send)
            return

        async def counted(message: Message) -> None:
            nonlocal is_over
            is_guess = not scope.get(WAS_GOOD, False)
            if message["type"] == "http.response.start" and is_guess and _refuses_key(message, is_form=is_form):
                refusal = self._attempts.note_refused(address, time.monotonic())
                if refusal is not None:
                    is_over = True
                    await answer_refusal(refusal, scope, has_proxy=self._has_proxy)(scope, receive, send)
            if not is_over:
                await send(message)

        await self._app(scope, receive, counted)


def _has_key(scope: Scope) -> bool:
    """Whether a request has something where a key may stand."""
    headers = Headers(scope=scope)
    if scope["path"] == SIGN_IN and scope["method"] == "POST":
        return True
    return "authorization" in headers or "x-api-key" in headers or COOKIE in headers.get("cookie", "")


def _refuses_key(start: Message, *, is_form: bool) -> bool:
    """Whether an answer says that a key is not good; to a person the form says so, or leads there."""
    if is_form:
        return bool(start["status"] != HTTPStatus.SEE_OTHER)
    to = Headers(raw=start["headers"]).get("location", "") if start["status"] == HTTPStatus.SEE_OTHER else ""
    return to.startswith(SIGN_IN) or bool(start["status"] == HTTPStatus.UNAUTHORIZED)


def make_attempts(settings: Settings) -> Attempts:
    """Return the table of refused keys that settings ask for."""
    count = settings.key_attempts
    return Attempts(TokenBuckets(Quota(count / ATTEMPTS_SECONDS, count)) if count else None)
