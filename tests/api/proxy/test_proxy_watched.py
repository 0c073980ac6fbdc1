"""What passes through the proxy can be watched: what the memory does in it, and never its text."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import httpx

from midthought.api.python.memory import Memory
from midthought.memory.records.namespace import DEFAULT_NAMESPACE

from ...stream_server import Streamed, serve_streams
from ..test_reason_rest import ARRANGE
from ..thinking import until
from .proxy_place import serve_proxy
from .test_proxy_memory import last_run
from .test_proxy_thought import CHAT, QUESTION, THINKER, ask, read
from .thinking_servers import Template, ThinkingVllm

RUNS = "/explore/default/runs"


class HeldVllm(ThinkingVllm):
    """Waits before its last events until it may go on."""

    def __init__(self) -> None:
        super().__init__(parser=True, template=Template.OPENS)
        self.reached, self.go = Event(), Event()

    def respond(self, path: str, body: dict[str, Any]) -> Streamed:
        """Answer."""
        answer = super().respond(path, body)
        return Streamed(answer.status, chunks=self._hold(answer.chunks)) if answer.chunks else answer

    def _hold(self, chunks: Iterator[Any]) -> Iterator[Any]:
        *first, last = chunks
        yield from first
        self.reached.set()
        assert self.go.wait(60)
        yield last


def test_what_the_memory_does_in_an_answer_is_watched_and_its_text_is_not(home_memory: Memory) -> None:
    """The question, the recall and the hint with its entry; in the end the way to the very run."""
    model = HeldVllm()
    options = {"triggers": ["start", "every"], "every_tokens": 3, "later_margin": 0.0}
    with (
        serve_streams(model.respond) as upstream,
        serve_proxy(home_memory, upstream.url) as proxy,
        ThreadPoolExecutor(1) as threads,
    ):
        asked = threads.submit(httpx.post, proxy.url + CHAT, json=ask(True, midthought=options), timeout=60)
        try:
            assert model.reached.wait(60)
            (thought,) = proxy.app.state.thoughts.live.list(DEFAULT_NAMESPACE)
            listed = httpx.get(proxy.url + RUNS).text
            page = httpx.get(f"{proxy.url}/explore/default/running/{thought.id}").text
        finally:
            model.go.set()
        _, said, receipt = read(asked.result(60))
        assert said == THINKER.answer
        assert thought.id == receipt["run"]
        until(lambda: home_memory.runs())
        last_run(home_memory, receipt["run"])
        left = httpx.get(f"{proxy.url}/explore/default/running/{thought.id}").text
        assert proxy.app.state.thoughts.live.list(DEFAULT_NAMESPACE) == []
    assert QUESTION in listed
    assert ARRANGE.body in page
    assert f"/explore/default/entries/{ARRANGE.id}" in page
    assert "It passes through the proxy" in page
    assert "I count the letters" in THINKER.thought
    assert "I count the letters" not in page + listed
    assert f"/explore/default/runs/{receipt['run']}" in left
