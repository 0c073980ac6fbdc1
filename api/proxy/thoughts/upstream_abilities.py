"""Finds out how recall can happen in the middle of a thought of one model: nothing is believed that did not show."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from http import HTTPStatus

from midthought.api.proxy.thoughts.server_tokenizer import CONTINUE, NotKnown, ServerTokenizer
from midthought.api.proxy.upstream import UpstreamReply
from midthought.reasoner.engines.served.chat_stream import THOUGHT_FIELDS
from midthought.reasoner.engines.served.deltas import read_usage
from midthought.reasoner.engines.served.id_completions import judge_ids
from midthought.reasoner.engines.served.model_server import choice_in
from midthought.reasoner.engines.served.opened_thoughts import TRIED_QUESTION
from midthought.reasoner.engines.served.served_format import format_by_answer, is_one_token, repeat_mark
from midthought.reasoner.engines.thinking_formats import (
    AUTO,
    NONE,
    ThinkingFormat,
    find_format_by_name,
    find_opened_format,
    load_formats,
)

_CHAT, _COMPLETIONS = "/v1/chat/completions", "/v1/completions"
_ASKED = {"role": "user", "content": TRIED_QUESTION}
_TRIED = "\nI add 2 and 2.\n\nNow,"
"""What a thought is tried with: it begins and ends as one with a hint does."""
_JOINED = 2
"""Tokens at the end of a prompt that may be others if a text follows: it joins with the last characters."""
_SLACK = 1
"""Tokens by which a server may count otherwise: the one that begins texts."""
_FEW = 8
"""Tokens that are written to see in which field a thought comes."""
_NONE_TOLD = "the setting 'thinking' is none: the model marks no thought"
_NONE_SEEN = "no thinking format is known for it; if it marks its thoughts, name the format by the setting 'thinking'"


@dataclass(frozen=True, slots=True)
class UpstreamAbilities:
    """How one model thinks on one server. A reason is empty if the way works.

    Attributes:
        thinking: how it marks a thought.
        opening: what stands before the first word of a thought.
        opened: the chat template writes the opening.
        thought_field: where a thought comes: ``reasoning``, ``reasoning_content``, or ``content`` with its marks; empty
            if that did not show.
        window: the maximum number of tokens of prompt and answer; 0 if it is not known.
        shown: the server showed it; not so if it has nothing that shows it, or keeps that from this caller.
        no_prefill: why the last message of a chat is not continued.
        no_ids: why completions of token ids do not work.
        no_text: why completions of a chat written by the server's template do not work.
    """

    thinking: ThinkingFormat
    opening: str = ""
    opened: bool = False
    thought_field: str = ""
    window: int = 0
    shown: bool = True
    no_prefill: str = "it was not tried"
    no_ids: str = "it was not tried"
    no_text: str = "it was not tried"

    @property
    def is_apart(self) -> bool:
        """Whether the server sets a thought apart from the answer."""
        return self.thought_field in THOUGHT_FIELDS

    @property
    def why_none(self) -> str:
        """Why no way works; empty if one does."""
        if not self.shown or self.thinking.name == NONE:
            return f"a thought of this model cannot be continued on this server: {self.no_prefill}"
        if not (self.no_prefill and self.no_ids and self.no_text):
            return ""
        return f"chat prefill: {self.no_prefill}; ids: {self.no_ids}; text: {self.no_text}"


async def find_abilities(server: ServerTokenizer, thinking: str = AUTO) -> UpstreamAbilities:
    """Ask the server, for a few tokens each time; `thinking` names its format. Raises `NotKnown`."""
    told = None if thinking == AUTO else find_format_by_name(thinking)
    ids, window = await server.chat_ids([_ASKED], add_generation_prompt=True)
    if ids:
        return replace(await _of_ids(server, ids, told), window=window)
    prompt = await server.chat_text([_ASKED])
    if prompt:
        return await _of_text(server, prompt, told)
    why = "it has neither /tokenize for messages nor /apply-template, which show what is continued"
    unseen = told or find_format_by_name(NONE)
    return UpstreamAbilities(unseen, shown=False, no_prefill=why, no_ids=why, no_text=why)


async def _of_ids(server: ServerTokenizer, ids: list[int], told: ThinkingFormat | None) -> UpstreamAbilities:
    """A server as vLLM: chats and texts become ids, and ids texts."""
    prompt = await server.decode(ids)
    found = await _begin(server, told or await _format_of(server.encode), prompt, is_told=told is not None)
    if found.thinking.name == NONE:
        return found
    found = await _try_prefill(server, found, ids, prompt)
    if not found.thought_field:
        found = replace(found, thought_field=await _field_of_chat(server))
    return replace(found, no_ids=await _why_no_ids(server, ids), no_text="ids are better")


async def _of_text(server: ServerTokenizer, prompt: str, told: ThinkingFormat | None) -> UpstreamAbilities:
    """A server as llama.cpp: it writes a chat as text, and continues no message while thinking is on."""
    found = await _begin(server, told or await _format_of(server.encode_content), prompt, is_told=told is not None)
    if found.thinking.name == NONE:
        return found
    why = "the server has no /tokenize for messages that would prove it"
    no_text = await _why_no_text(server, prompt)
    return replace(found, no_prefill=why, no_ids=why, no_text=no_text, thought_field=await _field_of_chat(server))


async def _begin(server: ServerTokenizer, thinking: ThinkingFormat, prompt: str, *, is_told: bool) -> UpstreamAbilities:
    """Begin with a format that is told, or that marks show; else with what `prompt` or an answer shows."""
    if thinking.name == NONE and not is_told:
        thinking = find_opened_format(prompt) or format_by_answer(await _plain_message(server))
    opened = thinking.is_opened_by(prompt)
    opening = prompt[prompt.rindex(thinking.opening.strip()) :] if opened else thinking.opening
    found = UpstreamAbilities(thinking, opening, opened)
    return replace(found, no_prefill=_NONE_TOLD if is_told else _NONE_SEEN) if thinking.name == NONE else found


async def _format_of(encode: Callable[[str], Awaitable[list[int]]]) -> ThinkingFormat:
    for one in load_formats():
        told = await asyncio.gather(*(encode(repeat_mark(mark)) for mark in one.marks))
        if told and all(ids and is_one_token(len(ids)) for ids in told):
            return one
    return find_format_by_name(NONE)


async def _try_prefill(
    server: ServerTokenizer, found: UpstreamAbilities, ids: list[int], prompt: str
) -> UpstreamAbilities:
    messages = [_ASKED, {"role": "assistant", "content": found.opening + _TRIED}]
    written, _ = await server.chat_ids(messages, **CONTINUE)
    if not written:
        return replace(found, no_prefill="/tokenize does not take a message to continue")
    wanted = prompt + ("" if found.opened else found.opening) + _TRIED
    begins = len(ids) - _JOINED
    if written[:begins] != ids[:begins] or await server.decode(written) != wanted:
        return replace(found, no_prefill="the chat template writes something else before a message that is continued")
    reply = await _ask_chat(server, {"messages": messages, **CONTINUE})
    if not reply.is_good or not isinstance(reply.content, dict):
        return replace(found, no_prefill=f"the server refuses it: status {reply.status}: {reply.text[:200]}")
    message = choice_in(reply.content).get("message")
    message = message if isinstance(message, dict) else {}
    read, _ = read_usage(reply.content.get("usage"))
    if message.get("role") != "assistant" or (read is not None and read.tokens != len(written)):
        counted = None if read is None else read.tokens
        why = f"the reply has the role {message.get('role')!r}, and {len(written)} tokens were read as {counted}"
        return replace(found, no_prefill=why)
    return replace(found, no_prefill="", thought_field=_field_in(message))


async def _why_no_ids(server: ServerTokenizer, ids: list[int]) -> str:
    body = {"prompt": ids, "max_tokens": 1, "temperature": 0, "return_token_ids": True}
    reply = await server.ask(_COMPLETIONS, body)
    if not reply.is_good or not isinstance(reply.content, dict):
        return f"/v1/completions: status {reply.status}: {reply.text[:200]}"
    tried = judge_ids(ids, reply.content)
    if not tried.reads_ids:
        return f"/v1/completions does not take token ids: {tried.reason}"
    return "" if tried.returns_ids else "/v1/completions does not return token ids"


async def _why_no_text(server: ServerTokenizer, prompt: str) -> str:
    tokens = len(await server.encode_content(prompt))
    reply = await server.ask(_COMPLETIONS, {"prompt": prompt, "max_tokens": 1, "temperature": 0})
    if not reply.is_good or not isinstance(reply.content, dict):
        return f"/v1/completions: status {reply.status}: {reply.text[:200]}"
    read, _ = read_usage(reply.content.get("usage"))
    if read is None or abs(read.tokens - tokens) > _SLACK:
        return f"a prompt of {tokens} tokens was read as {read.tokens if read else 'an unknown number of'} tokens"
    return ""


async def _field_of_chat(server: ServerTokenizer) -> str:
    return _field_in(await _plain_message(server))


async def _plain_message(server: ServerTokenizer) -> dict[str, object]:
    """Return the beginning of an answer; empty if the server refuses."""
    reply = await _ask_chat(server, {"messages": [_ASKED]})
    message = choice_in(reply.content).get("message") if isinstance(reply.content, dict) else None
    return message if isinstance(message, dict) else {}


async def _ask_chat(server: ServerTokenizer, body: dict[str, object]) -> UpstreamReply:
    """Return the beginning of an answer. Raises `NotKnown`, also if this caller is not shown the model (404)."""
    reply = await server.ask(_CHAT, {**body, **server.template, "max_tokens": _FEW, "temperature": 0})
    if reply.status == HTTPStatus.NOT_FOUND:
        raise NotKnown(f"{_CHAT}: status 404: {reply.text[:200]}")
    return reply


def _field_in(message: dict[str, object]) -> str:
    return next((name for name in (*THOUGHT_FIELDS, "content") if message.get(name)), "")


__all__ = ["NotKnown", "UpstreamAbilities", "find_abilities"]
