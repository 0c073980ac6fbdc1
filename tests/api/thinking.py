"""A service that thinks: engines that can be held and watched, and the service on a socket."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

from fastapi import FastAPI

from midthought.api.operations.thought_json import ServedEvent, read_event
from midthought.api.python.memory import Memory
from midthought.api.rest.server import ThoughtServer
from midthought.api.settings import Settings
from midthought.reasoner.engines.base import Token, TokenStream
from midthought.reasoner.engines.scripted import ScriptedEngine, ScriptedReply, prompt_ends
from midthought.reasoner.thought.thought_prompts import ThoughtPrompts

from ..running_server import run_uvicorn
from .conftest import service_over

REASON = "/v1/namespaces/default/reason"
EVENTS = {"Accept": "text/event-stream"}


class EndlessEngine(ScriptedEngine):
    """Says one word after the other until it is closed; counts what was begun and closed.

    Args:
        pause: called before each word.
    """

    def __init__(self, pause: Callable[[], object] = lambda: time.sleep(0.001)) -> None:
        super().__init__([], name="endless")
        self._pause = pause
        self.begun = self.closed = self.words = 0

    def generate(self, prompt: str, *, stop: Sequence[str] = (), **_: Any) -> TokenStream:
        """Say words."""
        self.begun += 1
        try:
            while True:
                self._pause()
                self.words += 1
                yield Token(" word")
        finally:
            self.closed += 1


class HeldEngine(ScriptedEngine):
    """Asks its memory what the demo asks, thinks a text, and waits before a word of it until it may go on.

    Args:
        thought: what it thinks.
        word: what it waits before.
        replies: are asked before the thought.

    Attributes:
        reached: it waits, or has waited.
        go: lets it go on.
    """

    def __init__(self, thought: str, word: str, *, replies: Sequence[ScriptedReply] = ()) -> None:
        asked = ScriptedReply(prompt_ends(ThoughtPrompts().opening), ("How do I count arrangements?",))
        super().__init__([asked, *replies, ScriptedReply(lambda _: True, (thought,))], name="held")
        self._word = word
        self.reached, self.go = threading.Event(), threading.Event()

    def hold(self) -> None:
        """Wait there again the next time."""
        self.reached.clear()
        self.go.clear()

    def generate(self, prompt: str, **asked: Any) -> TokenStream:
        """Recite."""
        for token in super().generate(prompt, **asked):
            if self._word in token.text:
                self.reached.set()
                assert self.go.wait(300), "nobody let it go on"
            yield token


@contextmanager
def letting_go(engine: HeldEngine) -> Iterator[None]:
    """Let an engine go on at the end, however that comes: a test that fails waits for nobody."""
    try:
        yield
    finally:
        engine.go.set()


class FailingEngine(ScriptedEngine):
    """Says so many words, and then raises."""

    def __init__(self, error: Exception, *, words: int) -> None:
        super().__init__([], name="failing")
        self._error, self._words = error, words

    def generate(self, prompt: str, *, stop: Sequence[str] = (), **_: Any) -> TokenStream:
        """Say words and fail."""
        for _number in range(self._words):
            yield Token(" word")
        raise self._error

    def open_thought(self, question: str) -> str:
        """Fail here if no word is said."""
        if not self._words:
            raise self._error
        return super().open_thought(question)


@dataclass(frozen=True, slots=True)
class Message:
    """One server-sent event."""

    id: str
    name: str
    event: ServedEvent | None


def messages_of(text: str) -> list[Message]:
    """The events of a whole stream; comments are left out."""
    found = []
    for block in text.split("\n\n"):
        parts = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":") and line)
        if parts:
            found.append(Message(parts["id"], parts["event"], read_event(parts["data"].encode())))
    return found


UNEQUAL = {"seconds", "seq"}
"""Fields that differ between two thoughts alike: times, and places in the store."""


def plain(value: Any) -> Any:
    """A value without what differs between two thoughts."""
    if hasattr(value, "__dataclass_fields__"):
        return type(value).__name__, plain(asdict(value))
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items() if name not in UNEQUAL}
    return [plain(one) for one in value] if isinstance(value, list | tuple) else value


def until(condition: Callable[[], object]) -> None:
    """Wait until something holds; the test fails if it does not within a minute."""
    for _ in range(6000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it did not happen within a minute")


def thinking_app(memory: Memory, *, heartbeat: float = 15.0, **settings: Any) -> FastAPI:
    """The service over a memory, see `service_over`."""
    app = service_over(memory, Settings(**{"drain_seconds": 0.0, **settings}))
    app.state.thoughts = replace(app.state.thoughts, heartbeat=heartbeat)
    return app


@contextmanager
def on_socket(app: FastAPI) -> Iterator[str]:
    """The service on a free port, in a thread: its URL."""
    app.state.server = server = ThoughtServer(app)
    with run_uvicorn(server) as url:
        yield url
