"""The whole proxy before a server whose model thinks: a client's request, the hint in the thought, the run."""

import json
from typing import Any

import httpx
import pytest

from midthought.api.python.memory import Memory

from ...stream_server import serve_streams
from ..test_reason_rest import ARRANGE
from .proxy_place import serve_proxy
from .test_proxy_memory import last_run
from .thinking_servers import HINT, Template, Thinker, ThinkingVllm

QUESTION = "In how many ways can the letters of LEVEL be arranged?"
CHAT = "/v1/chat/completions"
THINKER = Thinker()


def ask(stream: bool, **more: Any) -> dict[str, Any]:
    """A chat."""
    return {"model": "m", "messages": [{"role": "user", "content": QUESTION}], "stream": stream, **more}


def read(answer: httpx.Response) -> tuple[str, str, dict[str, Any]]:
    """Thought, answer and receipt of a chat, streamed or not."""
    if answer.headers["content-type"].startswith("application/json"):
        record = answer.json()
        message = record["choices"][0]["message"]
        return message["reasoning"], message["content"], record["midthought"]
    data = [one.removeprefix("data: ") for one in answer.text.split("\n\n") if one.startswith("data: {")]
    chunks = [json.loads(one) for one in data]
    deltas = [one["choices"][0]["delta"] for one in chunks if one["choices"]]
    (receipt,) = (one["midthought"] for one in chunks if "midthought" in one)
    thought, said = ("".join(one.get(name) or "" for one in deltas) for name in ("reasoning", "content"))
    return thought, said, receipt


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("template", [Template.PLAIN, Template.OPENS, Template.EMPTY_BLOCK])
def test_a_hint_stands_in_the_thought(home_memory: Memory, template: Template, stream: bool) -> None:
    """In the field that the server uses; the thought and the answer are whole, and the run says what was put in."""
    model = ThinkingVllm(parser=True, template=template)
    with serve_streams(model.respond) as upstream, serve_proxy(home_memory, upstream.url) as proxy:
        answer = httpx.post(proxy.url + CHAT, json=ask(stream))
        thought, said, receipt = read(answer)
        run = last_run(home_memory, receipt["run"])
    (hint,) = HINT.findall(thought)
    assert ARRANGE.body in hint
    assert HINT.sub("", thought).removeprefix("\n") == THINKER.thought
    assert said == THINKER.answer
    assert (receipt["way"], receipt["degraded"]) == ("in-thought", [])
    assert [(one["position"], one["trigger"]) for one in receipt["injections"]] == [(0, "start")]
    assert receipt["legs"][0]["completion_tokens"] == run.tokens > 0
    assert (run.arm, [one.role.value for one in run.entries]) == ("in-thought", ["injected"])


def test_a_later_trigger_is_a_run_of_two_legs(home_memory: Memory) -> None:
    """The hint stands where the thought had that many words; its place is recorded."""
    options = {"triggers": ["every"], "every_tokens": 3, "later_margin": 0.0}
    model = ThinkingVllm(parser=True, template=Template.OPENS)
    with serve_streams(model.respond) as upstream, serve_proxy(home_memory, upstream.url) as proxy:
        _, said, receipt = read(httpx.post(proxy.url + CHAT, json=ask(True, midthought=options)))
        run = last_run(home_memory, receipt["run"])
    assert said == THINKER.answer
    assert [one["trigger"] for one in receipt["injections"]] == ["every"]
    assert len(receipt["legs"]) == 2
    (entry,) = run.entries
    assert (entry.role.value, entry.position) == ("injected", receipt["injections"][0]["position"])
    assert entry.position > 0


@pytest.mark.parametrize(
    ("more", "way"),
    [
        ({"response_format": {"type": "json_object"}}, "hint-first"),
        ({"tool_choice": "required"}, "hint-first"),
        ({"chat_template_kwargs": {"enable_thinking": False}}, "hint-first"),
        ({"reasoning_effort": "none"}, "hint-first"),
        ({"max_completion_tokens": 9.5}, "hint-first"),  # no server reads it as a number of tokens
    ],
)
def test_a_prescribed_answer_has_its_hint_before_the_thought(home_memory: Memory, more: Any, way: str) -> None:
    """A prefill would come under the constraint, and a limit that is no number cannot be shared by two requests."""
    model = ThinkingVllm(parser=True, template=Template.OPENS)
    with serve_streams(model.respond) as upstream, serve_proxy(home_memory, upstream.url) as proxy:
        *_, receipt = read(httpx.post(proxy.url + CHAT, json=ask(False, **more)))
    assert receipt["way"] == way
    assert next(iter(more)) in receipt["why"] or receipt["why"] == "thinking is off"


def test_a_memory_without_a_hint_leaves_the_thought_alone(home_memory: Memory) -> None:
    """Nothing found is said; the run is one of recall in the thought all the same."""
    model = ThinkingVllm(parser=True, template=Template.OPENS)
    options = {"exclude_question": QUESTION, "triggers": ["start"]}
    (entry,) = home_memory.list_entries()
    home_memory.forget(entry.id)
    with serve_streams(model.respond) as upstream, serve_proxy(home_memory, upstream.url) as proxy:
        thought, said, receipt = read(httpx.post(proxy.url + CHAT, json=ask(True, midthought=options)))
        run = last_run(home_memory, receipt["run"])
    assert (thought, said) == (THINKER.thought, THINKER.answer)
    assert (receipt["way"], receipt["injections"]) == ("none", [])
    assert receipt["abstained"]
    assert (run.arm, run.entries) == ("in-thought", ())


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"tool_choice": "required"}, "a tool must be called (tool_choice)"),
        ({"echo": True}, "the request asks for its prompt (echo)"),
    ],
)
def test_triggers_without_a_thought_are_said_to_be_left_out(
    home_memory: Memory, more: dict[str, Any], why: str
) -> None:
    """With their names and the reason; the start is not among them."""
    options = {"triggers": ["start", "boundary", "every"]}
    model = ThinkingVllm(parser=True)
    with serve_streams(model.respond) as upstream, serve_proxy(home_memory, upstream.url) as proxy:
        _, _, receipt = read(httpx.post(proxy.url + CHAT, json=ask(False, midthought=options, **more)))
    assert receipt["degraded"] == [f"boundary, every left out: there is no recall in the thought: {why}"]
