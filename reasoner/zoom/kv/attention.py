"""Attention over what is visible: the one place that sees the query, so the one where pages can be chosen for it."""

import sys
from functools import cache
from typing import TYPE_CHECKING, Any

from midthought.reasoner.zoom.kv.probe_store import ProbeStore
from midthought.reasoner.zoom.kv.zoom_store import VisibleKV

if TYPE_CHECKING:
    from torch import Tensor

ZOOMED = {"sdpa": "midthought_zoom", "eager": "midthought_zoom_eager"}
"""The attention that takes the place of a model's own while it reads through a zoomed cache."""


@cache
def register_attention() -> None:
    """Make the attention of `ZOOMED` known to transformers, with the masks of those that it replaces."""
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.integrations.sdpa_attention import sdpa_attention_forward
    from transformers.masking_utils import eager_mask, sdpa_mask

    # Models name the last argument, or do not: it must be called as the library calls it.
    def attend(
        module: Any, query: "Tensor", key: "Tensor", value: "Tensor", attention_mask: Any = None, **options: Any
    ) -> Any:
        return _attend(sdpa_attention_forward, _attend_grouped, module, query, key, value, attention_mask, options)

    def attend_eagerly(
        module: Any, query: "Tensor", key: "Tensor", value: "Tensor", attention_mask: Any = None, **options: Any
    ) -> Any:
        own = sys.modules[type(module).__module__].eager_attention_forward
        return _attend(own, _attend_with(own), module, query, key, value, attention_mask, options)

    AttentionInterface.register(ZOOMED["sdpa"], attend)
    AttentionInterface.register(ZOOMED["eager"], attend_eagerly)
    AttentionMaskInterface.register(ZOOMED["sdpa"], sdpa_mask)
    AttentionMaskInterface.register(ZOOMED["eager"], eager_mask)


def _attend(
    own: Any,
    zoomed: Any,
    module: Any,
    query: "Tensor",
    key: "Tensor",
    value: "Tensor",
    mask: "Tensor | None",
    options: dict[str, Any],
) -> Any:
    """Return what `zoomed` makes of the visible part, or `own` of everything if there is no store behind `key`.

    While the model is probed, both are asked: the store compares them, and the model uses its own.
    """
    store = getattr(key, "zoom_store", None)
    if store is None:
        # An ordinary cache, or none: the model computes as before, bit for bit.
        return own(module, query, key, value, mask, **options)
    scaling = options.get("scaling") or query.shape[-1] ** -0.5
    if isinstance(store, ProbeStore):
        found = own(module, query, key, value, mask, **options)
        if store.was_given(value):
            store.compare(
                zoomed(module, query, store.read_visible(query, scaling=scaling), scaling, options)[0], found[0]
            )
        return found
    # The values must be those of this store: some models change them before attention.
    store.check_values(value)
    _refuse_padding(mask, query.shape[-2], key.shape[-2])
    shown: VisibleKV | None = store.read_visible(query, scaling=scaling)
    if shown is None:
        return own(module, query, *_all_of(store, key, value), mask, **options)
    return zoomed(module, query, shown, scaling, options)


def _all_of(store: Any, key: "Tensor", value: "Tensor") -> "tuple[Tensor, Tensor]":
    """Return what is stored, where `key` and `value` only stand for it."""
    if not store.buffer.moves:
        return key, value
    keys, values = store.read_all()
    return keys, values


def _attend_with(own: Any) -> Any:
    """Return the model's own attention over the visible keys and values."""

    def attend(module: Any, query: "Tensor", shown: VisibleKV, _scaling: float, options: dict[str, Any]) -> Any:
        return own(module, query, shown.keys, shown.values, _spread(shown, query), **options)

    return attend


def _attend_grouped(
    _module: Any, query: "Tensor", shown: VisibleKV, scaling: float, _options: Any
) -> "tuple[Tensor, None]":
    """Return what queries see, ``(1, queries, query heads, head size)``; nothing is repeated for heads that share keys.

    One query a head: the heads of a group are the queries of one attention. Several: KV heads are the rows of a batch,
    whose heads share keys, values and mask.
    """
    from torch.nn.functional import scaled_dot_product_attention

    if shown.mask is None:
        grouped = query.reshape(1, shown.keys.shape[1], -1, query.shape[-1])
        seen = scaled_dot_product_attention(grouped, shown.keys, shown.values, scale=scaling)
        return seen.flatten(1, 2)[:, None], None
    grouped = query[0].reshape(shown.keys.shape[1], -1, *query.shape[-2:])
    keys, values = (states[0][:, None].expand(-1, grouped.shape[1], -1, -1) for states in (shown.keys, shown.values))
    mask = shown.mask[0][:, None]
    seen = scaled_dot_product_attention(grouped, keys, values, attn_mask=mask, scale=scaling)
    return seen.flatten(0, 1).transpose(0, 1)[None], None


def _spread(shown: VisibleKV, query: "Tensor") -> "Tensor | None":
    """Return the mask of KV heads as what is added to the scores of all query heads."""
    import torch

    if shown.mask is None:
        return None
    spread = shown.mask.repeat_interleave(query.shape[1] // shown.mask.shape[1], dim=1)
    return torch.zeros_like(spread, dtype=query.dtype).masked_fill(~spread, torch.finfo(query.dtype).min)


def _refuse_padding(mask: "Tensor | None", queries: int, length: int) -> None:
    """Raise `ValueError` where the newest token does not see all before it: padding, or packed rows."""
    if mask is None:
        return
    newest = mask[0, 0, -1, :length]
    if not bool(newest.all() if not mask.is_floating_point() else (newest == 0).all()):
        raise ValueError(f"a zoomed cache takes no padding: the last of {queries} tokens does not see all before it")
