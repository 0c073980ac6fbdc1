"""Model servers that think, for the proxy: fakes of vLLM and llama.cpp with chat templates that open a thought or not.

What stands in for a model goes on where a prompt ends: it writes one thought and one answer, and passes over hints.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from midthought.memory.records.hint_marks import DEFAULT_HINT_MARKS
from midthought.reasoner.engines.served.opened_thoughts import TRIED_QUESTION

from ...reasoner.fake_servers import END, FakeLlamaCpp, FakeVllm, TinyTokenizer
from ...stream_server import Streamed, event

HINT = re.compile(
    rf"\n{re.escape(DEFAULT_HINT_MARKS.begin)}\n(.*?)\n{re.escape(DEFAULT_HINT_MARKS.end)}\nNow,", re.DOTALL
)
"""A hint as it stands in a thought."""
TURN = "<|im_start|>assistant\n"
NAMES = {"id": "chatcmpl-7", "created": 7, "model": "model"}


class Template(Enum):
    """What a chat template does with a thought."""

    PLAIN = "plain"
    """Nothing: the model opens its thought."""
    OPENS = "opens"
    """It opens the thought, as those of DeepSeek-R1 do."""
    EMPTY_BLOCK = "empty block"
    """It puts an empty thought before a message that is continued, as those of Qwen3 do."""


@dataclass(frozen=True)
class Thinker:
    """A model with one thought and one answer, which it goes on with wherever a prompt ends."""

    thought: str = "I count the letters first. Then I divide. Is it right? It is."
    answer: str = "\n\nThe answer is 30."

    @property
    def whole(self) -> str:
        """What it writes in an opened thought."""
        return f"{self.thought}</think>{self.answer}"

    def __call__(self, prompt: str, _: int = 0) -> str:
        """Go on."""
        turn = prompt.rpartition(TURN)[2]
        own = HINT.sub("", turn.replace("<think>\n\n</think>\n\n", ""))
        opened = own.startswith("<think>\n")
        own = own.removeprefix("<think>\n")
        if TRIED_QUESTION in prompt:
            return ("" if opened else "<think>\n") + "That is 4.</think>4"
        assert self.whole.startswith(own), own
        return ("" if opened else "<think>\n") + self.whole[len(own) :]


def write_turns(messages: list[dict[str, Any]], template: Template, *, open_last: bool) -> str:
    """Return a chat as one text."""
    turns = []
    for number, one in enumerate(messages):
        content = one.get("content") or ""
        if open_last and number == len(messages) - 1 and template is Template.EMPTY_BLOCK:
            content = f"<think>\n\n</think>\n\n{content}"
        turns.append(f"<|im_start|>{one['role']}\n{content}{END}\n")
    text = "".join(turns)
    if open_last:
        return text.removesuffix(f"{END}\n")
    return text + TURN + ("<think>\n" if template is Template.OPENS else "")


@dataclass
class ThinkingVllm(FakeVllm):
    """A vLLM server.

    Attributes:
        template: of its model.
        refuses: returns why a body is refused; empty if it is not.
        finish: why an answer that is not cut ends.
    """

    write: Callable[[str, int], str] = field(default_factory=Thinker)
    template: Template = Template.PLAIN
    refuses: Callable[[str, dict[str, Any]], str] = lambda path, body: ""
    tokenizer: TinyTokenizer = field(default_factory=TinyTokenizer)

    def respond(self, path: str, body: dict[str, Any]) -> Streamed:
        """Answer a request."""
        if why := self.refuses(path, body):
            return Streamed(400, {"error": {"message": why, "type": "BadRequestError", "param": None, "code": 400}})
        return super().respond(path, body)

    def do_tokenize(self, body: dict[str, Any]) -> Streamed:
        """Messages or a prompt."""
        if "messages" not in body:
            return super().do_tokenize(body)
        ids = self.tokenizer.encode(self.chat_text(body))
        return Streamed(content={"tokens": ids, "count": len(ids), "max_model_len": 4096})

    def chat_text(self, body: dict[str, Any]) -> str:
        """Return a chat as the template writes it."""
        return write_turns(body["messages"], self.template, open_last=bool(body.get("continue_final_message")))

    def do_v1_chat_completions(self, body: dict[str, Any]) -> Streamed:
        """A chat, whose last message is continued if it is told so; one answer or several."""
        prompt = self.chat_text(body)
        ids = self.tokenizer.encode(prompt)
        written, finish = self.written(prompt, {"max_tokens": 10_000} | body)
        shown = written[:-1] if finish == "stop" else written
        deltas = list(self.parsed([self.tokenizer.decode([one]) for one in shown]))
        usage = self.usage(ids, len(written))
        if body.get("stream"):
            return Streamed(chunks=self.chat_events(body, deltas, finish, usage))
        return Streamed(content=self.chat_whole(body, deltas, finish, usage))

    def do_v1_completions(self, body: dict[str, Any]) -> Streamed:
        """Ids or text: 16 tokens without a limit."""
        return super().do_v1_completions({"max_tokens": 16} | body)

    def stream(self, body: dict[str, Any], ids: list[int], written: list[int], finish: str) -> Iterator[bytes]:
        """Events of completions, with the names that a real one has."""
        for raw in super().stream(body, ids, written, finish):
            if raw.startswith(b"data: {"):
                content = json.loads(raw[6:])
                yield event({"id": f"cmpl-{len(self.read)}", "object": "text_completion", "created": 7} | content)
            else:
                yield raw

    def written(self, prompt: str, body: dict[str, Any]) -> tuple[list[int], str]:
        """Return the tokens of an answer and why it ends."""
        return super().written(prompt, {"max_tokens": 10_000} | body)

    def parsed(self, pieces: list[str]) -> Iterator[dict[str, str]]:
        """Thought and answer; without a parser both are content."""
        closed = not self.parser
        for piece in pieces:
            if not closed and piece in ("<think>", "</think>"):
                closed = piece == "</think>"
            else:
                yield {"content" if closed else "reasoning": piece}

    def chat_whole(self, body: dict[str, Any], deltas: list[Any], finish: str, usage: Any) -> dict[str, Any]:
        """An answer in one piece."""
        message = {name: "".join(one.get(name, "") for one in deltas) or None for name in ("content", "reasoning")}
        choices = [
            {"index": index, "message": {"role": "assistant", **message}, "finish_reason": finish}
            for index in range(body.get("n") or 1)
        ]
        return {**NAMES, "object": "chat.completion", "choices": choices, "usage": usage}

    def chat_events(self, body: dict[str, Any], deltas: list[Any], finish: str, usage: Any) -> Iterator[bytes]:
        """The events of one answer or several."""
        options = body.get("stream_options") or {}
        several = range(body.get("n") or 1)
        so_far = {"prompt_tokens": usage["prompt_tokens"], "completion_tokens": 0}

        def write(index: int, delta: dict[str, Any], end: str | None = None) -> bytes:
            choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": end}
            stats = {"usage": dict(so_far)} if options.get("continuous_usage_stats") else {}
            return event({**self.names(), "object": "chat.completion.chunk", "choices": [choice], **stats})

        yield from (write(index, {"role": "assistant", "content": ""}) for index in several)
        for delta in deltas:
            so_far["completion_tokens"] += 1
            yield from (write(index, delta) for index in several)
        yield from (write(index, {"content": ""}, finish) for index in several)
        if options.get("include_usage"):
            yield event({**self.names(), "object": "chat.completion.chunk", "choices": [], "usage": usage})
        yield b"data: [DONE]\n\n"

    def names(self) -> dict[str, Any]:
        """What is the same in all events of one request, and other in the next."""
        return {**NAMES, "id": f"chatcmpl-{len(self.read)}"}


@dataclass
class ThinkingLlama(FakeLlamaCpp):
    """A llama.cpp server, whose template opens the thought."""

    write: Callable[[str, int], str] = field(default_factory=Thinker)

    def do_apply_template(self, body: dict[str, Any]) -> Streamed:
        """A chat as text."""
        return Streamed(content={"prompt": write_turns(body["messages"], Template.OPENS, open_last=False)})

    def do_v1_completions(self, body: dict[str, Any]) -> Streamed:
        """Text, without a limit unless there is one."""
        return super().do_v1_completions({"max_tokens": 10_000} | body)


def read_events(body: bytes) -> list[dict[str, Any]]:
    """Return the JSON of events."""
    data = [line[6:] for line in body.split(b"\n") if line.startswith(b"data: ")]
    return [json.loads(line) for line in data if line != b"[DONE]"]


def read_text(body: bytes, index: int = 0) -> dict[str, str]:
    """Return what a client reads in each field of one choice."""
    text: dict[str, str] = {}
    for content in read_events(body):
        for choice in content.get("choices", ()):
            given = {**choice.get("delta", {}), **({"text": choice["text"]} if "text" in choice else {})}
            for name in ("reasoning", "reasoning_content", "content", "text"):
                if choice.get("index", 0) == index and given.get(name):
                    text[name] = text.get(name, "") + given[name]
    return text
