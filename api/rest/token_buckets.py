"""How many requests each of many callers may make: token buckets, in a table that no caller can make grow for good."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

_EVERYBODY_ELSE = object()
"""The bucket that callers share for whom the table has no room."""


@dataclass(frozen=True, slots=True)
class Quota:
    """How fast a caller may go on.

    Attributes:
        rate: tokens that a bucket gains per second, above 0.
        burst: tokens that it holds at most, and at first; at least 1.
    """

    rate: float
    burst: float


@dataclass(frozen=True, slots=True)
class Balance:
    """A bucket after it was looked at.

    Attributes:
        left: tokens in it.
        wait: seconds until it has one; 0 if it has.
        full_in: seconds until it is full.
    """

    left: float
    wait: float
    full_in: float


class TokenBuckets:
    """The buckets of callers. All methods take the time, in seconds of a clock that never goes back.

    A bucket that is full again is as one that was never used, so it is dropped. If more callers than `max_callers` have
    one that is not full, all further ones share a single bucket: the table stays small, and nobody gets a fresh bucket
    by letting it overflow.
    """

    def __init__(self, quota: Quota, *, max_callers: int = 10_000) -> None:
        self.quota = quota
        self._max_callers = max_callers
        self._buckets: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    @property
    def callers(self) -> int:
        """How many buckets there are."""
        return len(self._buckets)

    def look(self, caller: Hashable, now: float) -> Balance:
        """Return what a caller has, and take nothing."""
        return self._balance(self._tokens(self._place(caller, now), now))

    def take(self, caller: Hashable, now: float) -> Balance:
        """Take a token of a caller; if it has none, nothing is taken and `wait` is above 0."""
        place = self._place(caller, now)
        tokens = self._tokens(place, now)
        if tokens < 1:
            return self._balance(tokens)
        self._buckets[place] = (tokens - 1, now)
        self._buckets.move_to_end(place)  # the least used is first, where full ones are looked for
        return Balance(tokens - 1, 0.0, (self.quota.burst - tokens + 1) / self.quota.rate)

    def _tokens(self, place: Hashable, now: float) -> float:
        tokens, since = self._buckets.get(place, (self.quota.burst, now))
        return min(self.quota.burst, tokens + max(0.0, now - since) * self.quota.rate)

    def _balance(self, tokens: float) -> Balance:
        wait = max(0.0, (1 - tokens) / self.quota.rate)
        return Balance(tokens, wait, (self.quota.burst - tokens) / self.quota.rate)

    def _place(self, caller: Hashable, now: float) -> Hashable:
        if caller in self._buckets or len(self._buckets) < self._max_callers:
            return caller
        self._drop_full(now)
        return caller if len(self._buckets) < self._max_callers else _EVERYBODY_ELSE

    def _drop_full(self, now: float) -> None:
        """Drop the buckets that are full by now, from the least used on; each is looked at once for its drop."""
        while self._buckets:
            oldest = next(iter(self._buckets))
            if self._tokens(oldest, now) < self.quota.burst:
                return
            del self._buckets[oldest]
