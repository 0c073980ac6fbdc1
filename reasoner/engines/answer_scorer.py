"""How probable an answer is after a text, under a model in this process, as compaction asks."""

import importlib.util
from functools import cached_property
from pathlib import Path
from threading import Lock

from midthought.memory.errors import EngineFailed, MissingExtra
from midthought.reasoner.engines.model_loading import EngineOptions, LoadedModel, load_model
from midthought.reasoner.engines.smollm2 import MODEL_NAME, convert_smollm2

_CHUNK = 16
"""The grain in which the beginning that two prefixes share is reused. Rounding leaves 8 tokens a call on average to
read again; bit-for-bit equality with other chunks is not needed here."""


class TransformersScorer:
    """Scores answers with any decoder-only model; the weights are loaded at the first use.

    The keys and values of the last text are kept: of the next text only what follows the common beginning is read.
    Threads may share it; they take turns.

    Args:
        model: a directory or a hub name; by default SmolLM2-135M-Instruct, which ``midthought model install`` brings.
        options: device and number format. On a processor with bfloat16 units, ``dtype="bfloat16"`` is three times as
            fast as the default.
        cache: where the default model lies.
    """

    def __init__(
        self, model: str | Path | None = None, *, options: EngineOptions | None = None, cache: Path | None = None
    ) -> None:
        self._model = model
        # One text: the next is mostly the same one with another end.
        self._options = options or EngineOptions(chunk=_CHUNK, exact_reuse=True, kept_mb=1)
        self._cache = cache
        self._lock = Lock()

    @property
    def name(self) -> str:
        """``transformers:`` and the model's name, without the directories above it."""
        return f"transformers:{MODEL_NAME if self._model is None else Path(self._model).name}"

    def count_tokens(self, text: str) -> int:
        """Return how many tokens `text` is for this model."""
        with self._lock:
            return len(self._loaded.encode(text))

    def nll(self, prefix: str, continuation: str) -> float:
        """Return the mean NLL of `continuation` in nats per token; see `AnswerScorer`.

        Raises:
            ValueError: `continuation` has no token, or more than the window of the model.
            MissingExtra: torch, transformers or the default model is not installed.
            EngineFailed: the model cannot be loaded, or stopped.
        """
        with self._lock:
            loaded = self._loaded
            target = loaded.encode(continuation)
            room = loaded.window - len(target)
            if not target or room < 1:
                raise ValueError(f"continuation must be 1 to {loaded.window - 1} tokens, got {len(target)}")
            before = loaded.encode(prefix)[-room:] or [min(loaded.ends, default=0)]
            return self._score(before, target)

    def _score(self, before: list[int], target: list[int]) -> float:
        import torch

        loaded = self._loaded
        # The last token of the prefix is always read: its scores are those of the first token of the target.
        cache, done = loaded.prefixes.lend(before[:-1])
        text = [*before, *target[:-1]]
        try:
            with torch.inference_mode():
                row = torch.tensor([text[done:]], device=loaded.model.device)
                read = loaded.model(row, past_key_values=cache, use_cache=True, logits_to_keep=len(target))
                wanted = torch.tensor(target, device=loaded.model.device)
                nll = torch.nn.functional.cross_entropy(read.logits[0, -len(target) :].float(), wanted)
        except RuntimeError as cause:
            raise EngineFailed(f"{self.name} stopped at a text of {len(text)} tokens: {cause}") from cause
        loaded.prefixes.keep(text, cache)
        return float(nll)

    @cached_property
    def _loaded(self) -> LoadedModel:
        for package in ("torch", "transformers"):
            if importlib.util.find_spec(package) is None:
                raise MissingExtra(package, extra="local", purpose="compacting traces")
        return load_model(convert_smollm2(self._cache) if self._model is None else self._model, self._options)
