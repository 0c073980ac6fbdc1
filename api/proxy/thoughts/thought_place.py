"""Which way a request takes to have recall in the middle of its thought, or why it has none."""

from dataclasses import dataclass

from midthought.api.proxy.proxy_call import ProxyCall, ProxyKind
from midthought.api.proxy.thoughts.ability_table import AbilityTable
from midthought.api.proxy.thoughts.chat_prefill import ChatPrefill
from midthought.api.proxy.thoughts.chat_shape import ChatFromCompletion
from midthought.api.proxy.thoughts.choice_shapes import ChatChoices, ChoiceShape, CompletionChoices
from midthought.api.proxy.thoughts.growing_prompt import GrowingPrompt, IdPrompt, TextPrompt
from midthought.api.proxy.thoughts.id_legs import ChatCompletions, why_not_plain
from midthought.api.proxy.thoughts.legs import LegSender
from midthought.api.proxy.thoughts.opened_completions import OpenedCompletions
from midthought.api.proxy.thoughts.server_tokenizer import NotKnown, ServerTokenizer
from midthought.api.proxy.thoughts.upstream_abilities import UpstreamAbilities
from midthought.reasoner.engines.known_ids import are_token_ids
from midthought.reasoner.engines.thinking_formats import ThinkingFormat, find_opened_format

_LAST = 32
"""Tokens at the end of a prompt that hold the opening of a thought."""


@dataclass(frozen=True, slots=True)
class ThoughtPlace:
    """Where the thought of one request is written, before its first word.

    Attributes:
        name: of the way, for the receipt.
        legs: continue the thought.
        shape: of the answer's choices.
        thinking: how the model marks the thought.
        opening: what stands before its first word.
        opened: the prompt has the opening.
        field: where the thought comes; empty if it is not known.
        shows: the opening must be shown before a hint that is put before the thought.
        window: the maximum number of tokens; 0 if it is not known.
    """

    name: str
    legs: ChatPrefill | ChatCompletions | OpenedCompletions
    shape: ChoiceShape
    thinking: ThinkingFormat
    opening: str
    opened: bool
    field: str = ""
    shows: bool = False
    window: int = 0

    @property
    def prefix(self) -> str:
        """What is written before the first hint."""
        return "" if self.opened and not isinstance(self.legs, ChatPrefill) else self.opening


async def find_place(call: ProxyCall, table: AbilityTable, *, stats: bool) -> ThoughtPlace | str:
    """Return where the thought of a chat or a completion is written, or why recall cannot happen in it.

    Args:
        call: the request.
        table: what is known of the models.
        stats: requests may be broken off.
    """
    sender = LegSender(call, table.upstream, stats)
    try:
        if call.kind is ProxyKind.COMPLETIONS:
            return await _in_completion(sender, table)
        return await _in_chat(sender, table)
    except NotKnown as error:
        return str(error)


async def _in_chat(sender: LegSender, table: AbilityTable) -> ThoughtPlace | str:
    call = sender.call
    if not isinstance(call.body.get("messages"), list):
        return "there are no messages"
    found, why = await table.find(call.model, call.body, call.headers)
    if found is None or found.why_none:
        return why or (found.why_none if found else "")
    if not found.no_prefill:
        return _place("chat prefill", ChatPrefill(sender), found)
    if other := why_not_plain(call.body):
        return f"chat prefill: {found.no_prefill}; {other}"
    if found.thinking.answer_opening.strip():
        return f"chat prefill: {found.no_prefill}; the answer of the model begins with a mark"
    prompt = await _chat_prompt(table.server(call.model, call.body, call.headers), call, found)
    if isinstance(prompt, str):
        return prompt
    field = found.thought_field or "content"
    shape = ChatFromCompletion(field, found.thinking, opened=found.opened)
    legs = ChatCompletions(sender, prompt, shape, found.window)
    return _place("token ids" if isinstance(prompt, IdPrompt) else "text", legs, found)


def _place(name: str, legs: ChatPrefill | ChatCompletions, found: UpstreamAbilities) -> ThoughtPlace:
    return ThoughtPlace(
        name,
        legs,
        ChatChoices(),
        found.thinking,
        found.opening,
        found.opened,
        field=found.thought_field,
        shows=not found.opened,
        window=found.window,
    )


async def _chat_prompt(server: ServerTokenizer, call: ProxyCall, found: UpstreamAbilities) -> GrowingPrompt | str:
    """Return the prompt of a chat, or why the server does not write it."""
    messages = call.body["messages"]
    if not found.no_ids:
        ids, _ = await server.chat_ids(messages, add_generation_prompt=True)
        return IdPrompt(ids, server) if ids else "/tokenize does not take the messages"
    if not found.no_text:
        text = await server.chat_text(messages)
        return TextPrompt(text) if text else "/apply-template does not take the messages"
    return found.why_none


async def _in_completion(sender: LegSender, table: AbilityTable) -> ThoughtPlace | str:
    call = sender.call
    prompt, server = call.body.get("prompt"), table.server(call.model, {}, call.headers)
    if any(call.body.get(name) for name in ("echo", "suffix", "use_beam_search")):
        return "the prompt is not only continued"
    grown: GrowingPrompt
    if isinstance(prompt, list) and prompt and are_token_ids(prompt):
        text, grown = await server.decode(prompt[-_LAST:]), IdPrompt(prompt, server)
    elif isinstance(prompt, str):
        text, grown = prompt, TextPrompt(prompt)
    else:
        return "there is not one prompt"
    thinking = find_opened_format(text)
    if thinking is None:
        return "the prompt does not end in an opened thought"
    legs = OpenedCompletions(sender, grown)
    return ThoughtPlace("opened completion", legs, CompletionChoices(), thinking, "", True, field="text")
