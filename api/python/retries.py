"""Which calls to a service are sent again, when, and how often."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""Errors before anything was sent: whatever the call is, the service did not see it."""
_BROKEN_OFF = (httpx.ReadError, httpx.WriteError, httpx.CloseError, httpx.RemoteProtocolError)
"""Errors in the middle: the call may have been carried out. One that took too long is not sent again."""
_BUSY = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
_GATEWAY = (HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT)
"""From what stands before the service; the service itself says these with a problem document."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a call is sent again.

    Attributes:
        times: 0 for never.
        first: seconds before the first time; each next wait is twice as long.
        longest: the longest wait, also if the service asks for more: then its refusal is raised.
    """

    times: int = 2
    first: float = 0.2
    longest: float = 20.0


class CallAttempts:
    """The attempts of one call.

    Args:
        is_repeatable: carrying the call out twice does what once does. Another one is sent again only if the service
            cannot have seen it, or says that it refused it and when to come again.
    """

    def __init__(self, policy: RetryPolicy, *, is_repeatable: bool) -> None:
        self._policy, self._is_repeatable = policy, is_repeatable
        self._made = 0
        self.was_broken_off = False
        """An earlier attempt may have been carried out."""

    def after_error(self, error: Exception) -> float | None:
        """Return how many seconds to wait before the call is sent again; None if it is not."""
        is_broken_off = isinstance(error, _BROKEN_OFF)
        if not (isinstance(error, _NOT_SENT) or (is_broken_off and self._is_repeatable)):
            return None
        self.was_broken_off |= is_broken_off
        return self._next_wait(asked=None)

    def after_answer(self, answer: httpx.Response) -> float | None:
        """Return the same after an answer; None if that is what the caller gets."""
        if answer.is_success:
            return None
        asked = read_retry_after(answer.headers)
        is_refused = asked is not None and answer.status_code in (*_BUSY, HTTPStatus.CONFLICT)
        is_passing = answer.status_code in _BUSY or (answer.status_code in _GATEWAY and not _is_problem(answer))
        if not (is_refused or (is_passing and self._is_repeatable)):
            return None
        return self._next_wait(asked=asked)

    def _next_wait(self, *, asked: float | None) -> float | None:
        if self._made >= self._policy.times or (asked is not None and asked > self._policy.longest):
            return None
        backing_off: float = min(self._policy.first * 2**self._made, self._policy.longest)
        self._made += 1
        # Spread, so that clients which were refused together do not come again together.
        return max(asked or 0.0, backing_off * random.uniform(0.5, 1.0))  # no secret


ONCE = CallAttempts(RetryPolicy(times=0), is_repeatable=False)
"""Of a call that is never sent again."""


def read_retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that ``Retry-After`` asks for, as a number or as a date; None if it is not there.

    >>> read_retry_after({"retry-after": "2"})
    2.0
    """
    told = headers.get("retry-after", "").strip()
    if told.isdecimal():
        return float(told)
    try:
        moment = parsedate_to_datetime(told)
    except ValueError:
        return None
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _is_problem(answer: httpx.Response) -> bool:
    told: str = answer.headers.get("content-type", "")
    return told.startswith("application/problem+json")
