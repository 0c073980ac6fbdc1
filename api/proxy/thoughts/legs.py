"""One thought in several requests: what a way to continue it offers, and one request."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Protocol

import httpx

from midthought.api.proxy.asked_numbers import LIMITS, read_whole
from midthought.api.proxy.proxy_call import ProxyCall, write_body
from midthought.api.proxy.thoughts.leg_stream import LegBroke, LegEvent, cut_events
from midthought.api.proxy.upstream import Headers, Upstream

_OURS = frozenset({"content-length", "accept-encoding", "content-type"})


@dataclass(slots=True)
class OpenLeg:
    """One request to the upstream, whose headers have come.

    Attributes:
        response: closed by `aclose`.
        events: of its body, in the shape of the answer to the client.
    """

    response: httpx.Response
    events: AsyncGenerator[LegEvent, None]

    async def aclose(self) -> None:
        """Close the connection, if the answer is not at its end."""
        await self.events.aclose()
        await self.response.aclose()


class ThoughtLegs(Protocol):
    """A way to continue a thought."""

    async def open(self, written: str | None, *, spent: int) -> OpenLeg:
        """Send a request that goes on behind `written`; one that is refused has another status than 200.

        Args:
            written: what stands behind the prompt of the chat: the opening of a thought, and the thought. None: nothing
                is put in, and the model begins by itself.
            spent: tokens that were written in requests before.

        Raises:
            UpstreamFailed: there is no answer.
            NotKnown: the upstream does not say the tokens of a text.
        """
        ...


@dataclass(frozen=True, slots=True)
class LegSender:
    """Sends the requests of one call.

    Attributes:
        call: what the client sent.
        upstream: where.
        stats: usage is asked for in every event, because a request may be broken off.
    """

    call: ProxyCall
    upstream: Upstream
    stats: bool

    def body(self, changes: Mapping[str, Any], *, spent: int, streams: bool = True) -> dict[str, Any]:
        """Return the client's body with changes, and with the tokens that are left."""
        body = {**self.call.body, **changes}
        left = room_left(body, spent)
        body |= {name: left for name in LIMITS if left is not None and body.get(name) is not None}
        if spent and (least := read_whole(body.get("min_tokens"))) is not None:
            body["min_tokens"] = max(0, least - spent)
        return body | (self._stream_fields() if streams else {})

    def _stream_fields(self) -> dict[str, Any]:
        given = self.call.body.get("stream_options")
        options = {**(given if isinstance(given, dict) else {}), "include_usage": True}
        return {"stream": True, "stream_options": options | ({"continuous_usage_stats": True} if self.stats else {})}

    async def send(self, path: str, body: Mapping[str, Any]) -> httpx.Response:
        """Return the answer, unread. Raises `UpstreamFailed`."""
        headers: Headers = [
            *((name, value) for name, value in self.call.headers if name.lower() not in _OURS),
            ("content-type", "application/json"),
            ("accept-encoding", "identity"),
        ]
        return await self.upstream.send("POST", path, headers=headers, content=write_body(body))


def room_left(body: Mapping[str, Any], spent: int) -> int | None:
    """Return how many tokens the client still allows; None if it says nothing."""
    limits = [limit for name in LIMITS if (limit := read_whole(body.get(name))) is not None]
    return max(0, min(limits) - spent) if limits else None


async def leg_events(chunks: AsyncIterator[bytes]) -> AsyncGenerator[LegEvent, None]:
    """Yield the events of a body. Raises `LegBroke` if the connection breaks."""
    try:
        async with aclosing(cut_events(chunks)) as events:
            async for event in events:
                yield event
    except (httpx.HTTPError, httpx.StreamError) as error:
        raise LegBroke(f"the connection broke ({type(error).__name__}: {error})") from error
