"""``/v1/completions`` whose prompt ends in an opened thought: the client has written the chat itself."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

from midthought.api.proxy.thoughts.choice_shapes import choices_in
from midthought.api.proxy.thoughts.growing_prompt import GrowingPrompt, IdPrompt
from midthought.api.proxy.thoughts.id_legs import push_ids
from midthought.api.proxy.thoughts.leg_stream import LegEvent
from midthought.api.proxy.thoughts.legs import LegSender, OpenLeg, leg_events

_OWN_IDS = ("token_ids", "prompt_token_ids")


@dataclass(frozen=True, slots=True)
class OpenedCompletions:
    """See `ThoughtLegs`.

    Attributes:
        sender: sends the requests.
        prompt: the client's.
    """

    sender: LegSender
    prompt: GrowingPrompt

    async def open(self, written: str | None, *, spent: int) -> OpenLeg:
        """See `ThoughtLegs.open`."""
        return await self._send(written, spent, streams=True)

    async def whole(self, written: str) -> OpenLeg:
        """Send a request whose answer comes in one piece. Raises `UpstreamFailed` and `NotKnown`."""
        return await self._send(written, 0, streams=False)

    async def _send(self, written: str | None, spent: int, *, streams: bool) -> OpenLeg:
        changes: dict[str, Any] = {"prompt": await self.prompt.behind(written or "")}
        if self._asks_ids:
            changes["return_token_ids"] = True
        response = await self.sender.send(
            self.sender.call.path, self.sender.body(changes, spent=spent, streams=streams)
        )
        return OpenLeg(response, self._noted(leg_events(response.aiter_bytes())))

    @property
    def _asks_ids(self) -> bool:
        return self.sender.stats and isinstance(self.prompt, IdPrompt)

    async def _noted(self, events: AsyncGenerator[LegEvent, None]) -> AsyncGenerator[LegEvent, None]:
        """Yield the events, without the ids that the client did not ask for."""
        own = self._asks_ids and not self.sender.call.body.get("return_token_ids")
        try:
            async for event in events:
                if event.content is None or not self._asks_ids:
                    yield event
                    continue
                push_ids(self.prompt, event.content)
                yield _without_ids(event) if own else event
        finally:
            await events.aclose()


def _without_ids(event: LegEvent) -> LegEvent:
    content = dict(event.content or {})
    choices = [{name: value for name, value in one.items() if name not in _OWN_IDS} for one in choices_in(content)]
    return LegEvent(b"", content | {"choices": choices})
