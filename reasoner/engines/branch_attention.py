"""Attention of branches that share a beginning: its keys and values stand in the cache once, for all of them.

The queries of all branches meet the shared keys in one matrix product, and their own keys row by row; one softmax goes
over both. So a step reads the shared part once and not once per branch (as in "Hydragen", arXiv 2402.05099).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any

from midthought.reasoner.engines.growing_cache import GrowingLayer

if TYPE_CHECKING:
    from torch import Tensor

_lock = Lock()
_REPLACED = "sdpa"
_NAME = "midthought_branches"


class BranchLayer(GrowingLayer):
    """One layer of a batch: `keys` and `values` are the rows' own, shorter ones with zeros before them.

    Attributes:
        shared: keys and values of the beginning, of one row.
        hidden: True for the zeros before a row's own keys, shape ``(rows, 1, 1, tokens)``; None if no row has any.
        asked: attention has read this layer since it was last set to False.
    """

    shared: "tuple[Tensor, Tensor]"
    hidden: "Tensor | None" = None
    asked: bool = False

    def update(self, key_states: "Tensor", value_states: "Tensor", *_: Any, **__: Any) -> "tuple[Tensor, Tensor]":
        """Add the keys and values of one token per row; return the rows' own, which attention recognises."""
        keys, values = super().update(key_states, value_states)
        keys.branch_layer = values.branch_layer = self  # type: ignore[attr-defined]
        return keys, values


@cache
def branch_layer() -> Any:
    """Return the class of layers; made at the first call, because importing this module does not load transformers."""
    from transformers.cache_utils import DynamicLayer

    return type("BranchDynamicLayer", (BranchLayer, DynamicLayer), {})


@contextmanager
def attending_to_branches(model: Any) -> Iterator[None]:
    """Let a model attend to `BranchLayer`; to any other cache it attends as before, bit for bit.

    So other threads may use the model meanwhile; its own attention comes back when the last one has left.
    """
    _register()
    _enter(model)
    try:
        yield
    finally:
        _leave(model)


def _enter(model: Any) -> None:
    with _lock:
        model._branch_readers = getattr(model, "_branch_readers", 0) + 1
        if model._branch_readers == 1:
            _exchange(model, _REPLACED, _NAME)


def _leave(model: Any) -> None:
    with _lock:
        model._branch_readers -= 1
        if not model._branch_readers:
            _exchange(model, _NAME, _REPLACED)


def _exchange(model: Any, before: str, after: str) -> None:
    for config in {id(one.config): one.config for one in model.modules() if _has_implementation(one)}.values():
        if config._attn_implementation_internal == before:
            config._attn_implementation_internal = after


def _has_implementation(module: Any) -> bool:
    return hasattr(getattr(module, "config", None), "_attn_implementation_internal")


@cache
def _register() -> None:
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.integrations.sdpa_attention import sdpa_attention_forward
    from transformers.masking_utils import sdpa_mask

    def attend(
        module: Any, query: "Tensor", key: "Tensor", value: "Tensor", attention_mask: Any = None, **options: Any
    ) -> Any:
        layer = _layer_of(key, value)
        if layer is None:
            return sdpa_attention_forward(module, query, key, value, attention_mask, **options)
        layer.asked = True
        return attend_to_branches(layer, query, options.get("scaling") or query.shape[-1] ** -0.5), None

    AttentionInterface.register(_NAME, attend)
    AttentionMaskInterface.register(_NAME, sdpa_mask)


def _layer_of(key: "Tensor", value: "Tensor") -> BranchLayer | None:
    """Return the layer that returned these keys and values; None if a model changed either, or for other caches."""
    layer: BranchLayer | None = getattr(key, "branch_layer", None)
    return layer if getattr(value, "branch_layer", None) is layer else None


def attend_to_branches(layer: BranchLayer, query: "Tensor", scaling: float) -> "Tensor":
    """Return what one query per row sees, ``(rows, 1, query heads, head size)``.

    Args:
        layer: with `h` KV heads, its newest token included.
        query: ``(rows, query heads, 1, head size)``; the heads that share keys stand side by side.
        scaling: multiplies the scores.
    """
    import torch

    (shared_keys, shared_values), keys, values = layer.shared, layer.keys, layer.values
    rows, heads = keys.shape[:2]
    group, length = query.shape[1] // heads, shared_keys.shape[-2]
    scaled = query.reshape(rows, heads, group, query.shape[-1]) * scaling
    together = scaled.transpose(0, 1).reshape(heads, rows * group, -1)
    to_shared = (together @ shared_keys[0].mT).view(heads, rows, group, length).transpose(0, 1)
    to_own = scaled @ keys.mT
    if layer.hidden is not None:
        to_own = to_own.masked_fill(layer.hidden, float("-inf"))
    weights = torch.cat([to_shared, to_own], dim=-1).softmax(dim=-1, dtype=torch.float32).to(query.dtype)
    of_shared = weights[..., :length].transpose(0, 1).reshape(heads, rows * group, length) @ shared_values[0]
    seen = of_shared.view(heads, rows, group, -1).transpose(0, 1) + weights[..., length:] @ values
    return seen.reshape(rows, 1, heads * group, -1)
