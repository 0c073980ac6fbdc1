"""A model that thinks between calls of tools asks for a recall by one of ours, which is answered here."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from midthought.ingest.prompt_files import load_prompt_file
from midthought.reasoner.engines.base import PromptRead, TokenStream
from midthought.reasoner.engines.capabilities import Continuation
from midthought.reasoner.engines.served.chat_calls import Message, first_message
from midthought.reasoner.engines.served.chat_stream import ChatText, ToolCall
from midthought.reasoner.engines.served.chat_way import ChatWay
from midthought.reasoner.engines.served.deltas import Delta, split_deltas
from midthought.reasoner.engines.served.way import Proof, ThoughtRequest, Trial

MAX_RECALLS = 4
"""Calls that are answered in one thought; then the model is told to go on, and once more asked without the tool."""
_TRIED_TOKENS = 1024
"""A model that thinks first has room to come to its call."""


@dataclass(frozen=True, slots=True)
class RecallToolTexts:
    """What a model reads of the tool; see ``data/prompts/recall_tool.toml``."""

    name: str
    description: str
    query: str
    enough: str
    trial: str

    def as_tool(self) -> dict[str, Any]:
        """Return the definition of the tool in a request."""
        query = {"type": "string", "description": self.query.strip()}
        parameters = {"type": "object", "properties": {"query": query}, "required": ["query"]}
        function = {"name": self.name, "description": self.description.strip(), "parameters": parameters}
        return {"type": "function", "function": function}


class RecallToolWay(ChatWay):
    """`Continuation.RECALL_TOOL`: a chat in which the model may call ``recall``."""

    continuation = Continuation.RECALL_TOOL

    def try_out(self) -> Trial:
        """See `ThoughtWay.try_out`: the model is asked to call the tool, and does."""
        messages = [{"role": "user", "content": self._texts.trial.strip()}]
        reply = self._calls.try_out(messages, max_tokens=_TRIED_TOKENS, tools=[self._texts.as_tool()])
        if reply.is_refusal:
            return Trial(Proof.REFUSED, f"the server refuses a tool: status {reply.status}: {reply.shown}")
        calls = first_message(reply).get("tool_calls")
        names = [one.get("function", {}).get("name") for one in calls or () if isinstance(one, dict)]
        if self._texts.name not in names:
            return Trial(Proof.UNSHOWN, "the model was asked to call a tool and did not")
        self._learn_format(reply)
        return Trial(Proof.SHOWN, "the model called the tool")

    def generate(self, request: ThoughtRequest) -> TokenStream:
        """See `ThoughtWay.generate`. Raises `ValueError` for any other prompt than `open_thought` returned."""
        question, thought = self._opened.read(request.prompt)
        if thought:
            raise ValueError("this server cannot continue a thought: the model asks for a hint by a tool")
        return split_deltas(self._converse(request, question), max_tokens=request.max_tokens)

    def _converse(self, request: ThoughtRequest, question: str) -> Iterator[Delta]:
        messages: list[Message] = [{"role": "user", "content": question}]
        before, is_open, room = _Cost(), True, request.max_tokens
        for left in range(MAX_RECALLS, -1, -1):
            text = ChatText(self.thinking, is_open)
            tools: dict[str, Any] = {"tools": [self._texts.as_tool()]} if request.on_recall else {}
            # The definition stays, as some servers refuse the calls in the messages without it.
            tools |= {"tool_choice": "none"} if request.on_recall and not left else {}
            for delta in self._calls.follow(replace(request, max_tokens=room), messages, text, **tools):
                yield before.added_to(delta)
            before.end_call()
            room = request.max_tokens - before.written
            if text.calls and room < 1:
                yield Delta(is_cut=True)
            if not text.calls or not left or room < 1:
                return
            is_open = text.is_open
            messages += [_as_message(text), *self._answer(request, text, is_last=left == 1)]

    def _answer(self, request: ThoughtRequest, text: ChatText, *, is_last: bool) -> Iterator[Message]:
        """Yield the answer to every call; only the first of several at once is a recall."""
        for number, (place, call) in enumerate(sorted(text.calls.items())):
            query = _query_of(call)
            is_recall = call.name == self._texts.name and query and number == 0 and request.on_recall is not None
            found = request.on_recall(query) if is_recall and request.on_recall else self._texts.enough.strip()
            if is_last and is_recall:
                found = f"{found}\n\n{self._texts.enough.strip()}"
            yield {"role": "tool", "tool_call_id": call.id or f"call_{place}", "content": found}

    @cached_property
    def _texts(self) -> RecallToolTexts:
        return load_prompt_file("recall_tool.toml", None, RecallToolTexts, needed={})


@dataclass(slots=True)
class _Cost:
    """What the requests of one thought have read and written: each reads everything before it again."""

    tokens: int = 0
    cached: int = 0
    written: int = 0
    last: PromptRead | None = None
    last_written: int = 0

    def added_to(self, delta: Delta) -> Delta:
        """Return what an event adds, with the cost of all requests so far."""
        self.last_written = delta.written or self.last_written
        read = None
        if delta.read:
            self.last = delta.read
            read = PromptRead(self.tokens + delta.read.tokens, self.cached + delta.read.cached)
        written = None if delta.written is None else self.written + delta.written
        return replace(delta, written=written, read=read)

    def end_call(self) -> None:
        """Count the request that has ended."""
        if self.last:
            self.tokens, self.cached = self.tokens + self.last.tokens, self.cached + self.last.cached
        self.written += self.last_written
        self.last, self.last_written = None, 0


def _as_message(text: ChatText) -> Message:
    """Return what the model said, its thought in the field in which it came: the next request needs it there."""
    calls = [
        {"id": call.id or f"call_{place}", "type": "function", "function": _as_function(call)}
        for place, call in sorted(text.calls.items())
    ]
    thought = {text.thought_field: "".join(text.thought)} if text.thought_field else {}
    return {"role": "assistant", "content": "".join(text.answer) or None, **thought, "tool_calls": calls}


def _as_function(call: ToolCall) -> dict[str, str]:
    return {"name": call.name, "arguments": call.arguments or "{}"}


def _query_of(call: ToolCall) -> str:
    try:
        query = json.loads(call.arguments).get("query")
    except (ValueError, RecursionError, AttributeError):
        return ""
    return query.strip() if isinstance(query, str) else ""
