"""Any server with an OpenAI-compatible API: vLLM, SGLang, llama.cpp, Ollama, a hosted service."""

import json
import time
from collections.abc import Callable, Container, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from functools import cached_property
from threading import Event
from typing import TYPE_CHECKING, Any

from midthought.ingest.language_model import (
    Answer,
    Completion,
    CompletionRequest,
    Finish,
)
from midthought.memory.errors import BadSettings, EngineFailed, Unreachable
from midthought.reasoner.engines.answer_text import cut_thought, mark_thought
from midthought.reasoner.engines.base import BranchStream, RecallCallback, TokenStream
from midthought.reasoner.engines.branch_streams import check_seeds, take_turns
from midthought.reasoner.engines.capabilities import Capabilities
from midthought.reasoner.engines.constraint_probe import PROBE, shows_constraint
from midthought.reasoner.engines.model_endpoint import ModelEndpoint, Structured
from midthought.reasoner.engines.registry import EngineRequest
from midthought.reasoner.engines.served.deltas import is_cut
from midthought.reasoner.engines.served.early_start import start_early
from midthought.reasoner.engines.served.event_stream import check_given_up
from midthought.reasoner.engines.served.model_server import ModelServer
from midthought.reasoner.engines.served.served_thoughts import ServedThoughts, sendable
from midthought.reasoner.engines.served.way import ThoughtRequest
from midthought.reasoner.engines.thinking_formats import ThinkingFormat
from midthought.reasoner.recalled_entries import RecalledEntries
from midthought.reasoner.spans.request import SpanRequest
from midthought.retrieval.json_endpoint import TRANSIENT, JsonEndpoint

if TYPE_CHECKING:
    import httpx

_REFUSES_ALL = frozenset({401, 403, 404, 405})
"""Statuses that no request can avoid: the key is refused, or there is no such model or route."""
_REASONING = ("reasoning_content", "reasoning")
_MOST_TOKENS = 10**9
"""More is no count of one call."""
_CHARACTERS_PER_TOKEN = 3
"""A careful estimate: English prose has four to five, code and mathematics three."""


class OpenAIEngine:
    """Completes prompts by ``POST /v1/chat/completions``; continues thoughts as the server can. Threads may share it.

    Args:
        endpoint: where the model is served, and how it is asked.
        sleep: waits between two attempts at a request.

    Raises:
        BadSettings: there is no URL or no model, or the URL cannot be used.
    """

    def __init__(self, endpoint: ModelEndpoint, *, sleep: Callable[[float], None] = time.sleep) -> None:
        if not (endpoint.access.base and endpoint.model):
            raise BadSettings("the engine 'openai' needs the settings 'model_url' and 'model'")
        self._endpoint = endpoint
        self._server = JsonEndpoint(
            endpoint.access,
            "/chat/completions",
            setting="model_url",
            whose="the model server",
            model=endpoint.model,
            sleep=sleep,
        )
        self._thoughts = ServedThoughts(ModelServer(endpoint, sleep=sleep), name=self.name)

    @property
    def name(self) -> str:
        """``openai:`` and the name of the model at the server."""
        return f"openai:{self._endpoint.model}"

    @cached_property
    def context_tokens(self) -> int | None:
        """As set, else as ``GET /v1/models`` says (vLLM and SGLang do), else None."""
        return self._endpoint.context or self._served_context()

    @cached_property
    def can_constrain(self) -> bool:
        """As set, else by one request whose schema no sentence matches. Raises `Unreachable` and `BadSettings`."""
        if self._endpoint.structured is not Structured.AUTO:
            return self._endpoint.structured is Structured.ON
        answer = self._ask(PROBE, Event())
        if isinstance(answer, Unreachable):
            raise answer
        return shows_constraint(answer)

    @property
    def capabilities(self) -> Capabilities:
        """As a few short requests show, once. Raises `Unreachable` and `BadSettings`."""
        return self._thoughts.capabilities

    @property
    def settings(self) -> tuple[tuple[str, str | int | float | bool], ...]:
        """How thoughts are continued and why by no better way, and the nucleus that tokens are drawn from."""
        return self._thoughts.settings

    @property
    def thinking(self) -> ThinkingFormat:
        """As set, else by the marks that are tokens of the model, or by the beginning of an answer."""
        return self._thoughts.thinking

    def open_thought(self, question: str) -> str:
        """Return the prompt of a question; of a server that only chats, a text that stands for it."""
        return self._thoughts.open_thought(question)

    def generate(
        self,
        prompt: str,
        *,
        stop: Sequence[str] = (),
        max_tokens: int = 512,
        temperature: float = 0.0,
        seed: int = 0,
        spans: SpanRequest | None = None,
        entries: RecalledEntries | None = None,
        log_probs: bool = False,
        on_recall: RecallCallback | None = None,
    ) -> TokenStream:
        """Continue `prompt`; see `Engine.generate`. The seed has an effect only if the endpoint sends it.

        A server that breaks off, is silent too long or reports an error ends it with `EngineFailed`, which says what
        had been received; what was yielded before stands.
        """
        if spans is not None:
            raise ValueError(f"the engine {self.name!r} cannot constrain its tokens to spans: the model runs elsewhere")
        if entries is not None:
            raise ValueError(f"the engine {self.name!r} has no cache for entries to stand in: the model runs elsewhere")
        return self._thoughts.generate(
            ThoughtRequest(prompt, max_tokens, temperature, seed, log_probs, on_recall), stop
        )

    def generate_many(
        self,
        prompts: Sequence[str],
        *,
        seeds: Sequence[int],
        stop: Sequence[str] = (),
        max_tokens: int = 512,
        temperature: float = 0.0,
        spans: Sequence[SpanRequest | None] = (),
        log_probs: bool = False,
        closed: Container[int] = (),
    ) -> BranchStream:
        """Continue several prompts, at most `concurrency` at once; see `ParallelEngine.generate_many`."""

        def begin(place: int) -> TokenStream:
            return self.generate(
                prompts[place],
                stop=stop,
                max_tokens=max_tokens,
                temperature=temperature,
                seed=seeds[place],
                spans=spans[place] if spans else None,
                log_probs=log_probs,
            )

        check_seeds(prompts, seeds, spans)
        return self._take_turns(begin, len(prompts), closed)

    def count_tokens(self, text: str) -> int:
        """Return what the server counts once it thinks and if it says so.

        Else an estimate that is rather too high: one token per three characters.
        """
        if not text:
            return 0
        counted = self._thoughts.count_tokens(text)
        return len(text) // _CHARACTERS_PER_TOKEN + 1 if counted is None else counted

    def complete(self, requests: Sequence[CompletionRequest]) -> Iterator[tuple[int, Answer]]:
        """Yield the answers as they come, at most `concurrency` at once; see `LanguageModel.complete`."""
        stopped = Event()
        with ThreadPoolExecutor(min(self._endpoint.concurrency, len(requests) or 1)) as pool:
            waiting = {
                pool.submit(copy_context().run, self._ask, request, stopped): place
                for place, request in enumerate(requests)
            }
            try:
                while waiting:
                    done, _ = wait(waiting, return_when=FIRST_COMPLETED)
                    yield from _take_done(waiting, done)
            finally:
                stopped.set()
                pool.shutdown(wait=False, cancel_futures=True)
                if waiting:
                    self._server.hang_up()

    def _take_turns(self, begin: Callable[[int], TokenStream], count: int, closed: Container[int]) -> BranchStream:
        at_once = min(self._endpoint.concurrency, count)
        if not at_once:
            return
        with ThreadPoolExecutor(at_once) as pool:
            yield from take_turns(start_early(begin, pool), count, at_once=at_once, closed=closed)

    def _ask(self, request: CompletionRequest, stopped: Event) -> Answer:
        started = time.perf_counter()
        try:
            response = self._server.post(self._body(request), stopped=stopped)
        except Unreachable as error:
            return error
        if not response.is_success:
            return self._refusal(response)
        try:
            return _read_completion(response.json(), time.perf_counter() - started, thought=request.shows_thought)
        except EngineFailed as error:
            return EngineFailed(f"{self.name}: {error}")
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            return EngineFailed(f"{self.name}: {type(error).__name__} in the answer: {self._server.quote(response)}")

    def _body(self, request: CompletionRequest) -> dict[str, Any]:
        drawn = request.sampling
        body: dict[str, Any] = {
            "model": self._endpoint.model,
            "messages": [{"role": one.role, "content": sendable(one.text)} for one in request.messages],
            "max_tokens": drawn.max_tokens,
            "temperature": drawn.temperature,
            "top_p": drawn.top_p,
        }
        if drawn.seed is not None and self._endpoint.send_seed:
            body["seed"] = drawn.seed
        if request.schema:
            schema = {"name": "answer", "strict": True, "schema": json.loads(request.schema)}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        return body

    def _refusal(self, response: "httpx.Response") -> EngineFailed | Unreachable:
        reason = f"status {response.status_code}: {self._server.quote(response)}"
        if response.status_code in _REFUSES_ALL:
            raise BadSettings(f"{self._server.failure(reason)}; see the settings 'model', 'model_url' and 'model_key'")
        if response.status_code in TRANSIENT:
            return self._server.failure(reason)
        return EngineFailed(f"{self.name} refused the request: {reason}")

    def _served_context(self) -> int | None:
        response = self._server.get("/models")
        try:
            models = response.json()["data"] if response is not None else []
            found = [one.get("max_model_len") for one in models if one["id"] == self._endpoint.model]
        except (ValueError, LookupError, TypeError, AttributeError):
            return None
        return found[0] if found and isinstance(found[0], int) and found[0] > 0 else None


def _take_done(waiting: dict["Future[Answer]", int], done: "set[Future[Answer]]") -> Iterator[tuple[int, Answer]]:
    for future in done:
        place = waiting.pop(future)
        yield place, future.result()


def _read_completion(answer: Any, seconds: float, *, thought: bool) -> Completion:
    """Return what a server answered, with its `thought` if that is wanted.

    Raises `EngineFailed` if it gave the answer up, `ValueError`, `LookupError`, `TypeError` or `AttributeError`.
    """
    choice = answer["choices"][0]
    content = choice["message"].get("content") or ""
    if not isinstance(content, str):
        raise TypeError(f"the content is {type(content).__name__}")
    check_given_up(choice.get("finish_reason"))
    finish = Finish.LENGTH if is_cut(choice.get("finish_reason")) else Finish.STOP
    usage = answer.get("usage") or {}
    details = usage.get("prompt_tokens_details") if isinstance(usage, dict) else None
    tokens_in, tokens_out = (_read_count(usage, name) for name in ("prompt_tokens", "completion_tokens"))
    return Completion(
        _with_thought(choice["message"], content, finish) if thought else cut_thought(content),
        finish,
        tokens_in,
        tokens_out,
        min(tokens_in, _read_count(details, "cached_tokens")),
        seconds,
    )


def _with_thought(message: Any, content: str, finish: Finish) -> str:
    """Return the content with the thought that a reasoning parser set apart; vLLM has renamed its field."""
    apart = next((text for name in _REASONING if isinstance(text := message.get(name), str) and text.strip()), "")
    return mark_thought(content, thought=apart, ended=finish is Finish.STOP)


def _read_count(usage: object, name: str) -> int:
    """Return a number of tokens; 0 if a server gives none, or what is no number: its answer is of use all the same."""
    given = usage.get(name) if isinstance(usage, dict) else None
    if isinstance(given, int | float) and not isinstance(given, bool) and 0 <= given <= _MOST_TOKENS:
        return int(given)
    return 0


def make_openai_engine(request: EngineRequest) -> OpenAIEngine:
    """Return the engine that settings describe. Raises `BadSettings` without `model_url`."""
    if request.endpoint is None:
        raise BadSettings("the engine 'openai' needs the settings 'model_url' and 'model'")
    return OpenAIEngine(request.endpoint)
