"""Attention over what is visible: the one place that sees the query, so the one where pages can be chosen for it."""

import sys
from functools import cache
from typing import TYPE_CHECKING, Any

from midthought.memory.errors import BadSettings
from midthought.reasoner.zoom.zoom_store import View

if TYPE_CHECKING:
    from torch import Tensor

_SDPA = "midthought_zoom"
_EAGER = "midthought_zoom_eager"


def enable_zoom(model: Any) -> None:
    """Let `model` use zoomed caches; with any other cache it computes what it did before.

    Models that cap their attention scores or have sinks keep their own eager attention behind the choice of pages, all
    others PyTorch's. Raises `BadSettings` for a model whose attention cannot be exchanged.
    """
    if not getattr(model, "_supports_attention_backend", False):
        raise BadSettings(f"{type(model).__name__} cannot be zoomed: it does not let its attention be exchanged")
    _register()
    model.set_attn_implementation(_EAGER if _needs_eager(model) else _SDPA)
    if not getattr(model, "_follows_thoughts", False):
        model.register_forward_pre_hook(_before_call, with_kwargs=True)
        model.register_forward_hook(_after_call, with_kwargs=True)
        model._follows_thoughts = True


def _needs_eager(model: Any) -> bool:
    config = model.config.get_text_config(decoder=True)
    capped = getattr(config, "attn_logit_softcapping", None) is not None
    return capped or any(name.endswith(".sinks") for name, _ in model.named_parameters())


def _before_call(_model: Any, arguments: tuple[Any, ...], options: dict[str, Any]) -> None:
    """Let the controller of a cache of thoughts read the tokens of this call."""
    control = getattr(options.get("past_key_values"), "zoom_control", None)
    if control is None:
        return
    ids = arguments[0] if arguments else options.get("input_ids")
    if ids is None:
        raise ValueError("a cache of thoughts must see tokens: give input_ids, not embeddings")
    control.begin(ids[0].tolist())


def _after_call(_model: Any, _arguments: tuple[Any, ...], options: dict[str, Any], output: Any) -> None:
    control = getattr(options.get("past_key_values"), "zoom_control", None)
    if control is not None:
        control.end(output.logits[0, -1])


@cache
def _register() -> None:
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.integrations.sdpa_attention import sdpa_attention_forward
    from transformers.masking_utils import eager_mask, sdpa_mask

    def attend(module: Any, query: "Tensor", key: "Tensor", value: "Tensor", mask: Any, **options: Any) -> Any:
        view = _look(query, key, mask, scaling=options["scaling"])
        if view is None:
            return sdpa_attention_forward(module, query, *_all_of(key, value), mask, **options)
        return _attend_grouped(query, view, scaling=options["scaling"]), None

    def attend_eagerly(module: Any, query: "Tensor", key: "Tensor", value: "Tensor", mask: Any, **options: Any) -> Any:
        own = sys.modules[type(module).__module__].eager_attention_forward
        view = _look(query, key, mask, scaling=options["scaling"])
        if view is None:
            return own(module, query, *_all_of(key, value), mask, **options)
        return own(module, query, view.keys, view.values, _spread(view, query), **options)

    AttentionInterface.register(_SDPA, attend)
    AttentionInterface.register(_EAGER, attend_eagerly)
    AttentionMaskInterface.register(_SDPA, sdpa_mask)
    AttentionMaskInterface.register(_EAGER, eager_mask)


def _look(query: "Tensor", key: "Tensor", mask: "Tensor | None", *, scaling: float) -> View | None:
    """Return what the store behind `key` shows; None for everything, and where there is no store."""
    store = getattr(key, "zoom_store", None)
    if store is None:
        return None
    _refuse_padding(mask, query.shape[-2], key.shape[-2])
    view: View | None = store.look(query, scaling=scaling)
    return view


def _all_of(key: "Tensor", value: "Tensor") -> "tuple[Tensor, Tensor]":
    """Return what is stored, where `key` and `value` only stand for it."""
    store = getattr(key, "zoom_store", None)
    if store is None or not store.room.moves:
        return key, value
    keys, values = store.read_all()
    return keys, values


def _attend_grouped(query: "Tensor", view: View, *, scaling: float) -> "Tensor":
    """Return what queries see, ``(1, queries, query heads, head size)``; nothing is repeated for heads that share keys.

    One query a head: the heads of a group are the queries of one attention. Several: KV heads are the rows of a batch,
    whose heads share keys, values and mask.
    """
    from torch.nn.functional import scaled_dot_product_attention

    if view.mask is None:
        grouped = query.view(1, view.keys.shape[1], -1, query.shape[-1])
        return scaled_dot_product_attention(grouped, view.keys, view.values, scale=scaling).flatten(1, 2)[:, None]
    grouped = query[0].view(view.keys.shape[1], -1, *query.shape[-2:])
    keys, values = (states[0][:, None].expand(-1, grouped.shape[1], -1, -1) for states in (view.keys, view.values))
    mask = view.mask[0][:, None]
    seen = scaled_dot_product_attention(grouped, keys, values, attn_mask=mask, scale=scaling)
    return seen.flatten(0, 1).transpose(0, 1)[None]


def _spread(view: View, query: "Tensor") -> "Tensor | None":
    """Return the mask of KV heads as what is added to the scores of all query heads."""
    import torch

    if view.mask is None:
        return None
    spread = view.mask.repeat_interleave(query.shape[1] // view.mask.shape[1], dim=1)
    return torch.zeros_like(spread, dtype=query.dtype).masked_fill(~spread, torch.finfo(query.dtype).min)


def _refuse_padding(mask: "Tensor | None", queries: int, length: int) -> None:
    """Raise `ValueError` where the newest token does not see all before it: padding, or packed rows."""
    if mask is None:
        return
    newest = mask[0, 0, -1, :length]
    if not bool(newest.all() if not mask.is_floating_point() else (newest == 0).all()):
        raise ValueError(f"a zoomed cache takes no padding: the last of {queries} tokens does not see all before it")
