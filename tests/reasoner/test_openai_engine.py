"""Completions from a server with an OpenAI-compatible API: a real server in this process that answers as servers do."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from midthought.ingest.language_model import Completion, CompletionRequest, Finish, PromptMessage, Sampling
from midthought.memory.errors import BadSettings, EngineFailed, Unreachable
from midthought.reasoner.engines.model_endpoint import ModelEndpoint, Structured
from midthought.reasoner.engines.openai import OpenAIEngine
from midthought.retrieval.json_endpoint import EndpointAccess

from ..local_server import serve_posts

Reply = tuple[int, bytes, Mapping[str, str]]


def say(text: str | None, **fields: Any) -> Reply:
    """Return an answer with a text, as vLLM words it."""
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop", **fields}
    usage = {"prompt_tokens": 12, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 8}}
    return 200, json.dumps({"choices": [choice], "usage": usage}).encode(), {}


@dataclass
class Server:
    """Answers with what `plan` gives for a request."""

    url: str = ""
    plan: Callable[[dict[str, Any]], Reply] = lambda body: say("yes")
    bodies: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    def answer(self, path: str, authorization: str, body: dict[str, Any]) -> Reply:
        """Note a request, and answer it."""
        self.paths.append(path)
        self.keys.append(authorization)
        self.bodies.append(body)
        return self.plan(body)


@pytest.fixture
def server() -> Iterator[Server]:
    """A server of its own for every test."""
    state = Server()
    with serve_posts(state.answer) as state.url:
        yield state


def make(
    server: Server, *, key: str = "", retries: int = 2, sleeps: list[float] | None = None, **more: Any
) -> OpenAIEngine:
    """Return an engine that does not wait between attempts; its pauses are appended to `sleeps`."""
    pauses = [] if sleeps is None else sleeps
    access = EndpointAccess(server.url, key, 30.0, retries)
    return OpenAIEngine(ModelEndpoint(access, "tiny", **more), sleep=pauses.append)


def ask(text: str, **more: Any) -> CompletionRequest:
    """Return a request of one message."""
    return CompletionRequest((PromptMessage("user", text),), **more)


def answers(engine: OpenAIEngine, *requests: CompletionRequest) -> list[Any]:
    """Return the answers in the order of the requests."""
    return [answer for _, answer in sorted(engine.complete(requests), key=lambda one: one[0])]


def test_an_answer_has_text_tokens_and_an_end(server: Server) -> None:
    """What is sent is the request; what comes back is its text, why it ended, and its tokens with the cached ones."""
    engine = make(server, key="secret")
    (found,) = answers(engine, ask("say yes", sampling=Sampling(0.3, 0.9, 77, seed=5)))
    assert replace(found, seconds=0.0) == Completion("yes", Finish.STOP, 12, 5, 8)
    assert found.seconds > 0
    assert server.bodies == [
        {
            "model": "tiny",
            "messages": [{"role": "user", "content": "say yes"}],
            "max_tokens": 77,
            "temperature": 0.3,
            "top_p": 0.9,
        }
    ]
    assert (server.paths, server.keys) == (["/v1/chat/completions"], ["Bearer secret"])
    assert engine.name == "openai:tiny"


def test_a_seed_is_sent_only_if_told(server: Server) -> None:
    """A seeded long request ends a vLLM server on a CPU."""
    request = ask("a", sampling=Sampling(seed=5))
    answers(make(server, send_seed=True), request)
    assert server.bodies[0]["seed"] == 5


def test_many_requests_run_at_once_and_keep_their_places(server: Server) -> None:
    """Three requests meet in the server before it answers any; each answer stands at the place of its request."""
    together = threading.Barrier(3, timeout=20)

    def plan(body: dict[str, Any]) -> Reply:
        together.wait()
        return say(body["messages"][0]["content"].upper())

    server.plan = plan
    texts = [found.text for found in answers(make(server, concurrency=3), *map(ask, "abcdef"))]
    assert texts == list("ABCDEF")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_refusal_for_now_is_asked_again(server: Server, status: int) -> None:
    """After a pause, as long as the server asks for at least; then the answer is taken."""
    left = [(status, b"busy", {"retry-after": "3"}), (status, b"busy", {})]
    server.plan = lambda body: left.pop(0) if left else say("yes")
    sleeps: list[float] = []
    (found,) = answers(make(server, sleeps=sleeps), ask("a"))
    assert found.text == "yes"
    assert [3.0 <= sleeps[0] <= 3.75, 1.0 <= sleeps[1] <= 1.25, len(sleeps)] == [True, True, 2]


def test_a_server_that_stays_busy_is_one_failed_request(server: Server) -> None:
    """The request that was refused to the end fails alone; the other one is answered."""
    server.plan = lambda body: (503, b"full", {}) if "busy" in body["messages"][0]["content"] else say("yes")
    failed, found = answers(make(server), ask("busy"), ask("a"))
    assert isinstance(failed, Unreachable)
    assert "status 503: full" in str(failed)
    assert found.text == "yes"
    assert len(server.bodies) == 4


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_request_that_cannot_succeed_is_not_repeated(server: Server, status: int) -> None:
    """A prompt that is too long stays too long: it is asked once, and its error repeats what the server says."""
    server.plan = lambda body: (status, b'{"error": {"message": "the prompt has 5000 tokens"}}', {})
    (failed,) = answers(make(server), ask("a"))
    assert isinstance(failed, EngineFailed)
    assert "5000 tokens" in str(failed)
    assert len(server.bodies) == 1


@pytest.mark.parametrize("status", [401, 403, 404])
def test_what_no_request_can_avoid_is_raised(server: Server, status: int) -> None:
    """A refused key or an unknown model ends the call, with the settings that are wrong; the key is not shown."""
    server.plan = lambda body: (status, b"no: secret", {})
    with pytest.raises(BadSettings, match=r"status \d+: no: \*+; see the settings 'model'") as caught:
        answers(make(server, key="secret"), ask("a"))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "body", [b"<html>busy</html>", b"{}", b'{"choices": []}', b'{"choices": [{"message": {"content": 7}}]}']
)
def test_nonsense_is_a_failed_request(server: Server, body: bytes) -> None:
    """An answer that is no completion is an error that shows its beginning."""
    server.plan = lambda _: (200, body, {})
    (failed,) = answers(make(server), ask("a"))
    assert isinstance(failed, EngineFailed)
    assert body[:10].decode() in str(failed)


def test_what_the_model_thought_is_no_part_of_its_answer(server: Server) -> None:
    """A thought before the answer is cut off, whether the server sends it in the text or beside it."""
    texts = iter(["<think>\nlet me see\n</think>\n\nIt is 4.", None, "<think>and on and on"])
    server.plan = lambda body: say(next(texts), finish_reason="length")
    found = answers(make(server, concurrency=1), ask("a"), ask("b"), ask("c"))
    assert [one.text for one in found] == ["It is 4.", "", ""]
    assert {one.finish for one in found} == {Finish.LENGTH}


@pytest.mark.parametrize(
    ("message", "finish", "text"),
    [
        ({"content": "4", "reasoning_content": "2 and 2"}, "stop", "<think>\n2 and 2\n</think>\n\n4"),
        ({"content": "4", "reasoning": "2 and 2"}, "stop", "<think>\n2 and 2\n</think>\n\n4"),
        ({"content": None, "reasoning": "2 and"}, "length", "<think>\n2 and"),
        ({"content": "", "reasoning": "2 and 2"}, "stop", "<think>\n2 and 2\n</think>"),
        ({"content": "<think>2 and 2</think>4"}, "stop", "<think>2 and 2</think>4"),
        ({"content": "4"}, "stop", "4"),
    ],
)
def test_a_thought_is_shown_where_it_is_wanted(server: Server, message: dict[str, Any], finish: str, text: str) -> None:
    """Whether a parser of the server set it apart or not; one that ran out of tokens stays open."""
    server.plan = lambda body: say(None, message={"role": "assistant", **message}, finish_reason=finish)
    (shown,) = answers(make(server), ask("2 + 2?", shows_thought=True))
    assert shown.text == text


@pytest.mark.parametrize("reason", ["abort", "content_filter", "error"])
def test_an_answer_that_was_given_up_is_none(server: Server, reason: str) -> None:
    """What had been written before is no answer."""
    server.plan = lambda body: say("The first half", finish_reason=reason)
    (given_up,) = answers(make(server), ask("2 + 2?"))
    assert isinstance(given_up, EngineFailed)
    assert f"the server gave up the answer: {reason}" in str(given_up)


@pytest.mark.parametrize("reason", ["length", "max_tokens", "model_length"])
def test_an_answer_that_was_cut_says_so(server: Server, reason: str) -> None:
    """Whatever a server calls it."""
    server.plan = lambda body: say("The first half", finish_reason=reason)
    (cut,) = answers(make(server), ask("2 + 2?"))
    assert isinstance(cut, Completion)
    assert cut.finish is Finish.LENGTH


def test_a_request_for_the_thought_is_another_request() -> None:
    """What is kept without its thought does not answer it, and the ids of other requests stay as they are."""
    plain, shown = ask("2 + 2?"), ask("2 + 2?", shows_thought=True)
    assert plain.digest("m") != shown.digest("m")


def test_a_constraint_counts_only_if_it_binds(server: Server) -> None:
    """A server that takes a schema in silence and answers in words cannot constrain; a setting overrides the trial."""
    server.plan = lambda body: say("The sea is blue.")
    assert make(server).can_constrain is False
    assert server.bodies[0]["response_format"]["type"] == "json_schema"
    assert make(server, structured=Structured.ON).can_constrain is True
    server.plan = lambda body: say('{"n": 7}')
    assert make(server).can_constrain is True
    assert make(server, structured=Structured.OFF).can_constrain is False


def test_giving_up_breaks_off_what_is_asked(server: Server) -> None:
    """Closing the answers ends the requests that are under way, and the engine can be asked again."""
    hold, arrived = threading.Event(), threading.Event()

    def plan(body: dict[str, Any]) -> Reply:
        if body["messages"][0]["content"] == "slow":
            arrived.set()
            hold.wait(20)
        return say("yes")

    server.plan = plan
    engine = make(server, concurrency=1)
    stream = engine.complete([ask("quick"), ask("slow"), ask("never")])
    assert next(stream)[0] == 0
    arrived.wait(20)
    stream.close()
    assert [body["messages"][0]["content"] for body in server.bodies] == ["quick", "slow"]
    assert answers(engine, ask("again"))[0].text == "yes"
    hold.set()


def test_it_needs_a_url_and_a_model(server: Server) -> None:
    """Both settings are named, and a key that no header can hold is refused."""
    with pytest.raises(BadSettings, match="'model_url' and 'model'"):
        OpenAIEngine(ModelEndpoint(EndpointAccess(""), "tiny"))
    with pytest.raises(BadSettings, match="'model_key'"):
        make(server, key="ключ")


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ({"prompt_tokens": -5, "completion_tokens": "many"}, (0, 0, 0)),
        ({"prompt_tokens": 10, "prompt_tokens_details": {"cached_tokens": 99}}, (10, 10, 0)),
        ({"prompt_tokens": 1e400, "completion_tokens": 10**20}, (0, 0, 0)),
        ({"prompt_tokens": 7.0, "completion_tokens": True, "prompt_tokens_details": []}, (7, 0, 0)),
        (["none"], (0, 0, 0)),
        (None, (0, 0, 0)),
    ],
)
def test_odd_numbers_of_tokens_cost_no_answer(server: Server, usage: Any, tokens: tuple[int, int, int]) -> None:
    """What is no count is 0, and no more is cached than was read: a budget is neither switched off nor broken."""
    answer = {"choices": [{"message": {"content": "yes"}}], "usage": usage}
    server.plan = lambda _: (200, json.dumps(answer).encode(), {})
    (found,) = answers(make(server), ask("a"))
    assert (found.text, (found.tokens_in, found.tokens_cached, found.tokens_out)) == ("yes", tokens)
