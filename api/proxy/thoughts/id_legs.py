"""A chat continued as completions of its prompt, as token ids (vLLM) or as text (llama.cpp); plain requests only."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any

from midthought.api.proxy.folding import begin_fold
from midthought.api.proxy.proxy_kind import ProxyKind
from midthought.api.proxy.thoughts.chat_shape import ChatFromCompletion
from midthought.api.proxy.thoughts.choice_shapes import Json, choices_in
from midthought.api.proxy.thoughts.growing_prompt import GrowingPrompt, IdPrompt
from midthought.api.proxy.thoughts.leg_stream import LegEvent
from midthought.api.proxy.thoughts.legs import LegSender, OpenLeg, leg_events
from midthought.reasoner.engines.known_ids import are_token_ids

COMPLETIONS = "/v1/completions"
_COPIED = frozenset(
    {
        "model", "frequency_penalty", "presence_penalty", "logit_bias", "seed", "stop", "temperature", "top_p", "user",
        "top_k", "min_p", "repetition_penalty", "stop_token_ids", "include_stop_str_in_output", "ignore_eos",
        "min_tokens", "allowed_token_ids", "bad_words", "priority", "cache_salt", "max_tokens",
    }
)  # fmt: skip
"""Fields that mean the same in a chat and in a completion."""
_READ = frozenset({"messages", "stream", "stream_options", "max_completion_tokens", "chat_template"})
_READ_TOO = frozenset({"chat_template_kwargs", "reasoning_effort"})
_NEUTRAL: Mapping[str, tuple[Any, ...]] = {
    "n": (1,),
    "logprobs": (False,),
    "top_logprobs": (0,),
    "tools": ([],),
    "tool_choice": ("auto", "none"),
    "parallel_tool_calls": (True, False),
    "add_generation_prompt": (True,),
    "include_reasoning": (True,),
    "response_format": ({"type": "text"},),
}
"""Fields that change nothing with one of these values, or with null."""
_SHOW_ALL = {"skip_special_tokens": False, "return_token_ids": True}


def why_not_plain(body: Mapping[str, Any]) -> str:
    """Return what of a chat a completion cannot do; empty for a plain one."""
    for name, value in body.items():
        if value is None or name in _COPIED | _READ | _READ_TOO:
            continue
        if name not in _NEUTRAL or value not in _NEUTRAL[name]:
            return f"the request has {name!r}, which a completion does not take as a chat does"
    parts = (one.get("content") for one in body["messages"] if isinstance(one, dict))
    kinds = (piece.get("type") for part in parts if isinstance(part, list) for piece in part if isinstance(piece, dict))
    other = next((kind for kind in kinds if kind != "text"), "")
    return f"a message has a part of the type {other!r}" if other else ""


@dataclass(frozen=True, slots=True)
class ChatCompletions:
    """See `ThoughtLegs`.

    Attributes:
        sender: sends the requests.
        prompt: of the chat, with the turn of the model opened.
        shape: makes the events of a chat.
        window: the maximum number of tokens of prompt and answer; 0 if it is not known.
    """

    sender: LegSender
    prompt: GrowingPrompt
    shape: ChatFromCompletion
    window: int = 0

    async def open(self, written: str | None, *, spent: int) -> OpenLeg:
        """See `ThoughtLegs.open`."""
        prompt = await self.prompt.behind(written or "")
        if written is not None:
            self.shape.reopen()
        whole = self.sender.body({}, spent=spent)
        body = {name: value for name, value in whole.items() if name in _COPIED or name.startswith("stream")}
        room = whole.get("max_tokens") or whole.get("max_completion_tokens")
        if isinstance(prompt, list) and self.window:
            # A completion without a limit writes 16 tokens, a chat as many as there is room for.
            room = min(room or self.window, max(1, self.window - len(prompt)))
        body |= {"prompt": prompt} | ({"max_tokens": room} if room else {})
        body |= _SHOW_ALL if isinstance(self.prompt, IdPrompt) else {}
        response = await self.sender.send(COMPLETIONS, body)
        return OpenLeg(response, self._made(leg_events(response.aiter_bytes())))

    def as_chat(self, content: Json) -> Json:
        """Return a completion in one piece, as of a server that does not stream, as the answer to a chat."""
        folding = begin_fold(ProxyKind.CHAT)
        for part in self.shape.make(content):
            folding.add(part)
        return folding.whole().answer

    async def _made(self, events: AsyncGenerator[LegEvent, None]) -> AsyncGenerator[LegEvent, None]:
        try:
            async for event in events:
                if event.content is None:
                    yield event
                    continue
                push_ids(self.prompt, event.content)
                for content in self.shape.make(event.content):
                    yield LegEvent(b"", content)
        finally:
            await events.aclose()


def push_ids(prompt: GrowingPrompt, content: Mapping[str, Any]) -> None:
    """Add to a prompt what an event brings, without the token that ends the text: it has no characters in it."""
    for choice in choices_in(content)[:1]:
        ids, text = choice.get("token_ids"), choice.get("text")
        known = ids if are_token_ids(ids) else []
        prompt.push(text if isinstance(text, str) else "", known[:-1] if choice.get("finish_reason") else known)
