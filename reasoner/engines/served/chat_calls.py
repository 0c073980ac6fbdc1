"""Chats with one server: how it wants to be asked, which its refusals say, and what it answers."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from midthought.reasoner.engines.served.chat_stream import ChatText
from midthought.reasoner.engines.served.deltas import Delta
from midthought.reasoner.engines.served.model_server import ModelServer, Reply, ServerRoute, first_choice
from midthought.reasoner.engines.served.token_chances import TOP, chat_chances
from midthought.reasoner.engines.served.way import ThoughtRequest

Message = Mapping[str, Any]
_TRIED_TOKENS = 16
"""Some hosted models refuse a limit that leaves no room for a thought."""
_TRIES = 4


class ChatCalls:
    """Asks a server, in the words that it takes.

    Attributes:
        log_probs: it gives them.
        takes_sampling: it can be told a temperature; some hosted models have one of their own.
    """

    def __init__(self, server: ModelServer) -> None:
        self._server = server
        self._limit = "max_tokens"
        self.takes_sampling = True
        self.log_probs = True

    def try_out(self, messages: Sequence[Message], *, max_tokens: int = _TRIED_TOKENS, **fields: Any) -> Reply:
        """Ask once, and again without what the server refuses: hosted reasoning models have fixed sampling."""
        request = ThoughtRequest("", max_tokens, 0.6, log_probs=True)
        for _ in range(_TRIES):
            reply = self._server.ask(ServerRoute.CHAT, self._body(request, messages, fields))
            if reply.status not in (400, 422) or not self._learn(reply.shown):
                break
        self.log_probs = self.log_probs and bool(chat_chances(first_choice(reply).get("logprobs")))
        return reply

    def follow(
        self, request: ThoughtRequest, messages: Sequence[Message], text: ChatText, **fields: Any
    ) -> Iterator[Delta]:
        """Yield what the server adds to `text`. Raises `EngineFailed`."""
        body = self._body(request, messages, {"stream_options": {"include_usage": True}, **fields})
        return text.read(self._server.stream(ServerRoute.CHAT, body))

    def _body(self, request: ThoughtRequest, messages: Sequence[Message], fields: Mapping[str, Any]) -> dict[str, Any]:
        drawn = request.sampling() if self.takes_sampling else {}
        asked = {"logprobs": True, "top_logprobs": TOP} if request.log_probs and self.log_probs else {}
        return {"messages": list(messages), self._limit: request.max_tokens, **drawn, **asked, **fields}

    def _learn(self, refusal: str) -> bool:
        """Take what a refusal says into account; return whether to ask again."""
        if self._limit == "max_tokens" and "max_completion_tokens" in refusal:
            self._limit = "max_completion_tokens"
            return True
        if self.takes_sampling and ("temperature" in refusal or "top_p" in refusal):
            self.takes_sampling = False
            return True
        had, self.log_probs = self.log_probs, False
        return had


def first_message(reply: Reply) -> Mapping[str, Any]:
    """Return the message in a reply; empty if there is none."""
    message = first_choice(reply).get("message")
    return message if isinstance(message, dict) else {}
