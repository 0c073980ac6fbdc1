"""Recall in the thought of a chat: what a client reads, and what the upstream is asked."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from midthought import Memory
from midthought.api.proxy.proxy_answer import ProxyReceipt, ProxyWay
from midthought.api.proxy.proxy_mode import ProxyMode
from midthought.api.proxy.thoughts.think import think

from ...stream_server import serve_streams
from .asking import FakeTransport, ask, chat, make_call, make_steps, make_table
from .thinking_servers import HINT, Template, Thinker, ThinkingLlama, ThinkingVllm, read_events, read_text

THINKER = Thinker()


@pytest.fixture
def filled(thinking_memory: Memory) -> Memory:
    """A memory of one entry for the question, and one for its middle."""
    return thinking_memory


def own_text(text: str) -> str:
    """Return what the model wrote of a text with hints."""
    return HINT.sub("", text)


SERVERS: dict[str, tuple[ThinkingVllm, str, str]] = {
    "parser": (ThinkingVllm(parser=True), "reasoning", "chat prefill"),
    "no parser": (ThinkingVllm(), "content", "chat prefill"),
    "parser, opens": (ThinkingVllm(parser=True, template=Template.OPENS), "reasoning", "chat prefill"),
    "no parser, opens": (ThinkingVllm(template=Template.OPENS), "content", "chat prefill"),
    "ids, parser": (ThinkingVllm(parser=True, template=Template.EMPTY_BLOCK), "reasoning", "token ids"),
    "ids, no parser": (ThinkingVllm(template=Template.EMPTY_BLOCK), "content", "token ids"),
    "text": (ThinkingLlama(), "reasoning_content", "text"),  # type: ignore[dict-item]
}


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("name", SERVERS)
def test_the_hint_stands_in_the_thought(filled: Memory, name: str, stream: bool) -> None:
    """In the field of the thought, before its first word and behind its opening, and the rest follows in order."""
    server, field, way = SERVERS[name]
    with serve_streams(server.respond) as upstream:
        asked = ask(filled, upstream.url, chat(stream=stream))
    assert (asked.receipt.way, asked.receipt.why) == (ProxyWay.IN_THOUGHT, way)
    text = read_text(asked.body) if stream else asked.json["choices"][0]["message"]
    opening = "<think>\n" if name in ("no parser", "ids, no parser") else ""
    hint = HINT.search(text[field])
    assert hint is not None
    assert text[field].startswith(opening + hint[0])
    assert "Divide the factorials." in hint[0]
    own = own_text(text[field]).removeprefix(opening)
    if field == "content":
        assert own == THINKER.whole
    else:
        assert (own, text["content"]) == (THINKER.thought, THINKER.answer)
    assert [one.position for one in asked.receipt.injections] == [0]


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("name", SERVERS)
@pytest.mark.parametrize("start", [True, False])
def test_hints_in_the_middle_are_put_in_where_they_are_due(
    filled: Memory, name: str, stream: bool, start: bool
) -> None:
    """Behind the third token of the model, cut there; the next request goes on behind the hint, and all is in order."""
    server, field, way = SERVERS[name]
    triggers = ["start", "every"] if start else ["every"]
    with serve_streams(server.respond) as upstream:
        asked = ask(filled, upstream.url, chat(stream=stream), triggers=triggers, every_tokens=3, recalls=1)
        legs = [body for path, body in upstream.asked if path.endswith("completions") and body.get("stream")]
    assert asked.receipt.why == way
    text = read_text(asked.body) if stream else asked.json["choices"][0]["message"]
    hints = list(HINT.finditer(text[field]))
    assert len(hints) == 1 + start
    assert len(legs) == 2
    own = own_text(text[field]).removeprefix("<think>").removeprefix("\n")
    assert own == (THINKER.whole if field == "content" else THINKER.thought)
    if field != "content":
        assert text["content"] == THINKER.answer
    # A model that opens its thought by itself writes the line break behind the mark too: it counts.
    before = text[field][: hints[-1].start()].removeprefix("<think>\n" if start else "<think>")
    assert THINKER.thought.startswith(own_text(before).removeprefix("\n"))
    assert 0 < len(own_text(before)) <= 9
    assert asked.receipt.injections[-1].position == len(before)


def test_all_events_have_one_id_one_role_and_one_end(filled: Memory) -> None:
    """Over several requests: a client takes them for one answer."""
    server = ThinkingVllm(parser=True)
    with serve_streams(server.respond) as upstream:
        asked = ask(filled, upstream.url, chat(), triggers=["start", "every"], every_tokens=3)
    events = read_events(asked.body)
    assert len({(one["id"], one["created"], one["model"]) for one in events}) == 1
    deltas = [one["choices"][0] for one in events]
    assert sum("role" in one["delta"] for one in deltas) == 1
    assert [one["finish_reason"] for one in deltas if one["finish_reason"]] == ["stop"]
    assert deltas[-1]["finish_reason"] == "stop"
    assert asked.body.endswith(b"data: [DONE]\n\n")
    assert not any("usage" in one for one in events)


def test_usage_counts_the_first_prompt_and_all_that_was_written(filled: Memory) -> None:
    """As the client would have been told by one request; every request stands in the receipt."""
    server = ThinkingVllm(parser=True, reports_cache=True)
    body = chat(stream_options={"include_usage": True})
    with serve_streams(server.respond) as upstream:
        asked = ask(filled, upstream.url, body, triggers=["start", "every"], every_tokens=3, recalls=1)
    usage = read_events(asked.body)[-1]
    first, second = asked.receipt.legs
    assert usage["choices"] == []
    assert usage["usage"]["prompt_tokens"] == first.prompt_tokens
    assert usage["usage"]["completion_tokens"] == first.completion_tokens + second.completion_tokens
    assert usage["usage"]["total_tokens"] == first.prompt_tokens + usage["usage"]["completion_tokens"]
    assert second.prompt_tokens > first.prompt_tokens
    assert second.cached_tokens >= first.prompt_tokens - 1  # its last token joins with what follows


@pytest.mark.parametrize("limit", [9, 9.0, "9"])
def test_the_limit_of_tokens_counts_over_all_requests(filled: Memory, limit: object) -> None:
    """What was written before a hint is no more left behind it, however the number was written."""
    server = ThinkingVllm(parser=True)
    with serve_streams(server.respond) as upstream:
        asked = ask(filled, upstream.url, chat(max_tokens=limit), triggers=["every"], every_tokens=3, recalls=1)
        legs = [body for path, body in upstream.asked if path.endswith("completions") and body.get("stream")]
    assert [one["max_tokens"] for one in legs] == [9, 9 - asked.receipt.legs[0].completion_tokens]
    assert sum(one.completion_tokens for one in asked.receipt.legs) == 9
    assert read_events(asked.body)[-1]["choices"][0]["finish_reason"] == "length"


def test_several_answers_have_the_hint_each(filled: Memory) -> None:
    """With n = 2 the hint stands in both thoughts; recall in the middle needs one, and the receipt says so."""
    server = ThinkingVllm(parser=True)
    with serve_streams(server.respond) as upstream:
        asked = ask(filled, upstream.url, chat(n=2), triggers=["start", "every"], every_tokens=3)
    for index in (0, 1):
        text = read_text(asked.body, index)
        assert len(HINT.findall(text["reasoning"])) == 1
        assert own_text(text["reasoning"]) == THINKER.thought
        assert text["content"] == THINKER.answer
    assert asked.receipt.degraded == ["every left out: recall in the middle of a thought needs n = 1"]


def test_nothing_to_put_in_is_left_to_the_client_s_own_request(memory: Memory) -> None:
    """An empty memory: nothing is sent, and the receipt says why."""
    with serve_streams(ThinkingVllm(parser=True).respond) as upstream:
        asked = ask(memory, upstream.url, chat())
        assert not [body for _, body in upstream.asked if body.get("stream")]
    assert asked.answer is None
    assert asked.receipt.why == "nothing is put in"
    assert asked.receipt.abstained


def test_a_refusal_of_the_first_request_leaves_the_client_s_own(filled: Memory) -> None:
    """Of a message that is continued; the receipt says what the upstream said, and names no entry."""

    def refuse(path: str, body: dict[str, Any]) -> str:
        return "no prefill with tools" if body.get("tools") and body.get("continue_final_message") else ""

    server = ThinkingVllm(parser=True, refuses=refuse)
    with serve_streams(server.respond) as upstream:
        asked = ask(filled, upstream.url, chat(tools=[{"type": "function", "function": {"name": "f"}}]))
    assert asked.answer is None
    assert "no prefill with tools" in asked.receipt.why
    assert (asked.receipt.entries, asked.receipt.injections) == ([], [])


def test_a_busy_upstream_is_answered_with_its_own_bytes(filled: Memory) -> None:
    """A status that says nothing of what was changed is the client's to see."""
    vllm = ThinkingVllm(parser=True)

    def respond(path: str, body: dict[str, Any]) -> Any:
        answer = vllm.respond(path, body)
        if body.get("stream"):
            answer.status, answer.chunks, answer.content = 503, None, {"error": {"message": "busy"}}
        return answer

    with serve_streams(respond) as upstream:
        asked = ask(filled, upstream.url, chat())
    assert asked.answer is not None
    assert (asked.answer.status, asked.json) == (503, {"error": {"message": "busy"}})


def test_a_hint_that_the_upstream_refuses_is_left_out(filled: Memory) -> None:
    """In the middle of the thought: the model goes on with its own words, and the receipt says so."""

    def refuse(path: str, body: dict[str, Any]) -> str:
        last = str(body.get("messages", [{}])[-1].get("content"))
        return "too long" if body.get("stream") and HINT.search(last) else ""

    server = ThinkingVllm(parser=True, refuses=refuse)
    with serve_streams(server.respond) as upstream:
        asked = ask(filled, upstream.url, chat(), triggers=["every"], every_tokens=3)
    text = read_text(asked.body)
    assert (text["reasoning"], text["content"]) == (f"\n{THINKER.thought}", THINKER.answer)
    assert asked.receipt.injections == []
    assert re.search("a hint was left out: .*too long", asked.receipt.degraded[0])


def test_a_thought_that_is_about_to_end_goes_on_behind_a_hint(filled: Memory) -> None:
    """The trigger `stop`: the end that the model wrote is dropped, and written again."""
    for server in (ThinkingVllm(parser=True), ThinkingVllm(), ThinkingVllm(parser=True, template=Template.EMPTY_BLOCK)):
        with serve_streams(server.respond) as upstream:
            asked = ask(filled, upstream.url, chat(), triggers=["stop"], recalls=1)
        text = read_text(asked.body)
        shown = text.get("reasoning", text["content"])
        (hint,) = HINT.finditer(shown)
        assert shown[: hint.start()].removeprefix("<think>") == f"\n{THINKER.thought}"
        assert text["content"].endswith(THINKER.answer)
        assert text["content"].count(THINKER.answer) == 1
        assert asked.receipt.injections[0].position == 1 + len(THINKER.thought)


def test_a_client_that_leaves_closes_the_upstream(filled: Memory) -> None:
    """In the first request and in a later one."""
    endless = Thinker(thought="and so on " * 300)
    transport = FakeTransport(ThinkingVllm(endless, parser=True).respond, lambda whole: iter(whole.splitlines(True)))

    async def leave() -> None:
        call, table = make_call(chat(), triggers=["every"], every_tokens=3, recalls=1), make_table(transport)
        receipt = ProxyReceipt(ProxyMode.ON)
        with ThreadPoolExecutor(1) as executor:
            answer = await think(call, make_steps(filled, call, executor), receipt, table=table)
            assert answer is not None
            async for _ in answer.chunks:
                if receipt.injections:
                    break
            await answer.aclose()
        assert transport.open == 0

    asyncio.run(leave())
    assert transport.left == 2
