"""Thinking through the service over a socket: the clients, callers that go away, limits, heartbeats, threads."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from midthought.api.operations.recall import Recall
from midthought.api.operations.thought_json import ThoughtFailed
from midthought.api.python.async_client import AsyncClient
from midthought.api.python.client import Client
from midthought.api.python.memory import Memory
from midthought.api.rest.reason import write_stream
from midthought.api.rest.running_thoughts import AHEAD, RunningThoughts
from midthought.memory.errors import BadInput, BadSettings, EngineFailed, NotFound, Unreachable
from midthought.reasoner.engines.scripted import ScriptedEngine, make_demo_engine
from midthought.reasoner.spans.segments import Segment, SegmentKind
from midthought.reasoner.spans.span_settings import SpanMode, SpanSettings
from midthought.reasoner.thought.events import QueryToken, QuoteChecked, ThinkEvent
from midthought.reasoner.thought.in_thought import last_run
from midthought.reasoner.thought.think_settings import ThinkSettings
from midthought.reasoner.thought.thought_prompts import ThoughtPrompts

from .test_reason_rest import remember
from .thinking import REASON, EndlessEngine, FailingEngine, messages_of, on_socket, plain, thinking_app, until

QUESTION = "How many anagrams has LEVEL?"


@pytest.fixture
def lay(lay_store: Callable[[Path], Path], tmp_path: Path) -> Callable[[Any], Memory]:
    """Opens a memory of one entry with an engine."""
    return lambda engine: remember(lay_store(tmp_path / "memory"), engine)


def test_both_clients_yield_the_events_of_the_library(lay: Callable[[Any], Memory]) -> None:
    """Of the same classes, with the same fields, settings and texts that may be quoted."""
    think = ThinkSettings(samples=2, procedures=1, temperature=0.9, seed=4, spans=SpanSettings(SpanMode.VERIFY))
    texts = [Segment("birds", "Swans are white.")]

    async def asked(url: str) -> list[ThinkEvent]:
        async with AsyncClient(url) as client:
            return [one async for one in client.reason(QUESTION, settings=think, context=texts)]

    with lay(make_demo_engine) as memory, on_socket(thinking_app(memory)) as url, Client(url) as client:
        here = list(memory.reason(QUESTION, settings=think, context=texts))
        there = list(client.reason(QUESTION, settings=think, context=texts))
        awaited = asyncio.run(asked(url))
        assert len(memory.runs()) == 3
    assert any(isinstance(one, QuoteChecked) for one in here)
    assert plain(there) == plain(awaited) == plain(here)


def test_clients_raise_what_the_service_ended_with(lay: Callable[[Any], Memory]) -> None:
    """Errors before the first event and in mid-stream are of the classes that the library raises."""
    with lay(FailingEngine(EngineFailed("the server died"), words=3)) as memory, on_socket(thinking_app(memory)) as url:
        with Client(url) as client:
            events = client.reason(QUESTION)
            assert [isinstance(next(iter(events)), QueryToken) for _ in range(4)] == [False, True, True, True]
            with pytest.raises(EngineFailed, match="the server died"):
                next(iter(events))
            with pytest.raises(NotFound, match="typo"):
                list(client.reason(QUESTION, namespace="typo"))
            with pytest.raises(BadInput, match="branches must be <= 32 at this service"):
                list(client.reason(QUESTION, settings=ThinkSettings(samples=40)))
            with pytest.raises(BadInput, match=r"a service decides about prompts\.cue"):
                list(client.reason(QUESTION, settings=ThinkSettings(prompts=ThoughtPrompts(cue="So,"))))
            with pytest.raises(BadInput, match="birds: a service takes texts with an id and nothing else"):
                list(client.reason(QUESTION, context=[Segment("birds", "x", SegmentKind.ENTRY)]))
        with pytest.raises(BadInput, match="the question is empty"):
            asyncio.run(anext(AsyncClient(url).reason(" ")))


def test_a_service_without_an_engine_is_bad_settings_for_a_client(lay: Callable[[Any], Memory]) -> None:
    """In the words of the service; an engine of this process still thinks with its memory."""
    with lay(None) as memory, on_socket(thinking_app(memory)) as url, Client(url) as client:
        with pytest.raises(BadSettings, match="has no engine"):
            list(client.reason(QUESTION))
        assert last_run(client.reason(QUESTION, engine=make_demo_engine())).answer == "42"


def thoughts() -> int:
    """How many threads think."""
    return sum(one.name == "midthought-thought" for one in threading.enumerate())


def leave_client(url: str) -> None:
    """Close the generator of a client after three events."""
    with Client(url) as client:
        events = iter(client.reason(QUESTION))
        for _ in range(3):
            next(events)
        events.close()  # type: ignore[attr-defined]  # a generator


def leave_async_client(url: str) -> None:
    """The same, awaited."""

    async def leave() -> None:
        async with AsyncClient(url) as client:
            events = client.reason(QUESTION)
            for _ in range(3):
                await anext(events)
            await events.aclose()  # type: ignore[attr-defined]  # a generator

    asyncio.run(leave())


def leave_without_a_stream(url: str) -> None:
    """Ask for the run, and do not wait for it."""
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(url + REASON, json={"question": QUESTION}, timeout=0.5, trust_env=False)


@pytest.mark.parametrize("leave", [leave_client, leave_async_client, leave_without_a_stream])
def test_a_caller_that_goes_away_stops_the_model(lay: Callable[[Any], Memory], leave: Callable[[str], None]) -> None:
    """The generator of the engine is closed, nothing is recorded, no thread, place or connection is left."""
    engine = EndlessEngine()
    with lay(engine) as memory:
        app = thinking_app(memory)
        with on_socket(app) as url:
            leave(url)
            until(lambda: 0 < engine.begun == engine.closed)
            until(lambda: not len(app.state.thoughts.running) and not thoughts())
            until(lambda: not app.state.server.server_state.connections)
        assert 0 < engine.begun == engine.closed  # its query has an end, so it may have begun to think
        assert memory.runs() == []


def test_thoughts_beyond_the_limit_are_refused_until_a_place_is_free(lay: Callable[[Any], Memory]) -> None:
    """429 with Retry-After; a place is free when the model has stopped. Other requests are answered meanwhile."""
    engine = EndlessEngine()
    with lay(engine) as memory:
        app = thinking_app(memory, reason_concurrency=2)
        with on_socket(app) as url, Client(url) as client:
            running = [iter(client.reason(QUESTION)) for _ in range(2)]
            for one in running:
                next(one)
            refused = httpx.post(url + REASON, json={"question": QUESTION}, trust_env=False)
            assert (refused.status_code, refused.headers["retry-after"]) == (429, "5")
            assert refused.json()["type"] == "urn:midthought:problem:too-many-thoughts"
            with pytest.raises(Unreachable, match=r"429.*as many as this service allows"):
                next(iter(client.reason(QUESTION)))
            assert client.send(Recall(query="arrangements"), namespace="default").hits
            running[0].close()  # type: ignore[attr-defined]  # a generator
            until(lambda: len(app.state.thoughts.running) == 1)
            third = iter(client.reason(QUESTION))
            next(third)
            for one in (running[1], third):
                one.close()  # type: ignore[attr-defined]  # a generator
            until(lambda: not thoughts())
    assert engine.begun == engine.closed


def test_a_model_that_says_nothing_blocks_nobody_and_is_waited_for(lay: Callable[[Any], Memory]) -> None:
    """Comments keep the connection, the event loop answers others, and the client does not see them."""
    gate = threading.Event()
    engine = EndlessEngine(gate.wait)
    with lay(engine) as memory, on_socket(thinking_app(memory, heartbeat=0.02)) as url:
        body = {"question": QUESTION, "stream": True}
        with httpx.stream("POST", url + REASON, json=body, trust_env=False) as answer:
            blocks = answer.iter_raw()
            read = b""
            while read.count(b": the thought goes on\n\n") < 3:
                read += next(blocks)
            assert httpx.get(f"{url}/health/live", trust_env=False).status_code == 200
        gate.set()
        until(lambda: 0 < engine.begun == engine.closed)
        gate.clear()
        with Client(url) as client:
            events = iter(client.reason(QUESTION))
            next(events)
            threading.Timer(0.2, gate.set).start()
            assert isinstance(next(events), QueryToken)
            events.close()  # type: ignore[attr-defined]  # a generator
        until(lambda: not thoughts())


def test_a_service_that_ends_says_so_to_its_streams(lay: Callable[[Any], Memory]) -> None:
    """The last event is an error, and the model has stopped before the memory is closed."""
    engine = EndlessEngine()
    with lay(engine) as memory:
        with ExitStack() as stack:
            url = stack.enter_context(on_socket(thinking_app(memory)))
            body = {"question": QUESTION, "stream": True}
            with httpx.stream("POST", url + REASON, json=body, trust_env=False) as answer:
                lines = answer.iter_text()
                text = next(lines)
                ending = threading.Thread(target=stack.close)
                ending.start()
                text += "".join(lines)
            ending.join()
        last = messages_of(text)[-1].event
        assert isinstance(last, ThoughtFailed)
        assert (last.problem["status"], last.problem["detail"]) == (503, "the thought was stopped before its end")
        assert 1 <= engine.begun == engine.closed
        assert thoughts() == 0


class _Sent(httpx.SyncByteStream):
    """A stream of these bytes."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        for place in range(len(self._content)):
            yield self._content[place : place + 1]


WORD = b'id: 0\r\nevent: thought\r\ndata: {"type":"query_token","text":"a"}\r\n\r\n'


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"id: 1\nevent: tho", "ended the stream before the thought"),
        (b"data: {\n\n", "sent an event that is not understood"),
        (b"data: 3\n\n", "sent an event that is not understood"),
        (b'data: {"type":"query_token"}\n\n', "sent an event that is not understood"),
        (b': a comment\n\ndata: {"type":"of_tomorrow"}\n\n', "ended the stream before the thought"),
    ],
)
def test_a_stream_that_is_cut_or_broken_is_an_error(content: bytes, told: str) -> None:
    """What came before is yielded, and never a thought silently ends; events of a later version are passed over."""
    kind = {"content-type": "text/event-stream"}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, headers=kind, stream=_Sent(WORD + content)))
    with Client("http://127.0.0.1", transport=transport) as client:
        events = iter(client.reason(QUESTION))
        assert next(events) == QueryToken("a")
        with pytest.raises(Unreachable, match=told):
            next(events)


def test_an_answer_that_is_no_stream_is_an_error() -> None:
    """Another program listens there."""
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={}))
    with (
        Client("http://127.0.0.1", transport=transport) as client,
        pytest.raises(Unreachable, match="is it Midthought"),
    ):
        list(client.reason(QUESTION))


def test_a_reader_that_is_slow_holds_the_model_back(lay: Callable[[Any], Memory]) -> None:
    """A model is a bounded number of events ahead of its reader, and stopped while it waits."""
    engine = EndlessEngine(lambda: None)

    async def read(memory: Memory) -> int:
        running = RunningThoughts(1)
        thought = running.start(lambda: write_stream(memory.reason(QUESTION, engine=engine)))
        async with asyncio.timeout(60):
            while engine.words < AHEAD - 10:  # a few events come before the first word
                await asyncio.sleep(0.001)
        for _ in range(50):
            await asyncio.sleep(0.001)
        ahead = engine.words
        await asyncio.to_thread(running.close)
        assert not thought.thread.is_alive()
        assert len(running) == 0
        return ahead

    with lay(None) as memory:
        assert asyncio.run(read(memory)) <= AHEAD + 1  # one more waits for its place
    assert engine.closed == engine.begun > 0


def test_the_engine_of_a_service_is_shared_by_threads(lay: Callable[[Any], Memory]) -> None:
    """It is made once, however many ask at the same time."""
    made: list[ScriptedEngine] = []

    def make() -> ScriptedEngine:
        made.append(make_demo_engine())
        return made[-1]

    def ask(url: str, answers: list[str]) -> None:
        with Client(url) as client:
            answers.append(last_run(client.reason(QUESTION)).answer)

    answers: list[str] = []
    with lay(make) as memory, on_socket(thinking_app(memory)) as url:
        threads = [threading.Thread(target=ask, args=(url, answers)) for _ in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    assert (len(made), answers) == (1, ["42"] * 4)
