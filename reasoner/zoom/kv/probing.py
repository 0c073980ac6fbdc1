"""Asks a model, by reading a few tokens, whether it can be zoomed."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from midthought.memory.errors import BadSettings
from midthought.reasoner.zoom.kv.probe_store import ProbeStore
from midthought.reasoner.zoom.kv.zoom_store import zoom_layer
from midthought.reasoner.zoom.zoom_cache import replace_layers

if TYPE_CHECKING:
    from torch import Tensor

_PIECES = (6, 3, 1, 1)
"""Tokens of the probe: a prompt, a piece behind it, and single ones."""


class Refusal(StrEnum):
    """Why a model cannot be zoomed."""

    IMPLEMENTATION = "only the attention implementations 'sdpa' and 'eager' can be zoomed: load it with one of them"
    NO_CACHE = "it does not read tokens piece by piece through a cache of transformers"
    UNSEEN = "its attention does not ask the cache: it is fixed, or rebuilds keys or values that the cache has returned"
    SCORES = "its attention does more than weigh the values of visible tokens by query and key"
    LOGITS = "through the cache it computes something else than through the library's own"


def refuse(model: Any, reason: Refusal, detail: str = "") -> BadSettings:
    """Return the error that says why `model` cannot be zoomed, and what to use instead."""
    found = f"{reason} ({detail})" if detail else str(reason)
    kind = model.config.model_type
    return BadSettings(f"{type(model).__name__} ({kind!r}) cannot be zoomed: {found}; use kv = full for this model")


def probe(model: Any) -> None:
    """Raise `BadSettings` unless a zoomed cache does in `model` what it promises.

    The model, whose calls are wrapped already, reads the same tokens through a stock cache and through one of
    `ProbeStore`. Every store must be asked at every call; zoomed attention must make of every query what the model's
    own does; and the scores must be those of the stock cache.
    """
    cache = replace_layers(model.config, lambda _: zoom_layer(ProbeStore)())
    stores = [layer for layer in cache.layers if isinstance(layer, ProbeStore)]
    with _evaluating(model):
        expected = _read(model, None)
        found = _read(model, cache)
    silent = [number for number, store in enumerate(stores) if store.asked < len(_PIECES)]
    if silent:
        raise refuse(model, Refusal.UNSEEN, f"{len(silent)} of {len(stores)} layers were not asked")
    # Half-precision numbers have about three digits.
    tolerance = 1e-4 if model.dtype.itemsize > 2 else 3e-2
    gap = max(store.gap for store in stores)
    if not gap <= tolerance:
        raise refuse(model, Refusal.SCORES, f"zoomed attention differs by {gap:.2g} of its greatest number")
    gap = float((found - expected).abs().max() / expected.abs().max())
    if not gap <= tolerance:
        raise refuse(model, Refusal.LOGITS, f"scores differ by {gap:.2g} of the greatest")


def _read(model: Any, cache: Any) -> "Tensor":
    """Return the scores behind every token of the probe, fed in pieces; of a stock cache where `cache` is None."""
    import torch
    from transformers import DynamicCache

    held = DynamicCache(config=model.config) if cache is None else cache
    vocabulary = model.config.get_text_config(decoder=True).vocab_size
    # Different tokens in the middle of the vocabulary, the same on every machine.
    tokens = (torch.arange(sum(_PIECES), device=model.device)[None] * 7 + vocabulary // 3) % vocabulary
    try:
        with torch.inference_mode():
            scores = [model(part, past_key_values=held, use_cache=True).logits[0] for part in tokens.split(_PIECES, 1)]
    except Exception as cause:
        # Whatever a model of any kind raises here, it means the same: this model does not read through such a cache.
        raise refuse(model, Refusal.NO_CACHE, f"{type(cause).__name__}: {cause}") from cause
    return torch.cat(scores).float()


@contextmanager
def _evaluating(model: Any) -> Iterator[None]:
    """Leave dropout out, and every module in its mode afterwards."""
    training = [module for module in model.modules() if module.training]
    model.eval()
    try:
        yield
    finally:
        for module in training:
            module.training = True
