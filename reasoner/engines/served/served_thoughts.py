"""Thoughts of a model on a server, by the best way that it has."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from threading import Lock

from midthought.memory.errors import EngineFailed, Unreachable
from midthought.reasoner.engines.base import Token, TokenStream
from midthought.reasoner.engines.capabilities import Capabilities, Continuation
from midthought.reasoner.engines.served.deltas import limit_tokens
from midthought.reasoner.engines.served.model_server import ModelServer
from midthought.reasoner.engines.served.server_probe import ChosenWay, choose_way
from midthought.reasoner.engines.served.way import TOP_P, ThoughtRequest
from midthought.reasoner.engines.stop_strings import cut_at_stop
from midthought.reasoner.engines.thinking_formats import ThinkingFormat

PASSED_OVER = "engine.not."
"""Begins the names of settings that say why a better way was not taken."""
_SHOWN = 80


class ServedThoughts:
    """Opens and continues thoughts; the server is asked what it can do at the first use. Threads may share it.

    Args:
        server: where the model is.
        name: of the engine, for errors.
    """

    def __init__(self, server: ModelServer, *, name: str) -> None:
        self._server = server
        self._name = name
        self._lock = Lock()
        self._chosen: ChosenWay | None = None

    @property
    def chosen(self) -> ChosenWay:
        """How it is done. Raises `Unreachable` and `BadSettings`."""
        endpoint = self._server.endpoint
        with self._lock:
            if self._chosen is None:
                wanted = endpoint.continue_by.wanted
                self._chosen = choose_way(self._server, wanted, tokenizer=endpoint.tokenizer)
            return self._chosen

    @property
    def capabilities(self) -> Capabilities:
        """What the server can do. Raises `Unreachable` and `BadSettings`."""
        way = self.chosen.way
        return Capabilities(
            continuation=way.continuation,
            token_ids=way.token_ids,
            log_probs=way.log_probs,
            prefix_cache=self.chosen.prefix_cache,
            parallel=self._server.endpoint.concurrency,
        )

    @property
    def thinking(self) -> ThinkingFormat:
        """How the model marks its thought. Raises `Unreachable` and `BadSettings`."""
        return self.chosen.way.thinking

    @property
    def settings(self) -> tuple[tuple[str, str | float], ...]:
        """The way, why each better one was not taken, and what the server leaves of sampling.

        Raises `Unreachable` and `BadSettings`.
        """
        way = self.chosen.way
        passed = tuple((f"{PASSED_OVER}{name}", reason) for name, reason in self.chosen.passed_over)
        drawn = ("engine.top_p", TOP_P) if way.takes_sampling else ("engine.sampling", "the server's own")
        return (("engine.continuation", str(way.continuation)), *passed, drawn)

    def open_thought(self, question: str) -> str:
        """See `Engine.open_thought`."""
        return self.chosen.way.open_thought(sendable(question))

    def generate(self, request: ThoughtRequest, stop: Sequence[str]) -> TokenStream:
        """See `Engine.generate`. Stop strings are looked for here: servers take few, and leave them out of the ids."""
        if request.temperature < 0:
            raise ValueError(f"temperature must be >= 0, got {request.temperature}")
        way = self.chosen.way
        if request.log_probs and not way.log_probs:
            raise ValueError(f"the server of {self._name!r} does not give log-probs")
        if request.on_recall is not None and way.continuation is not Continuation.RECALL_TOOL:
            raise ValueError(f"{self._name!r} has no recall tool: its way to continue is {way.continuation}")
        if not self._server.endpoint.send_seed:
            request = replace(request, seed=None)
        return cut_at_stop(self._follow(replace(request, prompt=sendable(request.prompt))), stop)

    def count_tokens(self, text: str) -> int | None:
        """Return what the server counts; None if it has not been asked what it can do, or does not say."""
        return self._chosen.way.count_tokens(sendable(text)) if self._chosen else None

    def _follow(self, request: ThoughtRequest) -> TokenStream:
        received: list[str] = []
        if request.max_tokens < 1:
            return
        try:
            with closing(self.chosen.way.generate(request)) as tokens:
                yield from _note(limit_tokens(tokens, request.max_tokens), received)
        except (EngineFailed, Unreachable) as error:
            raise EngineFailed(f"{self._name}: {error}; {_describe(received)}") from error


def _note(tokens: Iterator[Token], received: list[str]) -> Iterator[Token]:
    for token in tokens:
        received.append(token.text)
        yield token


def _describe(received: list[str]) -> str:
    text = "".join(received)
    shown = f" that end {text[-_SHOWN:]!r}" if text else ""
    return f"received {len(received)} tokens{shown}"


def sendable(text: str) -> str:
    """Return a text without lone surrogates, which JSON in UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode()
