"""vLLM in this process: many prompts at once, prefix caching, and answers that match a JSON schema."""

import importlib.util
import os
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Any

from midthought.ingest.language_model import Answer, Completion, CompletionRequest, Finish
from midthought.memory.errors import BadSettings, EngineFailed, MissingExtra, Unreachable
from midthought.reasoner.engines.answer_text import cut_thought, mark_thought, opens_thought
from midthought.reasoner.engines.chat_prompt import begins_itself, special_marks, write_chat
from midthought.reasoner.engines.constraint_probe import PROBE, shows_constraint
from midthought.reasoner.engines.model_endpoint import Structured
from midthought.reasoner.engines.registry import EngineRequest

_MAX_IN_FLIGHT = 512
"""Requests of one call that vLLM knows at once: more than it runs together, so that it never waits for prompts."""
_TURN_SECONDS = 0.02
_CPU_CACHE_BYTES = 4 << 30
"""By default vLLM takes nearly all memory of the machine. ``VLLM_CPU_KVCACHE_SPACE``, in GiB, comes before this."""
_ENVIRONMENT = {
    # A process forked beside threads of OpenMP and DuckDB may hang, a spawned one runs the user's script again.
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    "VLLM_LOGGING_LEVEL": "ERROR",
    "VLLM_LOGGING_STREAM": "ext://sys.stderr",  # standard output is for results
    "VLLM_NO_USAGE_STATS": "1",
}
"""Variables of vLLM that are set unless the user has set them."""


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
    """Completes prompts with vLLM in this process; the model is loaded at its first use. Threads may share it.

    Calls of several threads run as one batch. Loading seeds the global random generators, as vLLM does in one process.

    Args:
        model: a directory, or the name of a hub model.
        context: how many tokens a prompt and its answer may have together; None for what model and memory allow.
        structured: whether answers are constrained to a JSON schema.

    Raises:
        MissingExtra: vLLM is not installed.
        BadSettings: `model` is a path and there is no such directory.
    """

    def __init__(
        self, model: str | Path, *, context: int | None = None, structured: Structured = Structured.AUTO
    ) -> None:
        if importlib.util.find_spec("vllm") is None:
            raise MissingExtra("vllm", extra="vllm", purpose="the engine 'vllm'")
        if isinstance(model, Path) and not model.is_dir():
            raise BadSettings(f"{model} is not a directory: give one with config.json and weights, or a hub name")
        self._model = model
        self._context = context
        self._structured = structured
        self._turn = Lock()
        self._loading = Lock()
        self._calls: dict[str, _Call] = {}
        self._numbers = count()
        self._failure: Unreachable | None = None

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

    def count_tokens(self, text: str) -> int:
        """Return how many tokens `text` is, without any the tokeniser would add at its start. Loads the model."""
        return len(self._loaded.get_tokenizer()(text, add_special_tokens=False).input_ids)

    def complete(self, requests: Sequence[CompletionRequest]) -> Iterator[tuple[int, Answer]]:
        """Yield the answers as they come; see `LanguageModel.complete`. Closing it ends what vLLM still writes."""
        llm = self._loaded
        call = _Call(deque(enumerate(requests)))
        try:
            for _ in requests:
                yield self._await_answer(llm, call)
        finally:
            with self._turn:
                llm.llm_engine.abort_request(list(call.asked))
                for number in call.asked:
                    del self._calls[number]

    def _await_answer(self, llm: Any, call: _Call) -> tuple[int, Answer]:
        """Return the next answer to a call; until there is one, this thread works for all calls whenever it can."""
        while True:
            try:
                return call.answers.get_nowait()
            except Empty:
                if self._turn.acquire(timeout=_TURN_SECONDS):
                    try:
                        self._take_turn(llm, call)
                    finally:
                        self._turn.release()

    def _take_turn(self, llm: Any, call: _Call) -> None:
        from vllm.exceptions import VLLMServerError

        while call.unasked and len(call.asked) < _MAX_IN_FLIGHT:
            self._add(llm, call, *call.unasked.popleft())
        if not call.asked or not call.answers.empty():
            return
        try:
            finished = [output for output in llm.llm_engine.step() if output.finished]
        except (RuntimeError, VLLMServerError) as cause:  # the first is torch's
            self._fail_all(cause)
            return
        for output in finished:
            self._answer(output)

    def _add(self, llm: Any, call: _Call, place: int, request: CompletionRequest) -> None:
        from vllm.exceptions import VLLMClientError

        number = str(next(self._numbers))
        try:
            if self._failure:
                raise self._failure
            prompt, opened = _write_prompt(llm.get_tokenizer(), request)
            params = self._sampling_params(request, self.context_tokens - len(prompt))
            llm.llm_engine.add_request(number, {"prompt_token_ids": prompt}, params)
        except (EngineFailed, Unreachable) as error:
            call.answer(place, error)
        except (ValueError, VLLMClientError) as cause:
            call.answer(place, EngineFailed(f"{self.name} refused the request: {cause}"))
        else:
            call.asked[number] = place, request, opened
            self._calls[number] = call

    def _answer(self, output: Any) -> None:
        call = self._calls.pop(output.request_id)
        place, request, opened = call.asked.pop(output.request_id)
        (written,) = output.outputs
        if written.finish_reason not in {Finish.STOP, Finish.LENGTH}:
            call.answer(place, Unreachable(f"{self.name} gave up the request: {written.finish_reason}"))
            return
        read_text = mark_thought if request.shows_thought else cut_thought
        text = written.text if request.schema else read_text(written.text, opened=opened)
        finish, tokens = Finish(written.finish_reason), (len(output.prompt_token_ids), len(written.token_ids))
        call.answer(place, Completion(text.strip(), finish, *tokens, output.num_cached_tokens or 0, call.lap()))

    def _fail_all(self, cause: Exception) -> None:
        """Answer all that is asked, in all calls: after an error in a step vLLM does not work any more."""
        self._failure = Unreachable(f"{self.name} has ended: {cause}; start again")
        for number, call in self._calls.items():
            place, _, _ = call.asked.pop(number)
            call.answer(place, self._failure)
        self._calls.clear()

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
        with self._loading:
            return self._load_once

    @cached_property
    def _load_once(self) -> Any:
        return _load(str(self._model), self._context)


def _load(model: str, context: int | None) -> Any:
    """Return vLLM with a model. Raises `BadSettings`: no request can succeed without one."""
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    from vllm import LLM
    from vllm.platforms import current_platform

    # Compiling takes a minute and a compiler; on a CPU it gains little.
    on_cpu: dict[str, Any] = {"enforce_eager": True, "kv_cache_memory_bytes": _CPU_CACHE_BYTES}
    try:
        return LLM(
            model,
            tokenizer_mode="hf",
            enable_prefix_caching=True,
            max_model_len=context or -1,
            use_tqdm_on_load=False,
            # Where any white space matches, small models write it until the limit.
            structured_outputs_config={"backend": "guidance", "disable_any_whitespace": True},
            **(on_cpu if current_platform.is_cpu() else {}),
        )
    except (OSError, ValueError, RuntimeError) as cause:
        raise BadSettings(f"vLLM cannot load the model {model!r}: {cause}; see the setting 'model'") from cause


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
    return VllmEngine(request.model, context=request.context, structured=request.structured)
