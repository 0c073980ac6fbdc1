"""vLLM in this process: thoughts and prompts, many at once, prefix caching, and answers that match a JSON schema."""

import importlib.util
import time
from collections import deque
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from queue import SimpleQueue
from threading import Lock
from typing import Any

from midthought.ingest.language_model import Answer, Completion, CompletionRequest, Finish
from midthought.memory.errors import BadSettings, EngineFailed, MissingExtra, Unreachable
from midthought.reasoner.engines.answer_text import cut_thought, mark_thought, opens_thought
from midthought.reasoner.engines.base import BranchStream, RecallCallback, TokenStream
from midthought.reasoner.engines.branch_streams import check_seeds
from midthought.reasoner.engines.capabilities import Capabilities, Continuation
from midthought.reasoner.engines.chat_prompt import begins_itself, special_marks, write_chat
from midthought.reasoner.engines.constraint_probe import PROBE, shows_constraint
from midthought.reasoner.engines.model_endpoint import Structured
from midthought.reasoner.engines.registry import EngineRequest
from midthought.reasoner.engines.served.way import TOP_P, ThoughtRequest
from midthought.reasoner.engines.thinking_formats import AUTO, ThinkingFormat
from midthought.reasoner.engines.vllm_loading import load_vllm
from midthought.reasoner.engines.vllm_loop import VllmLoop
from midthought.reasoner.engines.vllm_thoughts import VllmThoughts
from midthought.reasoner.recalled_entries import RecalledEntries
from midthought.reasoner.spans.request import SpanRequest

_MAX_IN_FLIGHT = 512
"""Requests of one call that vLLM knows at once: more than it runs together, so that it never waits for prompts."""
_PARALLEL = 64
"""Continuations of one call that are begun at once; vLLM itself decides how many of them it runs together."""


@dataclass(slots=True)
class _Call:
    """One use of `complete`: what is still to be asked, what is being answered, and the answers."""

    unasked: deque[tuple[int, CompletionRequest]]
    asked: dict[str, tuple[int, CompletionRequest, bool]] = field(default_factory=dict)
    answers: SimpleQueue[tuple[int, Answer]] = field(default_factory=SimpleQueue)
    answered_at: float = field(default_factory=time.perf_counter)

    def answer(self, place: int, answer: Answer) -> None:
        """Hand out the answer to the request at a place."""
        self.answers.put((place, answer))

    def lap(self) -> float:
        """Return the seconds since the last answer: their sum is the time of the call."""
        before, self.answered_at = self.answered_at, time.perf_counter()
        return self.answered_at - before


class VllmEngine:
    """Continues thoughts and completes prompts with vLLM in this process; the model is loaded at its first use.

    Threads may share it: their calls run as one batch. Loading seeds the global random generators, as vLLM does in one
    process.

    Args:
        model: a directory, or the name of a hub model.
        context: how many tokens a prompt and its answer may have together; None for what model and memory allow.
        structured: whether answers are constrained to a JSON schema.
        thinking: the name of a thinking format; ``auto`` for what the tokeniser knows.

    Raises:
        MissingExtra: vLLM is not installed.
        BadSettings: `model` is a path and there is no such directory.
    """

    def __init__(
        self,
        model: str | Path,
        *,
        context: int | None = None,
        structured: Structured = Structured.AUTO,
        thinking: str = AUTO,
    ) -> None:
        if importlib.util.find_spec("vllm") is None:
            raise MissingExtra("vllm", extra="vllm", purpose="the engine 'vllm'")
        if isinstance(model, Path) and not model.is_dir():
            raise BadSettings(f"{model} is not a directory: give one with config.json and weights, or a hub name")
        self._model = model
        self._context = context
        self._structured = structured
        self._format = thinking
        self._thinking: VllmThoughts | None = None
        self._loading = Lock()

    @property
    def name(self) -> str:
        """``vllm:`` and the model's name, without the directories above it."""
        return f"vllm:{Path(self._model).name}"

    @property
    def context_tokens(self) -> int:
        """As set, else what the model can read and the cache can hold. Loads the model."""
        window: int = self._loaded.model_config.max_model_len
        return window

    @cached_property
    def can_constrain(self) -> bool:
        """As set, else by one request whose schema no sentence matches. Loads the model; raises `Unreachable`."""
        if self._structured is not Structured.AUTO:
            return self._structured is Structured.ON
        ((_, answer),) = self.complete([PROBE])
        if isinstance(answer, Unreachable):
            raise answer
        return shows_constraint(answer)

    @property
    def capabilities(self) -> Capabilities:
        """Token ids, log-probs and a prefix cache; spans are for a server with the plugin, see docs/spans_vllm.md."""
        return Capabilities(
            continuation=Continuation.IDS, token_ids=True, log_probs=True, prefix_cache=True, parallel=_PARALLEL
        )

    @property
    def settings(self) -> tuple[tuple[str, str | int | float | bool], ...]:
        """The window, if it was set, and the nucleus that tokens are drawn from."""
        window = (("engine.context", self._context),) if self._context else ()
        return (*window, ("engine.top_p", TOP_P))

    @property
    def thinking(self) -> ThinkingFormat:
        """As set, else by the tokeniser. Loads the model."""
        return self._thoughts.thinking

    def open_thought(self, question: str) -> str:
        """Return the chat template around `question`, and the thinking channel opened. Loads the model."""
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
        """Continue `prompt`; see `Engine.generate`. On a CPU the seed is without effect: it could end vLLM."""
        if entries is not None:
            raise ValueError(f"the engine {self.name!r} has no cache for entries to stand in")
        if on_recall is not None:
            raise ValueError(f"the engine {self.name!r} has no recall tool: text can be put into its thought")
        return self._thoughts.generate(self._request(prompt, max_tokens, temperature, seed, spans, log_probs), stop)

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
        """Continue several prompts as one batch; see `ParallelEngine.generate_many`."""
        check_seeds(prompts, seeds, spans)
        wanted = spans or [None] * len(prompts)
        requests = [
            self._request(prompt, max_tokens, temperature, seed, span, log_probs)
            for prompt, seed, span in zip(prompts, seeds, wanted, strict=True)
        ]
        return self._thoughts.generate_many(requests, stop, at_once=_PARALLEL, closed=closed)

    def count_tokens(self, text: str) -> int:
        """Return how many tokens `text` is, without any the tokeniser would add at its start. Loads the model."""
        return len(self._loaded.get_tokenizer()(text, add_special_tokens=False).input_ids)

    def complete(self, requests: Sequence[CompletionRequest]) -> Iterator[tuple[int, Answer]]:
        """Yield the answers as they come; see `LanguageModel.complete`. Closing it ends what vLLM still writes."""
        loop = self._loop
        call = _Call(deque(enumerate(requests)))
        try:
            for _ in requests:
                loop.work_until(lambda: not call.answers.empty(), lambda: self._take_turn(loop, call))
                yield call.answers.get_nowait()
        finally:
            with loop.turn:
                loop.drop(list(call.asked))

    def _request(
        self,
        prompt: str,
        max_tokens: int,
        temperature: float,
        seed: int,
        spans: SpanRequest | None,
        log_probs: bool,
    ) -> ThoughtRequest:
        if spans is not None:
            raise ValueError(f"the engine {self.name!r} cannot constrain its tokens to spans: a vLLM server can")
        if temperature < 0:
            raise ValueError(f"temperature must be >= 0, got {temperature}")
        return ThoughtRequest(prompt, max_tokens, temperature, seed, log_probs)

    def _take_turn(self, loop: VllmLoop, call: _Call) -> None:
        while call.unasked and len(call.asked) < _MAX_IN_FLIGHT:
            self._add(loop, call, *call.unasked.popleft())
        if call.asked and call.answers.empty():
            loop.step()

    def _add(self, loop: VllmLoop, call: _Call, place: int, request: CompletionRequest) -> None:
        from vllm.exceptions import VLLMClientError

        try:
            prompt, opened = _write_prompt(loop.llm.get_tokenizer(), request)
            params = self._sampling_params(request, self.context_tokens - len(prompt))
            number = loop.add(prompt, params, lambda output: self._answer(call, number, output))
        except (EngineFailed, Unreachable) as error:
            call.answer(place, error)
        except (ValueError, VLLMClientError) as cause:
            call.answer(place, EngineFailed(f"{self.name} refused the request: {cause}"))
        else:
            call.asked[number] = place, request, opened

    def _answer(self, call: _Call, number: str, output: Any) -> None:
        place, request, opened = call.asked.pop(number)
        if isinstance(output, Unreachable):
            call.answer(place, output)
            return
        (written,) = output.outputs
        if written.finish_reason not in {Finish.STOP, Finish.LENGTH}:
            call.answer(place, Unreachable(f"{self.name} gave up the request: {written.finish_reason}"))
            return
        read_text = mark_thought if request.shows_thought else cut_thought
        text = written.text if request.schema else read_text(written.text, opened=opened)
        finish, tokens = Finish(written.finish_reason), (len(output.prompt_token_ids), len(written.token_ids))
        call.answer(place, Completion(text.strip(), finish, *tokens, output.num_cached_tokens or 0, call.lap()))

    def _sampling_params(self, request: CompletionRequest, room: int) -> Any:
        from vllm import SamplingParams
        from vllm.platforms import current_platform
        from vllm.sampling_params import RequestOutputKind, StructuredOutputsParams

        if room < 1:
            raise EngineFailed(
                f"the prompt has {self.context_tokens - room} tokens, and {self.name} reads at most "
                f"{self.context_tokens - 1}"
            )
        drawn = request.sampling
        return SamplingParams(
            temperature=drawn.temperature,
            top_p=drawn.top_p,
            max_tokens=min(drawn.max_tokens, room),
            # On a CPU a seeded prompt that is read in parts ends vLLM: its generators have no offset.
            seed=None if current_platform.is_cpu() else drawn.seed,
            structured_outputs=StructuredOutputsParams(json=request.schema) if request.schema else None,
            skip_special_tokens=False,  # the marks of a thought may be special
            output_kind=RequestOutputKind.FINAL_ONLY,
        )

    @property
    def _loaded(self) -> Any:
        return self._loop.llm

    @property
    def _loop(self) -> VllmLoop:
        with self._loading:
            return self._load_once

    @property
    def _thoughts(self) -> VllmThoughts:
        loop = self._loop
        with self._loading:
            if self._thinking is None:
                self._thinking = VllmThoughts(loop, name=self.name, thinking=self._format)
            return self._thinking

    @cached_property
    def _load_once(self) -> VllmLoop:
        return VllmLoop(load_vllm(str(self._model), self._context), name=self.name)


def _write_prompt(tokenizer: Any, request: CompletionRequest) -> tuple[list[int], bool]:
    """Return the tokens of a prompt, and whether they end in an opened thought."""
    prompt = write_chat(tokenizer, request.messages, special_marks(tokenizer))
    opened = opens_thought(prompt)
    if opened and request.schema:
        prompt += "\n</think>\n\n"  # the schema binds from the first token on
    ids: list[int] = tokenizer(prompt, add_special_tokens=not begins_itself(tokenizer, prompt)).input_ids
    return ids, opened


def make_vllm_engine(request: EngineRequest) -> VllmEngine:
    """Return the engine that settings describe. Raises `BadSettings` without a model."""
    if request.model is None:
        raise BadSettings("the engine 'vllm' needs the setting 'model': a directory, or the name of a hub model")
    return VllmEngine(request.model, context=request.context, structured=request.structured, thinking=request.thinking)
