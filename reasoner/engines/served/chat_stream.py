"""The events of ``POST /v1/chat/completions`` as one text: thought, answer, and the marks that a server took away."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from midthought.memory.errors import EngineFailed
from midthought.reasoner.engines.served.deltas import Delta, is_cut, read_usage
from midthought.reasoner.engines.served.event_stream import Event
from midthought.reasoner.engines.served.token_chances import chat_chances
from midthought.reasoner.engines.thinking_formats import ThinkingFormat

THOUGHT_FIELDS = ("reasoning", "reasoning_content")
"""Where servers put a thought: vLLM renamed the second to the first; llama.cpp, SGLang and DeepSeek did not."""


@dataclass(slots=True)
class ToolCall:
    """A call that a model wrote, put together from its pieces."""

    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass(slots=True)
class ChatText:
    """Puts the parts of an answer together while it comes.

    Attributes:
        thinking: has the marks that are put back.
        is_open: the text is in the middle of a thought.
        apart: the server has sent thought and answer in separate fields.
        thought, answer: what it has sent in each.
        thought_field: the field in which the thought came; empty before.
        calls: the calls of tools, by place.
        head: the first characters of an answer, while they may be a mark that opens a thought that is open.
    """

    thinking: ThinkingFormat
    is_open: bool
    apart: bool = False
    thought: list[str] = field(default_factory=list)
    answer: list[str] = field(default_factory=list)
    thought_field: str = ""
    calls: dict[int, ToolCall] = field(default_factory=dict)
    head: str | None = ""

    def read(self, events: Iterable[Event]) -> Iterator[Delta]:
        """Yield what each event adds. Raises `EngineFailed` for nonsense."""
        for event in events:
            try:
                yield self._read_event(event)
            except (LookupError, TypeError, ValueError, AttributeError) as cause:
                raise EngineFailed(f"the server sent an event that is no chat: {str(event)[:200]}") from cause
        if self.head:
            yield Delta(self.head)

    def _read_event(self, event: Event) -> Delta:
        read, written = read_usage(event.get("usage"))
        choices = event.get("choices") or []
        if not choices:
            return Delta(written=written, read=read)
        # One that does not stream sends a message.
        delta = choices[0].get("delta") or choices[0].get("message") or {}
        if delta.get("role") == "user":
            raise EngineFailed("the server answers in the role of the user: it does not continue the last message")
        text = self._add_thought(delta) + self._add_answer(delta.get("content") or "")
        for call in delta.get("tool_calls") or ():
            self._add_call(call)
        chances = chat_chances(choices[0].get("logprobs")) if text else []
        return Delta(text, (), tuple(chances), written, read, is_cut(choices[0].get("finish_reason")))

    def _add_thought(self, delta: dict[str, Any]) -> str:
        name = next((one for one in THOUGHT_FIELDS if delta.get(one)), "")
        if not name:
            return ""
        self.thought_field, self.apart, self.head = name, True, None
        text = str(delta[name])
        self.thought.append(text)
        opening = "" if self.is_open else self.thinking.opening
        self.is_open = True
        return opening + text

    def _add_answer(self, text: str) -> str:
        if not text:
            return ""
        self.answer.append(text)
        if self.is_open and self.apart:
            self.is_open = False
            return self.thinking.ending + text
        text = self._without_mark(text)
        said = "".join(self.answer)
        self.is_open = self.is_open and not any(closing in said for closing in self.thinking.closings)
        return text

    def _without_mark(self, text: str) -> str:
        """Return a text without the mark at its beginning if the thought is open already."""
        mark = self.thinking.opening.strip()
        if self.head is None or not self.is_open or not mark:
            return text
        self.head += text
        begun = self.head.lstrip()
        if len(begun) < len(mark) and mark.startswith(begun):
            return ""
        text, self.head = self.head, None
        return begun.removeprefix(mark).lstrip("\n") if begun.startswith(mark) else text

    def _add_call(self, call: dict[str, Any]) -> None:
        held = self.calls.setdefault(int(call.get("index") or 0), ToolCall())
        function = call.get("function") or {}
        held.id = held.id or str(call.get("id") or "")
        held.name += str(function.get("name") or "")
        held.arguments += str(function.get("arguments") or "")
