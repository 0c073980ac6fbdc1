"""Loads a decoder-only model with its tokeniser, and looks up once what decoding needs of them."""

import re
from dataclasses import dataclass, field
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from midthought.memory.errors import EngineFailed
from midthought.reasoner.engines.branch_cache import can_share
from midthought.reasoner.engines.chat_prompt import special_marks
from midthought.reasoner.engines.prefix import PrefixStore
from midthought.reasoner.engines.thinking_formats import AUTO, ThinkingFormat, find_format, find_format_by_name
from midthought.reasoner.zoom.kv.enabling import enable_zoom
from midthought.reasoner.zoom.registry import POLICIES
from midthought.reasoner.zoom.zoom_cache import zoom_cache
from midthought.reasoner.zoom.zoom_settings import KvMode, ZoomSettings
from midthought.retrieval.encoders.quiet_bars import quiet_bars

if TYPE_CHECKING:
    from midthought.reasoner.zoom.zoom_policy import ZoomPolicy

Dtype = Literal["auto", "float32", "bfloat16", "float16"]

_CPU_CHUNK = 64
"""On 2 cores chunks of 64 tokens are read as fast as 512 at once in fp32 (494 and 462 tokens/s), 32 slower (327)."""
_GPU_CHUNK = 512
_CPU_KEPT, _GPU_KEPT = 1024, 8192


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """How the model is run.

    Attributes:
        device: a torch device; None takes a GPU if there is one.
        dtype: ``auto`` is float32 on a CPU, bfloat16 elsewhere; for models above 1B on a CPU say ``bfloat16``.
        thinking: how the model marks a thought: a format, or the name of one; ``auto`` asks the tokeniser.
        top_p: sampling keeps the best tokens up to this probability; without effect at temperature 0.
        reuse_prefix: keep the keys and values of the last texts for prompts that begin the same way.
        exact_reuse: reuse only whole chunks that were read, so that the results are equal bit by bit to those without
            reuse. What was written, and the rest of the last chunk, is read again.
        kept_mb: how much is kept, in MiB; None is 1024 on a CPU and 8192 on a GPU. The last text is always kept.
        parallel: the maximum number of texts in one batch.
        chunk: tokens read at once; None is 64 on a CPU and 512 on a GPU.
        kv: ``zoom`` opens only the parts that matter of a long text; see docs/zoom.md. No prefix is reused then: an
            index learns from the queries of the whole text, and the same arguments must give the same tokens.
        visible: of all tokens, the share that a zoomed step sees.
        zoom: the zoom policy and its parts; without effect unless `kv` is ``zoom``.
    """

    device: str | None = None
    dtype: Dtype = "auto"
    thinking: str | ThinkingFormat = AUTO
    top_p: float = 0.95
    reuse_prefix: bool = True
    exact_reuse: bool = False
    kept_mb: int | None = None
    parallel: int = 8
    chunk: int | None = None
    kv: KvMode = KvMode.FULL
    visible: float = 0.2
    zoom: ZoomSettings = field(default_factory=ZoomSettings)

    def __post_init__(self) -> None:
        if not 0 < self.top_p <= 1:
            raise ValueError(f"top_p must be in (0, 1], got {self.top_p}")
        for name in ("chunk", "kept_mb", "parallel"):
            if (value := getattr(self, name)) is not None and value < 1:
                raise ValueError(f"{name} must be >= 1, got {value}")
        if not 0 < self.visible <= 1:
            raise ValueError(f"visible must be in (0, 1], got {self.visible}")

    def thinking_format(self, tokenizer: Any) -> ThinkingFormat:
        """Return how a model marks a thought. Raises `BadSettings` if there is no format of the name."""
        if isinstance(self.thinking, ThinkingFormat):
            return self.thinking
        return find_format(tokenizer) if self.thinking == AUTO else find_format_by_name(self.thinking)

    def zoom_policy(self) -> "ZoomPolicy | None":
        """Return a new zoom policy; None if all is visible. Raises `BadSettings` if it lacks a part that was given."""
        return POLICIES.load(self.zoom.policy)(self.zoom, self.visible) if self.kv is KvMode.ZOOM else None

    def named_values(self) -> tuple[tuple[str, str | int | float | bool], ...]:
        """Return what the text depends on by name."""
        found: list[tuple[str, str | int | float | bool]] = [("kv", self.kv.value), ("dtype", self.dtype)]
        thinking = self.thinking if isinstance(self.thinking, str) else self.thinking.name
        found += [("top_p", self.top_p), ("thinking", thinking)]
        if self.kv is KvMode.ZOOM:
            found += [("visible", self.visible)]
            found += [(f"zoom.{name}", value) for name, value in self.zoom.changed_values()]
        return tuple((f"engine.{name}", value) for name, value in found)


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """The model with what is looked up once: `ends` are the end-of-text ids, `window` the longest text in tokens."""

    model: Any
    tokenizer: Any
    prefixes: PrefixStore
    ends: frozenset[int]
    window: int
    marks: re.Pattern[str]
    chunk: int
    thinking: ThinkingFormat
    exact_reuse: bool

    @property
    def can_batch(self) -> bool:
        """Whether texts of different lengths can be one batch: the model must be told the positions."""
        return self.prefixes.is_plain and "position_ids" in signature(self.model.forward).parameters

    @property
    def can_share(self) -> bool:
        """Whether the branches of a batch need the keys of what they share only once; found out at the first call."""
        if not hasattr(self.model, "_shares_branches"):
            self.model._shares_branches = can_share(self.model)
        return bool(self.model._shares_branches)

    def encode(self, text: str) -> list[int]:
        """Return the tokens of a part of a text, without any the tokeniser would add at its start."""
        ids: list[int] = self.tokenizer(text, add_special_tokens=False).input_ids
        return ids

    def decode(self, ids: list[int]) -> str:
        """Return the text of tokens, as it is: no spaces are cleaned up."""
        return str(self.tokenizer.decode(ids, clean_up_tokenization_spaces=False))


def load_model(model: str | Path, options: EngineOptions) -> LoadedModel:
    """Return the model in a directory, or of a hub name (only then is the network used).

    Raises `EngineFailed` if there is none that transformers can load.
    """
    try:
        return _load(str(model), options)
    except (OSError, ValueError) as cause:
        raise EngineFailed(f"cannot load the model {str(model)!r}: {cause}") from cause


def _load(model: str, options: EngineOptions) -> LoadedModel:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    local = Path(model).is_dir()
    device = torch.device(options.device or ("cuda" if torch.cuda.is_available() else "cpu"))
    dtype = _pick_dtype(options.dtype, device.type)
    with quiet_bars():
        # A directory must not lead to a download, even if a file is missing in it.
        tokenizer: Any = AutoTokenizer.from_pretrained(model, local_files_only=local)
        weights: Any = AutoModelForCausalLM.from_pretrained(model, dtype=dtype, local_files_only=local)
    weights = weights.to(device).eval()
    if options.kv is KvMode.ZOOM:
        enable_zoom(weights)
        zoom_cache(weights.config)  # raises for a model with nothing to zoom
    on_cpu = device.type == "cpu"
    chunk = options.chunk or (_CPU_CHUNK if on_cpu else _GPU_CHUNK)
    return LoadedModel(
        model=weights,
        tokenizer=tokenizer,
        prefixes=PrefixStore(
            weights.config,
            grain=chunk if options.exact_reuse else 1,
            max_bytes=(options.kept_mb or (_CPU_KEPT if on_cpu else _GPU_KEPT)) << 20,
            reuse=options.reuse_prefix and options.kv is KvMode.FULL,
        ),
        ends=_end_ids(weights.generation_config.eos_token_id, tokenizer.eos_token_id),
        window=weights.config.get_text_config(decoder=True).max_position_embeddings,
        marks=special_marks(tokenizer),
        chunk=chunk,
        thinking=options.thinking_format(tokenizer),
        exact_reuse=options.exact_reuse,
    )


def _pick_dtype(wanted: Dtype, device: str) -> Any:
    """Return the torch dtype; ``auto`` is float32 on a CPU.

    Measured on 2 cores with bfloat16 units, SmolLM2-135M, tokens/s decoded and seconds for 4 branches of 670 tokens:
    27 and 2.1 in float32, 25 and 1.2 in bfloat16. Only reading gains, and float32 stays closest to the reference.
    """
    import torch

    name = ("float32" if device == "cpu" else "bfloat16") if wanted == "auto" else wanted
    return getattr(torch, name)


def _end_ids(*found: int | list[int] | None) -> frozenset[int]:
    """Return every end-of-text id a model names, in whichever of its files."""
    return frozenset(one for some in found if some is not None for one in ([some] if isinstance(some, int) else some))
