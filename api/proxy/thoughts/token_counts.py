"""Tokens of an answer that is written in several requests: what each cost, and what the whole cost."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from midthought.api.proxy.proxy_answer import ProxyLeg
from midthought.reasoner.engines.served.deltas import read_usage


@dataclass(slots=True)
class LegCount:
    """What one request to the upstream cost, as far as it says.

    Attributes:
        prompt: tokens that were read; None if it is not known.
        cached: those of them from a cache; None if it is not known, as of a request that was broken off.
        told: tokens that were written, as the server counts; None if it does not.
        events: events that brought a text: one token each, or more.
    """

    prompt: int | None = None
    cached: int | None = None
    told: int | None = None
    events: int = 0

    def note(self, usage: object, *, has_text: bool) -> None:
        """Read one event."""
        self.events += has_text
        read, written = read_usage(usage)
        if read is not None:
            self.prompt = read.tokens
            self.cached = read.cached if _tells_cache(usage) else self.cached
        if written is not None:
            self.told = written

    @property
    def written(self) -> int:
        """Tokens that were written; at least."""
        return self.events if self.told is None else self.told

    def as_leg(self) -> ProxyLeg:
        """Return it for the receipt."""
        return ProxyLeg(self.prompt or 0, self.cached or 0, self.written)


def add_legs(usage: Mapping[str, Any], before: list[LegCount]) -> dict[str, Any]:
    """Return the usage of the last request as that of the whole: the prompt of the first, and all that was written."""
    if not before:
        return dict(usage)
    first = next((one.prompt for one in before if one.prompt is not None), None)
    prompt = usage.get("prompt_tokens") if first is None else first
    written = (usage.get("completion_tokens") or 0) + sum(one.written for one in before)
    whole = {**usage, "prompt_tokens": prompt, "completion_tokens": written, "total_tokens": (prompt or 0) + written}
    if first is not None:
        cached = before[0].cached
        whole["prompt_tokens_details"] = None if cached is None else {"cached_tokens": cached}
    return whole


def _tells_cache(usage: object) -> bool:
    return isinstance(usage, Mapping) and bool(usage.get("prompt_tokens_details"))
