"""A thought continued as the last message of a chat (``continue_final_message``): the upstream writes the answer."""

from dataclasses import dataclass

from midthought.api.proxy.thoughts.legs import LegSender, OpenLeg, leg_events
from midthought.api.proxy.thoughts.server_tokenizer import CONTINUE


@dataclass(frozen=True, slots=True)
class ChatPrefill:
    """See `ThoughtLegs`; only for a server and a model of which it was proven."""

    sender: LegSender

    async def open(self, written: str | None, *, spent: int) -> OpenLeg:
        """See `ThoughtLegs.open`."""
        return await self._send(written, spent, streams=True)

    async def whole(self, written: str) -> OpenLeg:
        """Send a request whose answer comes in one piece. Raises `UpstreamFailed`."""
        return await self._send(written, 0, streams=False)

    async def _send(self, written: str | None, spent: int, *, streams: bool) -> OpenLeg:
        call = self.sender.call
        changes = {}
        if written is not None:
            messages = [*call.body["messages"], {"role": "assistant", "content": written}]
            changes = {"messages": messages, **CONTINUE}
        response = await self.sender.send(call.path, self.sender.body(changes, spent=spent, streams=streams))
        return OpenLeg(response, leg_events(response.aiter_bytes()))
