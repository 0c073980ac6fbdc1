"""What an upstream can do is asked once, and believed only if it shows."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from midthought.api.proxy.thoughts.ability_table import AbilityTable, AbilityTimes
from midthought.api.proxy.thoughts.upstream_abilities import UpstreamAbilities
from midthought.api.proxy.upstream import Upstream

from ...reasoner.fake_servers import FakeHosted
from ...stream_server import Streamed
from .asking import FakeTransport
from .thinking_servers import Template, ThinkingLlama, ThinkingVllm

Respond = Callable[[str, dict[str, Any]], Streamed]


async def find(table: AbilityTable, model: str = "model", **body: Any) -> tuple[UpstreamAbilities | None, str]:
    """Ask the table."""
    return await table.find(model, body, [("authorization", "Bearer caller")])


def found_of(respond: Respond, **body: Any) -> tuple[UpstreamAbilities, FakeTransport]:
    """Return what is found of a server, and what it was asked."""
    transport = FakeTransport(respond)

    async def run() -> UpstreamAbilities:
        found, why = await find(AbilityTable(Upstream("http://upstream", transport=transport)), **body)
        assert found is not None, why
        return found

    return asyncio.run(run()), transport


@pytest.mark.parametrize("parser", [True, False])
@pytest.mark.parametrize("template", [Template.PLAIN, Template.OPENS])
def test_a_chat_that_is_continued_is_proven_by_its_tokens(parser: bool, template: Template) -> None:
    """Those of the prompt, of the opening, and of the text; a small answer shows where the thought comes."""
    found, _ = found_of(ThinkingVllm(parser=parser, template=template).respond)
    assert (found.no_prefill, found.no_ids, found.why_none) == ("", "", "")
    assert found.thinking.name == "think"
    assert found.thought_field == ("reasoning" if parser else "content")
    assert found.opened is (template is Template.OPENS)
    assert found.opening == "<think>\n"
    assert found.window == 4096


def test_a_template_that_puts_an_empty_thought_before_it_is_not_believed() -> None:
    """The prompt would say that the thought is over; ids are taken."""
    found, _ = found_of(ThinkingVllm(parser=True, template=Template.EMPTY_BLOCK).respond)
    assert "writes something else" in found.no_prefill
    assert (found.no_ids, found.thought_field) == ("", "reasoning")


def test_a_server_that_takes_the_fields_and_ignores_them_is_not_believed() -> None:
    """It reads another number of tokens than its tokeniser says."""
    vllm = ThinkingVllm(parser=True)

    def respond(path: str, body: dict[str, Any]) -> Streamed:
        return vllm.respond(path, body if path == "/tokenize" else {**body, "continue_final_message": False})

    found, _ = found_of(respond)
    assert "tokens were read as" in found.no_prefill
    assert found.no_ids == ""


def test_a_refusal_of_the_prefill_is_told() -> None:
    """In the words of the server."""

    def refuse(path: str, body: dict[str, Any]) -> str:
        return "no prefill here" if "chat" in path and body.get("continue_final_message") else ""

    found, _ = found_of(ThinkingVllm(parser=True, refuses=refuse).respond)
    assert "no prefill here" in found.no_prefill


def test_llama_cpp_completes_what_its_template_wrote() -> None:
    """It continues no message while thinking is on."""
    found, _ = found_of(ThinkingLlama().respond)
    assert found.no_prefill
    assert found.no_ids
    assert found.no_text == ""
    assert (found.opened, found.thought_field) == (True, "reasoning_content")


def test_a_template_that_opens_a_thought_shows_the_format() -> None:
    """Though the marks are no tokens of the model, and the server sets no thought apart."""
    llama = ThinkingLlama()

    def respond(path: str, body: dict[str, Any]) -> Streamed:
        if path == "/tokenize":
            return Streamed(content={"tokens": list(range(len(body.get("content", ""))))})
        answer = llama.respond(path, body)
        if path == "/v1/completions":
            answer.content["usage"]["prompt_tokens"] = len(body["prompt"])
        if path == "/v1/chat/completions":
            answer.content["choices"][0]["message"] = {"role": "assistant", "content": "I add."}
        return answer

    found, _ = found_of(respond)
    assert (found.thinking.name, found.opened, found.thought_field, found.no_text) == ("think", True, "content", "")


def test_a_hosted_model_is_asked_for_no_token() -> None:
    """Without a tokeniser and a template nothing can be proven, and an answer would cost."""
    found, transport = found_of(FakeHosted().respond)
    assert "neither /tokenize" in found.why_none
    assert {path for path, _ in transport.asked} == {"/tokenize", "/apply-template"}


def test_requests_that_come_together_ask_once() -> None:
    """And those that come later do not ask at all; another template is another question."""
    transport = FakeTransport(ThinkingVllm(parser=True).respond)

    async def run() -> list[int]:
        table = AbilityTable(Upstream("http://upstream", transport=transport))
        await asyncio.gather(*(find(table) for _ in range(20)))
        counts = [len(transport.asked)]
        await find(table)
        counts.append(len(transport.asked))
        await find(table, chat_template_kwargs={"enable_thinking": True})
        return [*counts, len(transport.asked)]

    once, again, other = asyncio.run(run())
    alone = len(found_of(ThinkingVllm(parser=True).respond)[1].asked)
    assert once == again == alone
    assert other == 2 * alone


class Clock:
    """A time that passes when it is told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_it_is_asked_again_after_a_failure_and_after_some_time() -> None:
    """A server that says nothing does not lose what was known; a request never waits longer than it may."""
    clock = Clock()
    vllm = ThinkingVllm(parser=True)
    state = {"status": 503}

    def respond(path: str, body: dict[str, Any]) -> Streamed:
        return vllm.respond(path, body) if state["status"] == 200 else Streamed(state["status"], {})

    async def run() -> None:
        upstream = Upstream("http://upstream", transport=FakeTransport(respond))
        table = AbilityTable(upstream, AbilityTimes(wait=5.0, fresh=600.0, retry=20.0), clock=clock)
        found, why = await find(table)
        assert found is None
        assert "status 503" in why
        state["status"] = 200
        assert (await find(table))[0] is None  # not yet
        clock.now = 20.0
        assert (await find(table))[0] is not None
        clock.now, state["status"] = 620.0, 503
        assert (await find(table))[0] is not None
        await asyncio.sleep(0.05)
        assert (await find(table))[0] is not None

    asyncio.run(run())


class Guarded(FakeTransport):
    """A server that refuses one key below a path, as vLLM's does below /v1."""

    def __init__(self, status: int, below: str) -> None:
        super().__init__(ThinkingVllm(parser=True).respond)
        self.status, self.below, self.refused = status, below, 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Refuse, or answer."""
        if request.headers["authorization"] == "Bearer wrong" and request.url.path.startswith(self.below):
            self.refused += 1
            return httpx.Response(self.status, json={"error": "no"})
        return await super().handle_async_request(request)


@pytest.mark.parametrize("below", ["/", "/v1/"])
@pytest.mark.parametrize("status", [401, 403, 404, 429, 503])
def test_a_refusal_of_one_caller_is_none_of_others(status: int, below: str) -> None:
    """The next one asks with its own key at once; the refused one asks seldom, and has what another was shown."""
    clock, transport = Clock(), Guarded(status, below)

    async def run() -> None:
        upstream = Upstream("http://upstream", transport=transport)
        table = AbilityTable(upstream, AbilityTimes(wait=5.0, fresh=600.0, retry=20.0), clock=clock)
        wrong, right = ([("authorization", f"Bearer {key}")] for key in ("wrong", "right"))
        told, why = await table.find("model", {}, wrong)
        assert why or (told is not None and told.why_none)
        once = transport.refused
        await table.find("model", {}, wrong)
        assert transport.refused == once > 0
        clock.now = 20.0
        await table.find("model", {}, wrong)
        await asyncio.sleep(0.05)
        assert transport.refused == 2 * once
        found, why = await table.find("model", {}, right)
        assert (found is not None and found.no_prefill, why) == ("", "")
        assert await table.find("model", {}, wrong) == (found, "")
        clock.now = 640.0  # what was found is asked for again, by the wrong one
        await table.find("model", {}, wrong)
        await asyncio.sleep(0.05)
        assert transport.refused == 3 * once
        assert (await table.find("model", {}, right))[0] == found
        await table.aclose()

    asyncio.run(run())


def test_a_slow_server_is_not_waited_for() -> None:
    """The request goes on without; what is found later counts for the next one."""
    waiting = asyncio.Event()

    class Slow(FakeTransport):
        async def handle_async_request(self, request: Any) -> Any:
            await waiting.wait()
            return await super().handle_async_request(request)

    async def run() -> None:
        upstream = Upstream("http://upstream", transport=Slow(ThinkingVllm(parser=True).respond))
        table = AbilityTable(upstream, AbilityTimes(wait=0.01))
        found, why = await find(table)
        assert found is None
        assert "still being asked" in why
        waiting.set()
        while (await find(table))[0] is None:
            await asyncio.sleep(0.01)
        await table.aclose()

    asyncio.run(run())


def test_nonsense_is_no_ability() -> None:
    """Whatever a server sends, the requests go on."""
    for content in ([], {"tokens": "x"}, {"tokens": [1, "x"]}, "text", {"tokens": [1], "choices": 3}):
        transport = FakeTransport(lambda path, body, content=content: Streamed(200, content))  # type: ignore[misc]

        async def run(transport: FakeTransport = transport) -> None:
            found, why = await find(AbilityTable(Upstream("http://upstream", transport=transport)))
            assert why or (found is not None and found.why_none)

        asyncio.run(run())


def test_a_template_is_not_kept_with_what_was_found() -> None:
    """A client may send one of any length, and another each time."""

    async def run() -> AbilityTable:
        table = AbilityTable(Upstream("http://upstream", transport=FakeTransport(FakeHosted().respond)))
        for number in range(3):
            await find(table, chat_template=f"{number}" + "x" * 100_000)
        await table.aclose()
        return table

    table = asyncio.run(run())
    assert max(len(key) for key in table._models) < 100
    assert len(table._models) == 3


def told_with(thinking: str, respond: Respond) -> UpstreamAbilities:
    """Return what is found of a server if the setting `thinking` is given."""

    async def run() -> UpstreamAbilities | None:
        upstream = Upstream("http://upstream", transport=FakeTransport(respond))
        return (await find(AbilityTable(upstream, thinking=thinking)))[0]

    found = asyncio.run(run())
    assert found is not None
    return found


@pytest.mark.parametrize(("thinking", "opening"), [("seed", "<seed:think>"), ("none", "")])
def test_the_setting_says_how_the_model_thinks(thinking: str, opening: str) -> None:
    """Whatever its tokens would show; that it can be continued is still proven."""
    found = told_with(thinking, ThinkingVllm(parser=True).respond)
    assert (found.thinking.name, found.opening.strip()) == (thinking, opening)


@pytest.mark.parametrize("thinking", ["auto", "think", "none"])
def test_a_server_without_a_tokeniser_is_the_reason_whatever_the_setting(thinking: str) -> None:
    """No setting changes what such a server lacks: none is named."""
    told = told_with(thinking, FakeHosted().respond).why_none
    assert "neither /tokenize for messages nor /apply-template" in told
    assert "thinking" not in told


def test_a_setting_that_says_none_is_named_as_what_it_is() -> None:
    """It is not called unknown, and not asked for once more."""
    assert "'thinking' is none" in told_with("none", ThinkingVllm(parser=True).respond).why_none
