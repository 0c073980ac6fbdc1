"""An upstream that breaks off, reports an error, or calls a tool, in the middle of a thought with hints."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from midthought import Memory
from midthought.api.proxy.relay import UpstreamBroke
from midthought.api.proxy.upstream import UpstreamFailed

from ...stream_server import BREAK, Streamed, event
from .asking import FakeTransport, ask, chat
from .thinking_servers import HINT, Template, Thinker, ThinkingLlama, ThinkingVllm, read_events, read_text

THINKER = Thinker()
Change = Callable[[list[Any]], list[Any]]


def changed(change: Change, *, leg: int = 1) -> FakeTransport:
    """A server whose events are changed in one of its requests that stream."""
    vllm = ThinkingVllm(parser=True)
    streams = iter(range(1, 10))

    def respond(path: str, body: dict[str, Any]) -> Streamed:
        answer = vllm.respond(path, body)
        if answer.chunks is not None and next(streams) == leg:
            answer.chunks = iter(change(list(answer.chunks)))
        return answer

    return FakeTransport(respond, one_by_one)


def one_by_one(whole: bytes) -> Iterator[bytes]:
    """An event at a time."""
    return (part + b"\n\n" for part in whole.split(b"\n\n") if part)


@pytest.mark.parametrize("leg", [1, 2])
@pytest.mark.parametrize("ending", ["cut", "early"])
def test_a_break_in_any_request_is_one(thinking_memory: Memory, leg: int, ending: str) -> None:
    """A connection that is cut, and a body that ends without a reason, in the first request and behind a hint."""

    def change(events: list[Any]) -> list[Any]:
        return [*events[:6], BREAK] if ending == "cut" else events[:6]

    transport = changed(change, leg=leg)
    often = {"every_tokens": 3 if leg == 2 else 500, "recalls": 1}
    with pytest.raises(UpstreamBroke) as broke:
        ask(thinking_memory, transport, chat(), triggers=["start", "every"], **often)
    assert broke.value.is_between_events
    assert transport.open == 0


@pytest.mark.parametrize("ending", ["cut", "early"])
def test_an_answer_in_one_piece_that_breaks_off_is_none(thinking_memory: Memory, ending: str) -> None:
    """The client gets an error and no half of an answer."""

    def change(events: list[Any]) -> list[Any]:
        return [*events[:6], BREAK] if ending == "cut" else events[:6]

    with pytest.raises(UpstreamFailed, match="broke off") as failed:
        ask(thinking_memory, changed(change), chat(stream=False), triggers=["start", "every"], every_tokens=500)
    assert (failed.value.status, failed.value.code) == (502, "upstream-broke")


def test_an_error_that_the_upstream_reports_comes_as_it_is(thinking_memory: Memory) -> None:
    """With what the upstream sends behind it."""
    told = event({"error": {"message": "EngineCore encountered an issue", "code": 500}})
    transport = changed(lambda events: [*events[:6], told, b"data: [DONE]\n\n"])
    asked = ask(thinking_memory, transport, chat())
    assert asked.body.endswith(told + b"data: [DONE]\n\n")


def test_a_call_of_a_tool_is_relayed_byte_for_byte(thinking_memory: Memory) -> None:
    """Behind the thought, in the pieces and with the fields that the upstream sends; also in the second request."""
    function = {"index": 0, "id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    call = {"index": 0, "delta": {"tool_calls": [function]}, "logprobs": None, "finish_reason": None, "extra": [1.0]}
    end = {"index": 0, "delta": {}, "finish_reason": "tool_calls"}

    def change(events: list[Any]) -> list[Any]:
        names = {name: json.loads(events[0][6:])[name] for name in ("id", "created", "model", "object")}
        added = [event({**names, "choices": [one]}) for one in (call, end)]
        return [*events[:8], *added, b"data: [DONE]\n\n"]

    asked = ask(thinking_memory, changed(change), chat())
    assert event({**_names(asked.body), "choices": [call]}) in asked.body
    for triggers in (["start"], ["start", "every"]):
        leg = len(triggers)
        transport = changed(change, leg=leg)
        asked = ask(thinking_memory, transport, chat(), triggers=triggers, every_tokens=3, recalls=1)
        *_, called, last = (one["choices"][0] for one in read_events(asked.body))
        assert (called, last) == (call, end)


def _names(body: bytes) -> dict[str, Any]:
    first = read_events(body)[0]
    return {name: first[name] for name in ("id", "created", "model", "object")}


def test_events_that_say_nothing_of_the_answer_pass(thinking_memory: Memory) -> None:
    """Comments that keep a connection open, and events without choices."""
    other = event({"id": "x", "choices": [], "prompt_filter_results": []})
    transport = changed(lambda events: [b": keep-alive\n\n", other, *events])
    asked = ask(thinking_memory, transport, chat())
    assert asked.body.startswith(b": keep-alive\n\n" + other)
    assert [one["id"] == "x" for one in read_events(asked.body)][:2] == [True, False]
    assert len(HINT.findall(read_text(asked.body)["reasoning"])) == 1


def test_a_server_that_does_not_stream_has_the_hint_all_the_same(thinking_memory: Memory) -> None:
    """It answers with one object, and so is the client answered."""
    vllm = ThinkingVllm(parser=True)
    transport = FakeTransport(lambda path, body: vllm.respond(path, {**body, "stream": False}))
    asked = ask(thinking_memory, transport, chat())
    message = asked.json["choices"][0]["message"]
    assert HINT.sub("", message["reasoning"]) == THINKER.thought
    assert len(HINT.findall(message["reasoning"])) == 1


def test_a_role_that_comes_with_the_first_words_is_told_once(thinking_memory: Memory) -> None:
    """Before the hint; some servers send no event for it alone."""

    def change(events: list[Any]) -> list[Any]:
        first = json.loads(events[1][6:])
        first["choices"][0]["delta"]["role"] = "assistant"
        return [event(first), *events[2:]]

    asked = ask(thinking_memory, changed(change), chat())
    deltas = [one["choices"][0]["delta"] for one in read_events(asked.body)]
    assert [place for place, one in enumerate(deltas) if "role" in one] == [0]
    assert HINT.fullmatch(deltas[0]["reasoning"])
    assert HINT.sub("", read_text(asked.body)["reasoning"]) == THINKER.thought


def test_a_limit_that_is_used_up_before_a_hint_ends_the_answer(thinking_memory: Memory) -> None:
    """No request is sent for nothing: the reason for the end is the limit, and usage says what was written."""
    transport = FakeTransport(ThinkingVllm(parser=True).respond)
    body = chat(max_tokens=4, stream_options={"include_usage": True})
    asked = ask(thinking_memory, transport, body, triggers=["start", "every"], every_tokens=4)
    written = asked.receipt.legs[0].completion_tokens
    events = read_events(asked.body)
    ends = [one["choices"][0]["finish_reason"] for one in events if one["choices"]]
    assert ends[-1] == "length"
    assert ends.count("length") == 1
    assert events[-1]["usage"]["completion_tokens"] == sum(one.completion_tokens for one in asked.receipt.legs)
    assert written <= 4


def test_the_model_is_told_how_to_ask(thinking_memory: Memory) -> None:
    """With the trigger `tag`, behind the question in every request; what it asks is answered behind its mark."""
    thinker = Thinker(thought="So. <recall>What is a crane?</recall> I go on.")
    transport = FakeTransport(ThinkingVllm(thinker, parser=True).respond)
    asked = ask(thinking_memory, transport, chat(), triggers=["tag"])
    legs = [body for path, body in transport.asked if body.get("stream")]
    assert len(legs) == 2
    assert all("<recall>" in body["messages"][0]["content"] for body in legs)
    thought = read_text(asked.body)["reasoning"]
    (hint,) = HINT.finditer(thought)
    assert thought[: hint.start()].endswith("What is a crane?</recall>")
    assert HINT.sub("", thought).strip() == thinker.thought


@pytest.mark.parametrize("triggers", [["start"], ["start", "every"]])
@pytest.mark.parametrize("server", ["prefill", "ids", "text"])
def test_a_server_that_answers_in_one_piece_is_understood(
    thinking_memory: Memory, server: str, triggers: list[str]
) -> None:
    """As a chat, whichever way it was asked; what needs a stream is left out, and the receipt says so."""
    empty = ThinkingVllm(parser=True, template=Template.EMPTY_BLOCK)
    model = {"prefill": ThinkingVllm(parser=True), "ids": empty, "text": ThinkingLlama()}[server]
    transport = FakeTransport(lambda path, body: model.respond(path, {**body, "stream": False}))
    asked = ask(thinking_memory, transport, chat(), triggers=triggers, every_tokens=3)
    (choice,) = asked.json["choices"]
    message = choice["message"]
    thought = message.get("reasoning") or message.get("reasoning_content")
    assert (HINT.sub("", thought), message["content"]) == (THINKER.thought, THINKER.answer)
    assert (len(HINT.findall(thought)), choice["finish_reason"]) == (1, "stop")
    assert "text" not in choice
    left_out = ["every left out: recall in the middle of a thought needs a server that streams"]
    assert asked.receipt.degraded == left_out[: len(triggers) - 1]


def test_an_end_without_a_reason_is_an_end(thinking_memory: Memory) -> None:
    """If the upstream says that it is the end, as it would be without a memory."""

    def change(events: list[Any]) -> list[Any]:
        return [one.replace(b'"finish_reason": "stop"', b'"finish_reason": null') for one in events]

    asked = ask(thinking_memory, changed(change), chat())
    text = read_text(asked.body)
    assert (HINT.sub("", text["reasoning"]), text["content"]) == (THINKER.thought, THINKER.answer)
    assert asked.body.endswith(b"data: [DONE]\n\n")


def test_at_the_limit_nothing_is_cut_off(thinking_memory: Memory) -> None:
    """All that was written reaches the client: what a hint would have put aside, too."""

    def respond(path: str, body: dict[str, Any]) -> Streamed:
        answer = vllm.respond(path, body)
        if answer.chunks is not None:
            usage = {"prompt_tokens": 3, "completion_tokens": 8}
            said = {"index": 0, "delta": {"reasoning": THINKER.thought}, "finish_reason": None}
            end = {"index": 0, "delta": {}, "finish_reason": "length"}
            parts = [event({"id": "c", "choices": [one], "usage": usage}) for one in (said, end)]
            answer.chunks = iter([*parts, b"data: [DONE]\n\n"])
        return answer

    vllm = ThinkingVllm(parser=True)
    asked = ask(thinking_memory, FakeTransport(respond), chat(max_tokens=8), triggers=["every"], every_tokens=3)
    assert read_text(asked.body) == {"reasoning": THINKER.thought}
    assert [one["choices"][0]["finish_reason"] for one in read_events(asked.body)] == [None, "length"]
    assert asked.receipt.injections == []


def test_a_call_behind_the_beginning_of_a_mark_is_kept(thinking_memory: Memory) -> None:
    """What was held back for it comes with the call, in one event."""
    call = {"index": 0, "id": "c", "function": {"name": "f", "arguments": "{}"}}

    def respond(path: str, body: dict[str, Any]) -> Streamed:
        answer = vllm.respond(path, body)
        if answer.chunks is not None:
            said = {"index": 0, "delta": {"content": "\n\n"}, "finish_reason": None}
            last = {"index": 0, "delta": {"tool_calls": [call]}, "finish_reason": "tool_calls"}
            answer.chunks = iter([*(event({"id": "c", "choices": [one]}) for one in (said, last)), b"data: [DONE]\n\n"])
        return answer

    vllm = ThinkingVllm()
    asked = ask(thinking_memory, FakeTransport(respond), chat(), triggers=["every"], every_tokens=3)
    *_, last = (one["choices"][0]["delta"] for one in read_events(asked.body))
    assert (read_text(asked.body)["content"], last["tool_calls"]) == ("\n\n", [call])


def test_an_upstream_that_is_busy_ends_no_answer(thinking_memory: Memory) -> None:
    """The thought goes on a little later, without the hint: the client has seen its beginning."""

    def respond(path: str, body: dict[str, Any]) -> Streamed:
        if body.get("stream") and next(streams) in (2, 3):
            return Streamed(429, {"error": {"message": "too many requests"}})
        return vllm.respond(path, body)

    vllm, streams = ThinkingVllm(parser=True), iter(range(1, 10))
    asked = ask(thinking_memory, FakeTransport(respond), chat(), triggers=["every"], every_tokens=3)
    text = read_text(asked.body)
    assert (text["reasoning"], text["content"]) == (f"\n{THINKER.thought}", THINKER.answer)
    assert (next(streams), asked.receipt.injections) == (5, [])
    assert "too many requests" in asked.receipt.degraded[0]
