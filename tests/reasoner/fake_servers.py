"""Fakes of three families of servers, built from what their documentation and threads say that they answer.

None of them is the real thing: `test_thoughts_served.py` runs a real vLLM. They are real HTTP servers, and what stands
in for a model splits text into tokens of up to three characters, so that joined text is split another way.
"""

import itertools
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ..stream_server import Streamed, event

_SPECIAL = re.compile(r"(<\|im_start\|>|<\|im_end\|>|</?think>)")
END = "<|im_end|>"
LLAMA_REFUSAL = "Assistant response prefill is incompatible with enable_thinking."


class TinyTokenizer:
    """Tokens of up to three characters, marks of a template whole; ids in the order in which tokens are first met."""

    def __init__(self) -> None:
        self.tokens: list[str] = [END]
        self.numbers = {END: 0}

    def encode(self, text: str) -> list[int]:
        """Return ids."""
        parts = [part for part in _SPECIAL.split(text) if part]
        pieces = [[part] if _SPECIAL.fullmatch(part) else re.findall(r"(?s).{1,3}", part) for part in parts]
        return [self.number(piece) for piece in itertools.chain(*pieces)]

    def decode(self, ids: list[int]) -> str:
        """Return text."""
        return "".join(self.tokens[one] for one in ids)

    def number(self, piece: str) -> int:
        """Return the id of one token."""
        if piece not in self.numbers:
            self.numbers[piece] = len(self.tokens)
            self.tokens.append(piece)
        return self.numbers[piece]


def write_template(messages: list[dict[str, Any]], *, open_last: bool = False) -> str:
    """Return a chat as one text; with `open_last` its last turn is not closed and no other begins."""
    turns = [f"<|im_start|>{one['role']}\n{one.get('content') or ''}{END}\n" for one in messages]
    text = "".join(turns)
    return text.removesuffix(f"{END}\n") if open_last else f"{text}<|im_start|>assistant\n"


@dataclass
class FakeServer:
    """What all families share.

    Attributes:
        write: gives the whole continuation of a prompt, for a seed (0 without one).
        reports_cache: usage says how many tokens were in the cache.
    """

    write: Callable[[str, int], str] = lambda prompt, seed: "2 and 2 is 4.\n</think>\n\nIt is 4."
    reports_cache: bool = False
    tokenizer: TinyTokenizer = field(default_factory=TinyTokenizer)
    read: list[list[int]] = field(default_factory=list)

    def respond(self, path: str, body: dict[str, Any]) -> Streamed:
        """Answer a request."""
        answer = getattr(self, "do" + re.sub(r"\W", "_", path), None)
        return answer(body) if answer else Streamed(404, {"detail": "Not Found"})

    def written(self, prompt: str, body: dict[str, Any]) -> tuple[list[int], str]:
        """Return the tokens of an answer and why it ends."""
        seed = body.get("seed", 0) if body.get("temperature") else 0
        ids = self.tokenizer.encode(self.write(prompt, seed))
        limit = body.get("max_tokens", body.get("max_completion_tokens"))
        return (ids[:limit], "length") if len(ids) >= limit else ([*ids, 0], "stop")

    def usage(self, ids: list[int], written: int, *, whole: bool = True) -> dict[str, Any]:
        """Return the counts of one request, whose prompt is then in the cache."""
        usage: dict[str, Any] = {"prompt_tokens": len(ids), "completion_tokens": written}
        if whole and self.reports_cache:
            shared = [len(common(ids, other)) for other in self.read]
            usage["prompt_tokens_details"] = {"cached_tokens": max(shared, default=0)}
        if whole:
            self.read.append(ids)
        return usage


def common(one: list[int], other: list[int]) -> list[int]:
    """Return the beginning that two lists share."""
    return [pair[0] for pair in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))]


@dataclass
class FakeVllm(FakeServer):
    """A vLLM server, as `proxy_facts` of 0.32 has it.

    Attributes:
        parser: it runs with a reasoning parser: the thought comes in another field.
        continues: it knows ``continue_final_message``; one that does not accepts the field all the same.
        at_once: tokens per event.
        lacks: paths that it does not serve.
    """

    parser: bool = False
    continues: bool = True
    at_once: int = 1
    lacks: tuple[str, ...] = ()

    def respond(self, path: str, body: dict[str, Any]) -> Streamed:
        """Answer a request."""
        return Streamed(404, {"detail": "Not Found"}) if path in self.lacks else super().respond(path, body)

    def do_metrics(self, _: dict[str, Any]) -> Streamed:
        """A page of numbers."""
        return Streamed(content='vllm:cache_config_info{block_size="128",enable_prefix_caching="True"} 1.0\n')

    def do_tokenize(self, body: dict[str, Any]) -> Streamed:
        """Messages or a prompt."""
        if "messages" not in body and "prompt" not in body:
            return Streamed(400, {"error": {"message": "Field required"}})
        text = write_template(body["messages"]) if "messages" in body else body["prompt"]
        ids = self.tokenizer.encode(text)
        return Streamed(content={"tokens": ids, "count": len(ids), "max_model_len": 4096})

    def do_detokenize(self, body: dict[str, Any]) -> Streamed:
        """Ids to text, with all marks."""
        return Streamed(content={"prompt": self.tokenizer.decode(body["tokens"])})

    def do_v1_completions(self, body: dict[str, Any]) -> Streamed:
        """Ids or text."""
        prompt = body["prompt"]
        ids = self.tokenizer.encode(prompt) if isinstance(prompt, str) else prompt
        written, finish = self.written(self.tokenizer.decode(ids), body)
        if not body.get("stream"):
            choice = self.choice(body, written, finish) | {"prompt_token_ids": ids}
            return Streamed(content={"choices": [choice], "usage": self.usage(ids, len(written))})
        return Streamed(chunks=self.stream(body, ids, written, finish))

    def stream(self, body: dict[str, Any], ids: list[int], written: list[int], finish: str) -> Iterator[bytes]:
        """Events of some tokens each, then one with what it cost."""
        for start in range(0, len(written), self.at_once):
            end = start + self.at_once
            last = finish if end >= len(written) else None
            usage = self.usage(ids, min(end, len(written)), whole=False)
            yield event({"choices": [self.choice(body, written[start:end], last)], "usage": usage})
        yield event({"choices": [], "usage": self.usage(ids, len(written))})
        yield b"data: [DONE]\n\n"

    def choice(self, body: dict[str, Any], ids: list[int], finish: str | None) -> dict[str, Any]:
        """Return one choice; the token that ends the text has an id and no characters."""
        shown = ids[:-1] if finish == "stop" else ids
        choice: dict[str, Any] = {"index": 0, "text": self.tokenizer.decode(shown), "finish_reason": finish}
        choice["stop_reason"] = None
        if body.get("return_token_ids"):
            choice["token_ids"] = ids
        if body.get("logprobs") is not None:
            tops = [{"a": -0.6931471805599453, "b": -1.3862943611198906} for _ in ids]
            choice["logprobs"] = {"token_logprobs": [-0.6931471805599453 for _ in ids], "top_logprobs": tops}
        return choice

    def do_v1_chat_completions(self, body: dict[str, Any]) -> Streamed:
        """A chat, whose last message is continued if it is told so."""
        open_last = bool(body.get("continue_final_message")) and self.continues
        prompt = write_template(body["messages"], open_last=open_last)
        ids = self.tokenizer.encode(prompt)
        written, finish = self.written(prompt, body)
        usage = self.usage(ids, len(written))
        shown = written[:-1] if finish == "stop" else written
        pieces = [self.tokenizer.decode([one]) for one in shown]
        closed = not self.parser or (open_last and "</think>" in body["messages"][-1]["content"])
        deltas = list(self.deltas(pieces, closed=closed))
        if not body.get("stream"):
            message = {name: "".join(one.get(name, "") for one in deltas) for name in ("content", "reasoning")}
            choice = {"message": {"role": "assistant", **message}, "finish_reason": finish}
            return Streamed(content={"choices": [choice], "usage": usage})
        often = body.get("stream_options", {}).get("continuous_usage_stats")
        so_far = {"usage": {"prompt_tokens": len(ids)}} if often else {}
        return Streamed(chunks=self.stream_chat(deltas, finish, usage, so_far))

    def deltas(self, pieces: list[str], *, closed: bool) -> Iterator[dict[str, str]]:
        """Thought and answer in separate fields, without the mark between them, if there is a parser."""
        for piece in pieces:
            if piece == "</think>" and not closed:
                closed = True
            else:
                yield {"content" if closed else "reasoning": piece}

    def stream_chat(
        self, deltas: list[dict[str, str]], finish: str, usage: dict[str, Any], so_far: dict[str, Any]
    ) -> Iterator[bytes]:
        """Events of a chat, of which the first says what the prompt cost if that is asked for often."""
        yield event({"choices": [{"delta": {"role": "assistant", "content": ""}, "finish_reason": None}], **so_far})
        for delta in deltas:
            yield event({"choices": [{"delta": delta, "finish_reason": None}]})
        yield event({"choices": [{"delta": {"content": ""}, "finish_reason": finish}]})
        yield event({"choices": [], "usage": usage})
        yield b"data: [DONE]\n\n"


@dataclass
class FakeLlamaCpp(FakeServer):
    """A llama.cpp server: it refuses to continue a message while thinking is on; templates can be applied apart.

    Attributes:
        applies: it serves ``/apply-template``.
    """

    applies: bool = True

    def do_apply_template(self, body: dict[str, Any]) -> Streamed:
        """A chat as text."""
        return Streamed(content={"prompt": write_template(body["messages"])}) if self.applies else Streamed(404, {})

    def do_tokenize(self, body: dict[str, Any]) -> Streamed:
        """The field is ``content``; a body without it has none."""
        return Streamed(content={"tokens": self.tokenizer.encode(body.get("content", ""))})

    def do_v1_completions(self, body: dict[str, Any]) -> Streamed:
        """Text is completed; there are no ids."""
        ids = self.tokenizer.encode(body["prompt"])
        written, finish = self.written(body["prompt"], body)
        usage = self.usage(ids, len(written))
        shown = written[:-1] if finish == "stop" else written
        if not body.get("stream"):
            choice = {"text": self.tokenizer.decode(shown), "finish_reason": finish}
            return Streamed(content={"choices": [choice], "usage": usage})
        return Streamed(chunks=self.stream(shown, finish, usage))

    def stream(self, ids: list[int], finish: str, usage: dict[str, Any]) -> Iterator[bytes]:
        """Events of one token each."""
        for one in ids:
            yield event({"choices": [{"text": self.tokenizer.decode([one]), "finish_reason": None}]})
        yield event({"choices": [{"text": "", "finish_reason": finish}], "usage": usage})
        yield b"data: [DONE]\n\n"

    def do_v1_chat_completions(self, body: dict[str, Any]) -> Streamed:
        """A chat, its thought in ``reasoning_content``."""
        if body["messages"][-1]["role"] == "assistant":
            return Streamed(400, {"error": {"code": 400, "message": LLAMA_REFUSAL, "type": "invalid_request_error"}})
        thought, _, answer = self.write(write_template(body["messages"]), 0).partition("</think>")
        message = {"role": "assistant", "reasoning_content": thought, "content": answer.strip()}
        usage = {"prompt_tokens": 20, "completion_tokens": 9}
        if not body.get("stream"):
            return Streamed(content={"choices": [{"message": message, "finish_reason": "stop"}], "usage": usage})
        return Streamed(chunks=self.stream_chat(message, usage))

    def stream_chat(self, message: dict[str, Any], usage: dict[str, Any]) -> Iterator[bytes]:
        """Events of a chat."""
        for name in ("reasoning_content", "content"):
            for piece in re.findall(r"(?s)\S*\s*", message[name])[:-1]:
                yield event({"choices": [{"delta": {name: piece}, "finish_reason": None}]})
        yield event({"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": usage})
        yield b"data: [DONE]\n\n"


@dataclass
class FakeHosted(FakeServer):
    """A hosted model that thinks between calls of tools. It refuses fields and settings that it does not know.

    Attributes:
        queries: what it asks by tools, one request each, before it answers.
        calls_tools: it calls tools at all.
    """

    queries: tuple[str, ...] = ("How do I add?",)
    calls_tools: bool = True
    known = frozenset(
        {"model", "messages", "max_completion_tokens", "stream", "stream_options", "tools", "tool_choice"}
    )

    def do_v1_chat_completions(self, body: dict[str, Any]) -> Streamed:
        """A thought, then a call or the answer."""
        for name in body:
            if name not in self.known:
                instead = " Use 'max_completion_tokens' instead." if name == "max_tokens" else ""
                return Streamed(400, {"error": {"message": f"Unsupported parameter: '{name}'.{instead}"}})
        answered = sum(one["role"] == "tool" for one in body["messages"])
        calls = self.calls_tools and "tools" in body and body.get("tool_choice") != "none"
        query = self.queries[answered] if calls and answered < len(self.queries) else ""
        deltas: list[dict[str, Any]] = [{"reasoning_content": "I think"}, {"reasoning_content": " of it."}]
        deltas += self.call(query, answered) if query else [{"content": "It is"}, {"content": " 4."}]
        finish = "tool_calls" if query else "stop"
        usage = {"prompt_tokens": 30 + 10 * answered, "completion_tokens": 6}
        if not body.get("stream"):
            call = {"id": "c", "type": "function", "function": {"name": "recall", "arguments": "{}"}}
            message = {
                "role": "assistant",
                "content": "It is 4.",
                "reasoning_content": "I think.",
                "tool_calls": [call] if query else None,
            }
            return Streamed(content={"choices": [{"message": message, "finish_reason": finish}], "usage": usage})
        return Streamed(chunks=self.stream(deltas, finish, usage))

    def call(self, query: str, number: int) -> list[dict[str, Any]]:
        """Return a call in pieces, as it is streamed."""
        arguments = json.dumps({"query": query})
        first = {
            "index": 0,
            "id": f"call_{number}",
            "type": "function",
            "function": {"name": "recall", "arguments": ""},
        }
        pieces = [{"index": 0, "function": {"arguments": part}} for part in (arguments[:5], arguments[5:])]
        return [{"tool_calls": [one]} for one in (first, *pieces)]

    def stream(self, deltas: list[dict[str, Any]], finish: str, usage: dict[str, Any]) -> Iterator[bytes]:
        """Events of a chat."""
        for delta in deltas:
            yield event({"choices": [{"delta": delta, "finish_reason": None}]})
        yield event({"choices": [{"delta": {}, "finish_reason": finish}]})
        yield event({"choices": [], "usage": usage})
        yield b"data: [DONE]\n\n"
