"""What the proxy answers, and what it says of the memory's part in it."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from midthought.api.live.live_thought import LiveThought
from midthought.api.proxy.proxy_mode import ProxyMode
from midthought.api.proxy.upstream import Headers
from midthought.reasoner.thought.receipts import EntryUse
from midthought.reasoner.thought.thought_session import SessionAnswer


class ProxyWay(StrEnum):
    """Where a hint stands."""

    IN_THOUGHT = "in-thought"
    HINT_FIRST = "hint-first"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class ProxyInjection:
    """One hint that was put in.

    Attributes:
        position: characters of the thought before it; 0 before the thought.
        trigger: what caused the recall.
        query: what was searched for.
        tokens: of the hint, estimated.
        entries: whose text it is.
        text: as it was put in. It is not shown.
    """

    position: int
    trigger: str
    query: str
    tokens: int
    entries: tuple[EntryUse, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class ProxyLeg:
    """One request to the upstream: the tokens of its prompt, those of them from a cache, and those written."""

    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0


@dataclass(slots=True)
class ProxyReceipt:
    """What the memory did in one request. It grows while the answer is made, and is written into its last part.

    Attributes:
        mode: what was asked for.
        run: the id of the run that will be recorded; empty if none will be.
        way: where hints stand.
        why: why it is this way.
        entries: those that were put in; in shadow mode and in runs that hold out, those that would have been.
        injections: every hint, in order.
        not_injected: those that were found and may not be put in, each with its reason.
        examples_left_out: the most worked examples of the question, or of a near copy of it, that one recall left out.
        abstained: why nothing was found; empty if something was.
        degraded: what could not be done, one reason each.
        legs: every request to the upstream.
        finish: why the model ended, in the words of the upstream; empty if that is not known. It is not shown.
        shadow_way: in shadow mode, where a hint would have been tried first. It is not shown.
        live: is told what is put in, for who watches; None if nobody can. It is not shown.
    """

    mode: ProxyMode
    run: str = ""
    way: ProxyWay = ProxyWay.NONE
    why: str = ""
    entries: list[EntryUse] = field(default_factory=list)
    not_injected: list[EntryUse] = field(default_factory=list)
    injections: list[ProxyInjection] = field(default_factory=list)
    examples_left_out: int = 0
    abstained: str = ""
    degraded: list[str] = field(default_factory=list)
    legs: list[ProxyLeg] = field(default_factory=list)
    finish: str = ""
    shadow_way: ProxyWay = ProxyWay.NONE
    live: LiveThought | None = None

    def note_step(self, answer: SessionAnswer) -> None:
        """Note what a step of the thought recalled; the same again changes nothing."""
        self.degraded.extend(one for one in answer.degraded if one not in self.degraded)
        self.abstained = answer.reason or self.abstained
        self.entries.extend(one for one in answer.entries if one not in self.entries)
        self.examples_left_out = max(self.examples_left_out, answer.examples_left_out)
        self.not_injected.extend(one for one in answer.not_injected if one not in self.not_injected)

    def note_injection(self, answer: SessionAnswer, *, position: int, tokens: int) -> None:
        """Note that the text of a step was put in at `position`, which may not be where the session counts it."""
        if self.live is not None:
            self.live.hear_injection(answer.text, answer.trigger, position, answer.entries)
        self.injections.append(
            ProxyInjection(position, answer.trigger, answer.query, tokens, answer.entries, answer.text)
        )

    def note_left_out(self, triggers: Sequence[str], why: str) -> None:
        """Note triggers that cannot work in this request; the first reason stays."""
        told = f"{', '.join(triggers)} left out: "
        if triggers and not any(one.startswith(told) for one in self.degraded):
            self.degraded.append(told + why)

    def as_json(self) -> dict[str, Any]:
        """Return it as the field ``midthought`` of an answer."""
        return {
            "mode": self.mode.value,
            "run": self.run,
            "way": self.way.value,
            "why": self.why,
            "entries": [_show(one) for one in self.entries],
            "not_injected": [_show(one) | {"reason": one.not_injected} for one in self.not_injected],
            "examples_left_out": self.examples_left_out,
            "injections": [
                {"position": one.position, "trigger": one.trigger, "query": one.query, "tokens": one.tokens}
                for one in self.injections
            ],
            "abstained": self.abstained,
            "degraded": self.degraded,
            "legs": [
                {
                    "prompt_tokens": one.prompt_tokens,
                    "cached_tokens": one.cached_tokens,
                    "completion_tokens": one.completion_tokens,
                }
                for one in self.legs
            ],
        }


def _show(use: EntryUse) -> dict[str, Any]:
    shown = {"entry_id": use.entry_id, "version": use.version, "score": use.score, "trust": use.trust.value}
    return shown | ({"flags": list(use.flags)} if use.flags else {})


async def _nothing() -> None:
    """Close what holds nothing open."""


@dataclass(frozen=True, slots=True)
class ProxyAnswer:
    """An answer whose body is still to come. The receipt is put into it later, by the caller.

    Attributes:
        status: of HTTP.
        headers: of the upstream, without those that are ours.
        chunks: the body; of an answer with events each chunk may hold a part of one, or many.
        aclose: ends the connection to the upstream; may be called again.
    """

    status: int
    headers: Headers
    chunks: AsyncIterator[bytes]
    aclose: Callable[[], Awaitable[None]] = _nothing


@asynccontextmanager
async def read_chunks(answer: ProxyAnswer) -> AsyncIterator[AsyncIterator[bytes]]:
    """Give the chunks of an answer, and end what yields them; nothing of it is left to the garbage collector."""
    try:
        yield answer.chunks
    finally:
        if isinstance(answer.chunks, AsyncGenerator):
            await answer.chunks.aclose()
