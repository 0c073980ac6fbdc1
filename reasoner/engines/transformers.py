"""The white-box engine: any rotary decoder-only model, in this process, through transformers."""

import importlib.util
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from midthought.ingest.language_model import Answer, CompletionRequest, PromptMessage
from midthought.memory.errors import BadSettings, EngineFailed, MissingExtra
from midthought.reasoner.engines.base import Token, TokenStream
from midthought.reasoner.engines.capabilities import Capabilities
from midthought.reasoner.engines.chat_prompt import begins_itself, write_chat
from midthought.reasoner.engines.detokeniser import Detokeniser
from midthought.reasoner.engines.model_file import find_model
from midthought.reasoner.engines.model_loading import EngineOptions, LoadedModel, load_model
from midthought.reasoner.engines.prompt_tokens import EntryPreparer, PromptTokens, token_starts
from midthought.reasoner.engines.registry import EngineRequest
from midthought.reasoner.engines.sampling import Sampler
from midthought.reasoner.engines.smollm2 import MODEL_NAME, convert_smollm2
from midthought.reasoner.engines.span_pins import SpanPins
from midthought.reasoner.engines.stop_strings import cut_at_stop
from midthought.reasoner.engines.thinking_formats import ThinkingFormat
from midthought.reasoner.engines.transformers_completion import complete_request, load_or_refuse
from midthought.reasoner.recalled_entries import RecalledEntries
from midthought.reasoner.spans.decoding import Decoding, SpanCoder
from midthought.reasoner.spans.logits_processor import mask_scores
from midthought.reasoner.spans.request import SpanRequest
from midthought.reasoner.zoom.kv.pins import Pins
from midthought.reasoner.zoom.zoom_policy import OpenedZoom, ZoomedText
from midthought.reasoner.zoom.zoom_recorder import ZoomRecorder
from midthought.reasoner.zoom.zoom_settings import KvMode
from midthought.reasoner.zoom.zoom_step import in_characters

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import DynamicCache

_PURPOSE = "the transformers engine"
_RECORD_EVERY = 16
"""Steps from one record of what was visible to the next; a record takes about as long as two layers."""

__all__ = ["EngineOptions", "KvMode", "TransformersEngine"]


class TransformersEngine:
    """Continues thoughts and completes prompts; weights are loaded at the first use, not before.

    Decoding does not use the library's ``generate``: it is a loop over the library's cache, greedy at temperature 0,
    else sampled from the nucleus. Each text has a separate random generator, never torch's global one.

    Args:
        model: a directory, or the name of a hub model (the only case in which the network is used); by default
            SmolLM2-135M-Instruct, which ``midthought model install`` brings.
        options: device, number format, thinking channel and so on.
        cache: where the default model lies and is converted to, once; `default_cache()` if None.

    Raises:
        MissingExtra: torch, transformers or the default model is not installed.
        BadSettings: `model` is a path and there is no such directory, or the zoom policy lacks a part that was given.
    """

    def __init__(
        self, model: str | Path | None = None, *, options: EngineOptions | None = None, cache: Path | None = None
    ) -> None:
        for package in ("torch", "transformers"):
            if importlib.util.find_spec(package) is None:
                raise MissingExtra(package, extra="local", purpose=_PURPOSE)
        if model is None:
            # Asked for now: a missing model must be an error when the engine is made, not at the first token.
            find_model(cache)
        if isinstance(model, Path) and not model.is_dir():
            raise BadSettings(f"{model} is not a directory: give one with config.json and weights, or a hub name")
        self._model = model
        self._options = options or EngineOptions()
        self._policy = self._options.zoom_policy()
        self._entries = EntryPreparer()
        self._cache = cache
        self._lock = Lock()

    @property
    def name(self) -> str:
        """``transformers:`` and the model's name, without the directories above it."""
        return f"transformers:{MODEL_NAME if self._model is None else Path(self._model).name}"

    @property
    def capabilities(self) -> Capabilities:
        """Spans for every tokeniser that `read_vocabulary` takes; entries where the zoom policy puts them in."""
        entries = self._policy is not None and self._policy.takes_entries
        return Capabilities(token_ids=True, prefix_cache=True, spans=True, entries=entries, zoom=True)

    @property
    def can_constrain(self) -> bool:
        """False: no grammar library is a requirement; the engine `vllm` constrains the same models."""
        return False

    @property
    def context_tokens(self) -> int:
        """The window of the model, which is loaded for it."""
        return self._loaded.window

    @property
    def settings(self) -> tuple[tuple[str, str | int | float | bool], ...]:
        """What attention sees of the cache, the number format, and how tokens are drawn."""
        values = self._options.named_values()
        shown = self._policy.named_values() if self._policy else ()
        return (*values, *((f"engine.zoom.{name}", value) for name, value in shown))

    @property
    def thinking(self) -> ThinkingFormat:
        """As `EngineOptions.thinking` says; the model is loaded for it."""
        return self._loaded.thinking

    def open_thought(self, question: str) -> str:
        """Return the chat template around `question`, and the thinking channel opened.

        Control tokens in the question lose their meaning. A model without a template gets the bare question.
        """
        loaded = self._loaded
        return loaded.thinking.open(write_chat(loaded.tokenizer, (PromptMessage("user", question),), loaded.marks))

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
    ) -> TokenStream:
        """Continue `prompt`; see `Engine.generate`. Also ends when the model's window is full."""
        if log_probs:
            raise ValueError(f"the engine {self.name!r} does not give log-probs")
        if temperature < 0:
            raise ValueError(f"temperature must be >= 0, got {temperature}")
        read = self._read_prompt(prompt, entries)
        state = None if spans is None else self._coder.begin(read.ids, spans)
        pins = SpanPins(len(read.ids), self._coder.find_segments(read.ids, spans) if spans else ())
        drawn = Sampler(temperature, self._options.top_p, seed)
        return cut_at_stop(self._decode(read, max_tokens, drawn, state, pins), stop)

    def complete(self, requests: Sequence[CompletionRequest]) -> Iterator[tuple[int, Answer]]:
        """Yield the answers in order; see `LanguageModel.complete`. A beginning that two prompts share is read once."""
        loaded = load_or_refuse(lambda: self._loaded)
        for place, request in enumerate(requests):
            yield place, complete_request(loaded, request, self._read_prompt, self._decode)

    def count_tokens(self, text: str) -> int:
        """Return how many tokens `text` is, without any the tokeniser would add at its start."""
        return len(self._loaded.encode(text))

    def _decode(
        self,
        prompt: PromptTokens,
        max_tokens: int,
        sampler: Sampler,
        state: Decoding | None = None,
        pins: SpanPins | None = None,
    ) -> TokenStream:
        loaded = self._loaded
        pins = pins or SpanPins(len(prompt.ids), ())
        zoom = self._open_zoom(prompt, pins.pins)
        cache, pending = self._prefill(prompt, zoom)
        pins.follow(state)
        recorder = ZoomRecorder(cache) if zoom else None
        text = Detokeniser(loaded.decode, prompt.ids)
        draw = sampler.on(loaded.model.device)
        forced: int | None = None
        for number in range(min(max_tokens, loaded.window - len(prompt.ids))):
            recorded = recorder if recorder and number % _RECORD_EVERY == 0 else None
            if recorded:
                recorded.listen()
            scores = self._forward(pending, cache)
            token = draw(scores if state is None else mask_scores(scores, state)) if forced is None else forced
            if token in loaded.ends:
                return
            state = None if state is None else state.push(token)
            pins.follow(state)
            forced = _next_forced(zoom, token, state)
            piece = text.push(token)
            yield Token(piece, token, in_characters(recorded.take(), prompt.starts) if recorded else None)
            prompt.starts.append(prompt.starts[-1] + len(piece))
            pending = [token]

    def _read_prompt(self, prompt: str, entries: RecalledEntries | None = None) -> PromptTokens:
        loaded = self._loaded
        if entries is None:
            ids = self._encode(prompt)
            starts = token_starts(loaded.tokenizer, prompt, len(ids)) if self._policy else [0]
            return PromptTokens(ids, starts)
        if not self.capabilities.entries:
            raise ValueError("only a zoom policy that takes entries puts them into the cache: zoom_policy = entries")
        if not 0 < entries.place < len(prompt):
            raise ValueError(f"entries must stand inside the prompt of {len(prompt)} characters, got {entries.place}")
        prefix = self._encode(prompt[: entries.place])
        read: PromptTokens = self._entries.read(loaded.model, loaded.tokenizer, prompt, prefix, entries)
        self._check_window(read.ids)
        return read

    def _open_zoom(self, prompt: PromptTokens, pins: Pins) -> OpenedZoom | None:
        if self._policy is None:
            return None
        loaded = self._loaded
        text = ZoomedText(
            loaded.model.config, loaded.encode, loaded.decode, len(prompt.ids), pins, prepared=prompt.prepared
        )
        return self._policy.open(text)

    def _prefill(self, prompt: PromptTokens, zoom: OpenedZoom | None = None) -> tuple["DynamicCache", list[int]]:
        """Read all of the prompt but its last, possibly partial, chunk; return the cache and that chunk."""
        loaded, ids = self._loaded, prompt.ids
        # At least one token is left for the first step, whose scores give the first new token.
        last = (len(ids) - 1) // loaded.chunk * loaded.chunk
        cache, done = (zoom.cache, prompt.held) if zoom else loaded.prefixes.lend(ids[:last])
        prompt.reused = 0 if zoom else done
        for start in range(done, last, loaded.chunk):
            self._forward(ids[start : min(last, start + loaded.chunk)], cache)
        loaded.prefixes.keep(ids[:last], cache)
        return cache, ids[max(last, done) :]

    def _forward(self, ids: list[int], cache: "DynamicCache") -> "Tensor":
        """Feed `ids` and return the scores of the token after them, shape ``(vocabulary,)``."""
        import torch

        model = self._loaded.model
        try:
            # Not around the loop: a generator would leave the caller in inference mode between two tokens.
            with torch.inference_mode():
                row = torch.tensor([ids], device=model.device)
                scores: Tensor = model(row, past_key_values=cache, use_cache=True, logits_to_keep=1).logits[0, -1]
                return scores
        except RuntimeError as cause:
            raise EngineFailed(f"{self.name} stopped after {cache.get_seq_length()} tokens: {cause}") from cause

    def _encode(self, prompt: str) -> list[int]:
        loaded = self._loaded
        begun = begins_itself(loaded.tokenizer, prompt)
        ids: list[int] = loaded.tokenizer(prompt, add_special_tokens=not begun).input_ids
        if not ids:
            raise ValueError("the prompt must not be empty")
        self._check_window(ids)
        return ids

    def _check_window(self, ids: list[int]) -> None:
        window = self._loaded.window
        if len(ids) >= window:
            raise EngineFailed(f"the prompt has {len(ids)} tokens, and {self.name} reads at most {window - 1}")

    @property
    def _loaded(self) -> LoadedModel:
        with self._lock:
            return self._load_once

    @cached_property
    def _coder(self) -> SpanCoder:
        return SpanCoder(self._loaded.tokenizer)

    @cached_property
    def _load_once(self) -> LoadedModel:
        return load_model(convert_smollm2(self._cache) if self._model is None else self._model, self._options)


def make_transformers_engine(request: EngineRequest) -> TransformersEngine:
    """Return the engine that settings describe; the weights are loaded at the first use."""
    options = EngineOptions(kv=request.kv, visible=request.visible, zoom=request.zoom, thinking=request.thinking)
    return TransformersEngine(request.model, options=options, cache=request.cache)


def _next_forced(zoom: OpenedZoom | None, token: int, state: Decoding | None) -> int | None:
    """Return the token that must come next for a summary; none while a quote is open, which must stay verbatim."""
    if zoom is None or zoom.writer is None or (state is not None and state.is_open):
        return None
    return zoom.writer.read(token)
