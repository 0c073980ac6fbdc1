"""The tokeniser and the chat template of the upstream, asked over HTTP as vLLM and llama.cpp serve them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from midthought.api.proxy.upstream import Headers, Upstream, UpstreamReply
from midthought.reasoner.engines.known_ids import are_token_ids
from midthought.reasoner.engines.prompt_tokens import ANCHOR, CONTEXT, candidates_behind

Messages = Sequence[Mapping[str, Any]]
_NOT_KNOWN = frozenset({0, 401, 403, 408, 429, 500, 502, 503, 504})
"""Statuses that say nothing of what a server can do; 0: it gave no answer."""
_SENT_BY_ASK = frozenset({"content-type", "content-length", "accept", "accept-encoding", "connection", "host"})
CONTINUE = {"add_generation_prompt": False, "continue_final_message": True}


class NotKnown(Exception):
    """The server is away, busy, or refuses the key: what it can do is not known."""


@dataclass(frozen=True, slots=True)
class ServerTokenizer:
    """Asks one upstream for one model.

    Args:
        upstream: the server.
        model: its name there.
        headers: of the caller, with the key that the server needs.
        template: fields of a request that change how its chat is written (`chat_template_kwargs`, for example).
    """

    upstream: Upstream
    model: str
    headers: Headers = ()
    template: Mapping[str, Any] = field(default_factory=dict)

    async def ask(self, path: str, body: Mapping[str, Any]) -> UpstreamReply:
        """Return the answer to one question. Raises `NotKnown` if it says nothing of the server."""
        skipped = _SENT_BY_ASK | ({"authorization"} if self.upstream.key else set())
        headers = [(name, value) for name, value in self.headers if name.lower() not in skipped]
        reply = await self.upstream.ask(path, {"model": self.model, **body}, headers=headers)
        if reply.status in _NOT_KNOWN:
            raise NotKnown(f"{path}: status {reply.status}: {reply.text[:200]}")
        return reply

    async def chat_ids(self, messages: Messages, **fields: Any) -> tuple[list[int], int]:
        """Return the tokens of a chat and the window of the model; none and 0 if the server does not say."""
        content = _object(await self.ask("/tokenize", {"messages": list(messages), **self.template, **fields}))
        ids, window = content.get("tokens"), content.get("max_model_len")
        return (ids if are_token_ids(ids) else []), (window if type(window) is int and window > 0 else 0)

    async def chat_text(self, messages: Messages) -> str:
        """Return a chat as its template writes it (llama.cpp); empty if the server does not say."""
        reply = await self.ask("/apply-template", {"messages": list(messages), **self.template})
        prompt = _object(reply).get("prompt")
        return prompt if isinstance(prompt, str) else ""

    async def encode(self, text: str) -> list[int]:
        """Return the tokens of a text, with none added (vLLM). Raises `NotKnown`."""
        return await self._tokens({"prompt": text, "add_special_tokens": False})

    async def encode_content(self, text: str) -> list[int]:
        """Return the tokens of a text as llama.cpp serves them. Raises `NotKnown`."""
        return await self._tokens({"content": text, "add_special": False, "parse_special": True})

    async def decode(self, ids: list[int]) -> str:
        """Return the text of tokens, with every mark. Raises `NotKnown`."""
        text = _object(await self.ask("/detokenize", {"tokens": ids})).get("prompt")
        if not isinstance(text, str):
            raise NotKnown("/detokenize gives no text")
        return text

    async def encode_behind(self, before: Sequence[int], text: str) -> list[int]:
        """Return the tokens of a text that follows others; see `prompt_tokens.encode_behind`. Raises `NotKnown`."""
        if not text:
            return []
        context = list(before[-CONTEXT:])
        told = await asyncio.gather(self.encode(text), self.encode(ANCHOR), self.encode(ANCHOR + text))
        plain, other = candidates_behind(*told)
        shown, behind = await asyncio.gather(self.decode(context), self.decode([*context, *plain]))
        if behind == shown + text or not other or await self.decode([*context, *other]) != shown + text:
            return plain  # as the last resort too: what comes before counts more than a space
        return other

    async def _tokens(self, body: Mapping[str, Any]) -> list[int]:
        ids = _object(await self.ask("/tokenize", body)).get("tokens")
        if not are_token_ids(ids):
            raise NotKnown("/tokenize gives no tokens for a text")
        return ids


def _object(reply: UpstreamReply) -> Mapping[str, Any]:
    return reply.content if reply.is_good and isinstance(reply.content, dict) else {}
