"""A chat as completions of token ids, and completions whose prompt opens a thought."""

from typing import Any

import pytest

from midthought import Memory
from midthought.api.proxy.thoughts.chat_shape import chat_id
from midthought.api.proxy.thoughts.id_legs import why_not_plain

from .asking import QUESTION, FakeTransport, ask, chat
from .thinking_servers import HINT, TURN, Template, Thinker, ThinkingLlama, ThinkingVllm, read_events, read_text

THINKER = Thinker()
PROMPT = f"<|im_start|>user\n{QUESTION}<|im_end|>\n{TURN}<think>\n"


def ids_server(**more: Any) -> tuple[ThinkingVllm, FakeTransport]:
    """A server whose template lets no message be continued."""
    server = ThinkingVllm(parser=True, template=Template.EMPTY_BLOCK, **more)
    return server, FakeTransport(server.respond)


def legs_of(transport: FakeTransport) -> list[dict[str, Any]]:
    """The requests that answered."""
    return [body for path, body in transport.asked if path.endswith("completions") and body.get("stream")]


def test_every_request_begins_with_the_ids_of_the_one_before(thinking_memory: Memory) -> None:
    """Those that it read and those that it wrote: nothing is tokenised again, so that a cache keeps them."""
    server, transport = ids_server()
    asked = ask(thinking_memory, transport, chat(), triggers=["start", "every"], every_tokens=3)
    first, second, third = (body["prompt"] for body in legs_of(transport))
    assert second[: len(first)] == first
    assert third[: len(second)] == second
    texts = [server.tokenizer.decode(ids) for ids in (first, second, third)]
    thought = read_text(asked.body)["reasoning"]
    chat_prompt = texts[0][: texts[0].index(TURN) + len(TURN)]
    ends = [one.end() for one in HINT.finditer(thought)]
    assert texts == [f"{chat_prompt}<think>\n{thought[:end]}" for end in ends]


def test_what_a_chat_says_of_drawing_is_said_of_the_completion(thinking_memory: Memory) -> None:
    """Sampling, stop strings and limits; without a limit there is as much room as in a chat."""
    _, transport = ids_server()
    ask(thinking_memory, transport, chat(temperature=0.5, top_p=0.9, stop=["@"], max_completion_tokens=40))
    (body,) = legs_of(transport)
    wanted = {"temperature": 0.5, "top_p": 0.9, "stop": ["@"], "max_tokens": 40, "model": "model"}
    assert {name: body[name] for name in wanted} == wanted
    assert "messages" not in body
    _, transport = ids_server()
    ask(thinking_memory, transport, chat())
    (body,) = legs_of(transport)
    assert body["max_tokens"] == 4096 - len(body["prompt"])


@pytest.mark.parametrize(
    "change",
    [
        {"tools": [{"type": "function"}]},
        {"logprobs": True},
        {"n": 2},
        {"prompt_logprobs": 1},
        {"unknown_field": 1},
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]},
    ],
)
def test_what_only_a_chat_can_do_is_not_done_by_ids(thinking_memory: Memory, change: dict[str, Any]) -> None:
    """No field is lost in silence: the request has its hint before the thought, and the receipt says why."""
    _, transport = ids_server()
    asked = ask(thinking_memory, transport, chat(**change))
    assert asked.answer is None
    assert legs_of(transport) == []
    (name,) = change
    assert repr("image_url" if name == "messages" else name) in asked.receipt.why


def test_neutral_values_are_plain() -> None:
    """As clients send them though they mean nothing."""
    body = chat(n=1, logprobs=False, tools=[], tool_choice="auto", response_format={"type": "text"}, user=None)
    assert why_not_plain(body) == ""


def test_the_shape_is_that_of_a_chat(thinking_memory: Memory) -> None:
    """Ids, objects, a role, a reason for the end, usage."""
    _, transport = ids_server()
    events = read_events(ask(thinking_memory, transport, chat(stream_options={"include_usage": True})).body)
    assert {one["object"] for one in events} == {"chat.completion.chunk"}
    assert len({one["id"] for one in events}) == 1
    assert events[0]["id"].startswith("chatcmpl-")
    assert events[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert events[-1]["choices"] == []
    assert events[-1]["usage"]["completion_tokens"] > 0
    assert not any("usage" in one for one in events[:-1])
    _, transport = ids_server()
    whole = ask(thinking_memory, transport, chat(stream=False)).json
    assert whole["object"] == "chat.completion"
    assert whole["choices"][0]["finish_reason"] == "stop"
    assert whole["usage"]["completion_tokens"] == events[-1]["usage"]["completion_tokens"]


def test_a_thought_that_is_not_opened_is_where_the_server_s_parser_would_put_it(thinking_memory: Memory) -> None:
    """A parser takes all before the closing mark for the thought, whoever opened it."""
    _, transport = ids_server(write=lambda prompt, seed: THINKER(prompt, seed).removeprefix("<think>\n"))
    asked = ask(thinking_memory, transport, chat(), triggers=["every"], every_tokens=500)
    assert read_text(asked.body) == {"reasoning": THINKER.thought, "content": THINKER.answer}


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("as_ids", [True, False])
@pytest.mark.parametrize("triggers", [["start"], ["start", "every"]])
def test_a_completion_that_opens_a_thought_is_gone_on_with(
    thinking_memory: Memory, as_ids: bool, stream: bool, triggers: list[str]
) -> None:
    """As text or as ids; the hint is a part of the text, and no field is there that was not asked for."""
    server = ThinkingVllm()
    transport = FakeTransport(server.respond)
    prompt = server.tokenizer.encode(PROMPT) if as_ids else PROMPT
    body = {"model": "model", "prompt": prompt, "max_tokens": 500, "stream": stream}
    asked = ask(thinking_memory, transport, body, path="/v1/completions", triggers=triggers, every_tokens=4)
    text = read_text(asked.body)["text"] if stream else asked.json["choices"][0]["text"]
    assert asked.receipt.why == "opened completion"
    assert HINT.sub("", text) == THINKER.whole
    hints = [one.start() for one in HINT.finditer(text)]
    assert hints == [one.position for one in asked.receipt.injections]
    assert (len(hints) > 1) is ("every" in triggers)
    assert b'"token_ids"' not in asked.body


def test_an_id_is_one_of_a_chat() -> None:
    """VLLM's completions have ids of their own, llama.cpp's do not."""
    assert [chat_id(one) for one in ("cmpl-7", "chatcmpl-7", None)] == ["chatcmpl-7", "chatcmpl-7", "chatcmpl-"]


def test_a_completion_of_llama_cpp_is_gone_on_with(thinking_memory: Memory) -> None:
    """It needs nothing that the server does not have."""
    transport = FakeTransport(ThinkingLlama().respond)
    body = {"model": "model", "prompt": PROMPT, "stream": True}
    asked = ask(thinking_memory, transport, body, path="/v1/completions", triggers=["every"], every_tokens=4)
    assert HINT.sub("", read_text(asked.body)["text"]) == THINKER.whole
    assert {path for path, _ in transport.asked} == {"/v1/completions"}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"prompt": "2 and 2 is"}, "does not end in an opened thought"),
        ({"prompt": [PROMPT, PROMPT]}, "not one prompt"),
        ({"prompt": 3}, "not one prompt"),
        ({"prompt": PROMPT, "echo": True}, "not only continued"),
        ({"prompt": PROMPT, "suffix": "."}, "not only continued"),
    ],
)
def test_other_completions_are_left_alone(thinking_memory: Memory, change: dict[str, Any], why: str) -> None:
    """The receipt says why."""
    transport = FakeTransport(ThinkingVllm().respond)
    asked = ask(thinking_memory, transport, {"model": "model", **change}, path="/v1/completions")
    assert asked.answer is None
    assert why in asked.receipt.why
    assert legs_of(transport) == []
