"""The white-box engine: any rotary decoder-only model, in this process, through transformers."""

import importlib.util
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from midthought.memory.errors import BadSettings, EngineFailed, MissingExtra
from midthought.reasoner.control_marks import disarm_marks
from midthought.reasoner.engines.base import Token, TokenStream
from midthought.reasoner.engines.detokeniser import Detokeniser
from midthought.reasoner.engines.kv_mode import KvMode
from midthought.reasoner.engines.model_file import find_model
from midthought.reasoner.engines.model_loading import EngineOptions, LoadedModel, load_model
from midthought.reasoner.engines.sampling import pick_token
from midthought.reasoner.engines.smollm2 import MODEL_NAME, convert_smollm2
from midthought.reasoner.engines.span_pins import SpanPins
from midthought.reasoner.engines.stop_strings import cut_at_stop
from midthought.reasoner.spans.decoding import Decoding, SpanCoder
from midthought.reasoner.spans.logits_processor import mask_scores
from midthought.reasoner.spans.request import SpanRequest
from midthought.reasoner.zoom.kv.pins import Pins
from midthought.reasoner.zoom.zoom_cache import zoom_cache
from midthought.reasoner.zoom.zoom_recorder import ZoomRecorder
from midthought.reasoner.zoom.zoom_step import in_characters

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import DynamicCache

_PURPOSE = "the transformers engine"
_RECORD_EVERY = 16
"""Steps from one record of what was visible to the next; a record takes about as long as two layers."""

__all__ = ["EngineOptions", "KvMode", "TransformersEngine"]


class TransformersEngine:
    """Runs a decoder-only model with rotary positions; weights are loaded at the first use, not before.

    Decoding is a loop of our own over the library's cache: greedy at temperature 0, else sampled from the nucleus with
    a generator of its own, never torch's global one.

    Args:
        model: a directory, or the name of a hub model (the only case in which the network is used); by default
            SmolLM2-135M-Instruct, which ``midthought model install`` brings.
        options: device, number format, thinking channel and so on.
        cache: where the default model lies and is converted to, once; `default_cache()` if None.

    Raises:
        MissingExtra: torch, transformers or the default model is not installed.
        BadSettings: `model` is a path and there is no such directory.
    """

    def __init__(
        self, model: str | Path | None = None, *, options: EngineOptions | None = None, cache: Path | None = None
    ) -> None:
        for package in ("torch", "transformers"):
            if importlib.util.find_spec(package) is None:
                raise MissingExtra(package, extra="local", purpose=_PURPOSE)
        if model is None:
            find_model(cache)
        if isinstance(model, Path) and not model.is_dir():
            raise BadSettings(f"{model} is not a directory: give one with config.json and weights, or a hub name")
        self._model = model
        self._options = options or EngineOptions()
        self._cache = cache
        self._lock = Lock()

    @property
    def name(self) -> str:
        """``transformers:`` and the model's name, without the directories above it."""
        return f"transformers:{MODEL_NAME if self._model is None else Path(self._model).name}"

    @property
    def can_constrain(self) -> bool:
        """True, for every tokeniser that `read_vocabulary` takes."""
        return True

    @property
    def settings(self) -> tuple[tuple[str, str | int | float | bool], ...]:
        """What attention sees of the cache, the number format, and how tokens are drawn."""
        return self._options.named_values()

    def open_thought(self, question: str) -> str:
        """Return the chat template around `question`, and the thinking channel opened.

        Control tokens in the question lose their meaning. A model without a template gets the bare question.
        """
        question = disarm_marks(question, self._loaded.marks)
        opening = self._options.thought_opening
        tokenizer = self._loaded.tokenizer
        if tokenizer.chat_template is None:
            return f"{question}\n\n{opening}"
        messages = [{"role": "user", "content": question}]
        prompt = str(tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))
        already = opening.strip() and prompt.rstrip().endswith(opening.strip())
        return prompt if already else prompt + opening

    def generate(
        self,
        prompt: str,
        *,
        stop: Sequence[str] = (),
        max_tokens: int = 512,
        temperature: float = 0.0,
        seed: int = 0,
        spans: SpanRequest | None = None,
    ) -> TokenStream:
        """Continue `prompt`; see `Engine.generate`. Also ends where the model's window is full."""
        if temperature < 0:
            raise ValueError(f"temperature must be >= 0, got {temperature}")
        ids = self._encode(prompt)
        starts = self._token_starts(prompt, len(ids)) if self._options.kv is KvMode.ZOOM else [0]
        state = None if spans is None else self._coder.begin(ids, spans)
        pins = SpanPins(len(ids), self._coder.find_segments(ids, spans) if spans else ())
        return cut_at_stop(self._decode(ids, starts, max_tokens, temperature, seed, state, pins), stop)

    def count_tokens(self, text: str) -> int:
        """Return how many tokens `text` is, without any the tokeniser would add at its start."""
        return len(self._loaded.tokenizer(text, add_special_tokens=False).input_ids)

    def _decode(
        self,
        ids: list[int],
        starts: list[int],
        max_tokens: int,
        temperature: float,
        seed: int,
        state: Decoding | None,
        pins: SpanPins,
    ) -> TokenStream:
        import torch

        loaded = self._loaded
        cache, pending = self._prefill(ids, pins.pins)
        pins.follow(state)
        recorder = ZoomRecorder(cache) if self._options.kv is KvMode.ZOOM else None
        text = Detokeniser(lambda some: str(loaded.tokenizer.decode(some, clean_up_tokenization_spaces=False)), ids)
        generator = torch.Generator(loaded.model.device).manual_seed(seed)
        for number in range(min(max_tokens, loaded.window - len(ids))):
            recorded = recorder if recorder and number % _RECORD_EVERY == 0 else None
            if recorded:
                recorded.listen()
            scores = self._forward(pending, cache)
            if state is not None:
                scores = mask_scores(scores, state)
            token = pick_token(scores, temperature=temperature, top_p=self._options.top_p, generator=generator)
            if token in loaded.ends:
                return
            state = None if state is None else state.push(token)
            pins.follow(state)
            piece = text.push(token)
            yield Token(piece, token, in_characters(recorded.take(), starts) if recorded else None)
            starts.append(starts[-1] + len(piece))
            pending = [token]

    def _prefill(self, ids: list[int], pins: Pins | None = None) -> tuple["DynamicCache", list[int]]:
        """Read all of the prompt but its last, possibly partial, chunk; return the cache and that chunk."""
        loaded = self._loaded
        last = (len(ids) - 1) // loaded.chunk * loaded.chunk
        if self._options.kv is KvMode.ZOOM:
            cache, done = zoom_cache(loaded.model.config, self._options.visibility, pins=pins), 0
        else:
            cache, done = loaded.prefixes.lend(ids[:last])
        for start in range(done, last, loaded.chunk):
            self._forward(ids[start : start + loaded.chunk], cache)
        loaded.prefixes.keep(ids[:last], cache)
        return cache, ids[last:]

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
        begins = loaded.tokenizer.bos_token
        # A chat template writes the begin-of-text token itself; a second one makes models worse.
        twice = bool(begins) and prompt.startswith(begins)
        ids: list[int] = loaded.tokenizer(prompt, add_special_tokens=not twice).input_ids
        if not ids:
            raise ValueError("the prompt must not be empty")
        if len(ids) >= loaded.window:
            raise EngineFailed(f"the prompt has {len(ids)} tokens, and {self.name} reads at most {loaded.window - 1}")
        return ids

    def _token_starts(self, prompt: str, tokens: int) -> list[int]:
        """Return where in `prompt` each token begins, and last where it ends; all at its end where nobody knows."""
        tokenizer = self._loaded.tokenizer
        if not tokenizer.is_fast:
            return [len(prompt)] * (tokens + 1)
        offsets = tokenizer(prompt, add_special_tokens=False, return_offsets_mapping=True).offset_mapping
        added = tokens - len(offsets)
        return [*([0] * added), *(start for start, _ in offsets), len(prompt)]

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
