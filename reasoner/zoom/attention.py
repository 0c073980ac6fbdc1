"""Attention over what is visible: the one place that sees the query, so the one where pages can be chosen for it."""

import sys
from functools import cache
from typing import TYPE_CHECKING, Any

from midthought.memory.errors import BadSettings

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


def _needs_eager(model: Any) -> bool:
    config = model.config.get_text_config(decoder=True)
    capped = getattr(config, "attn_logit_softcapping", None) is not None
    return capped or any(name.endswith(".sinks") for name, _ in model.named_parameters())


@cache
def _register() -> None:
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.integrations.sdpa_attention import sdpa_attention_forward
    from transformers.masking_utils import eager_mask, sdpa_mask

    def attend(module: Any, query: "Tensor", key: "Tensor", value: "Tensor", mask: Any, **options: Any) -> Any:
        return _attend(sdpa_attention_forward, module, query, key, value, mask, **options)

    def attend_eagerly(module: Any, query: "Tensor", key: "Tensor", value: "Tensor", mask: Any, **options: Any) -> Any:
        own = sys.modules[type(module).__module__].eager_attention_forward
        return _attend(own, module, query, key, value, mask, **options)

    AttentionInterface.register(_SDPA, attend)
    AttentionInterface.register(_EAGER, attend_eagerly)
    AttentionMaskInterface.register(_SDPA, sdpa_mask)
    AttentionMaskInterface.register(_EAGER, eager_mask)


def _attend(
    inner: Any, module: Any, query: "Tensor", key: "Tensor", value: "Tensor", mask: "Tensor | None", **options: Any
) -> Any:
    """Attend with `inner` to what the store behind `key` shows; to everything where there is none."""
    store = getattr(key, "zoom_store", None)
    if store is None:
        return inner(module, query, key, value, mask, **options)
    _refuse_padding(mask, query.shape[-2], key.shape[-2])
    view = store.look(query, scaling=options["scaling"])
    if view is None:
        return inner(module, query, key, value, mask, **options)
    shown = None if view.mask is None else _spread(view.mask, query, mask)
    return inner(module, query, view.keys, view.values, shown, **options)


def _spread(seen: "Tensor", query: "Tensor", mask: "Tensor | None") -> "Tensor":
    """Return the mask of KV heads for all query heads, added to scores where the library's own is."""
    import torch

    spread = seen.repeat_interleave(query.shape[1] // seen.shape[1], dim=1)
    if mask is None or not mask.is_floating_point():
        return spread
    return torch.zeros_like(spread, dtype=query.dtype).masked_fill(~spread, torch.finfo(query.dtype).min)


def _refuse_padding(mask: "Tensor | None", queries: int, length: int) -> None:
    """Raise `ValueError` where the newest token does not see all before it: padding, or packed rows."""
    if mask is None:
        return
    newest = mask[0, 0, -1, :length]
    if not bool(newest.all() if not mask.is_floating_point() else (newest == 0).all()):
        raise ValueError(f"a zoomed cache takes no padding: the last of {queries} tokens does not see all before it")
