"""Lets a model read through zoomed caches, and leaves it as it is for all others."""

import functools
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from types import MethodType
from typing import Any

from midthought.reasoner.zoom.kv.attention import ZOOMED, register_attention
from midthought.reasoner.zoom.kv.probe_store import ProbeStore
from midthought.reasoner.zoom.kv.probing import Refusal, probe, refuse
from midthought.reasoner.zoom.kv.zoom_store import ZoomStore

_locks: "weakref.WeakKeyDictionary[Any, threading.RLock]" = weakref.WeakKeyDictionary()
_making_locks = threading.Lock()


def enable_zoom(model: Any) -> None:
    """Let `model` use zoomed caches; with any other cache, or none, it computes what it did before, bit for bit.

    The model is asked once, by reading a few tokens, whether its attention uses what a zoomed layer gives out, and
    makes of it what it makes of a stock cache. While it reads through a zoomed cache its attention is exchanged; after
    that it is its own again. Zoomed calls of one model are made one after another, from whichever threads.

    Raises:
        BadSettings: the model cannot be zoomed; says what it does, and what to use instead.
    """
    # A model that was loaded again with another attention must be probed again.
    if getattr(model, "_zoomed_as", None) == _implementation(model):
        return
    _refuse_implementation(model)
    register_attention()
    _wrap_calls(model)
    try:
        probe(model)
    except BaseException:
        _unwrap_calls(model)
        raise
    model._zoomed_as = _implementation(model)


def _implementation(model: Any) -> str:
    return str(model.config.get_text_config(decoder=True)._attn_implementation)


def _refuse_implementation(model: Any) -> None:
    own = _implementation(model)
    if own not in ZOOMED:
        raise refuse(model, Refusal.IMPLEMENTATION, f"it uses {own!r}")


def _wrap_calls(model: Any) -> None:
    """Put a function in the place of ``model.forward`` that survives a deep copy of the model."""
    if hasattr(model, "_unzoomed_forward"):
        return
    model._unzoomed_forward = model.forward
    # Several modules share one configuration object; each is changed and restored once.
    model._zoom_configs = list({id(one.config): one.config for one in model.modules() if _has_config(one)}.values())
    # The signature stays: the library's `generate` records at it.
    model.forward = MethodType(functools.wraps(type(model).forward)(_forward), model)


def _unwrap_calls(model: Any) -> None:
    del model.forward
    own = model._unzoomed_forward
    if getattr(own, "__func__", None) is not type(model).forward:
        model.forward = own
    del model._unzoomed_forward, model._zoom_configs


def _has_config(module: Any) -> bool:
    return hasattr(getattr(module, "config", None), "_attn_implementation_internal")


def _forward(model: Any, *arguments: Any, **options: Any) -> Any:
    cache = _zoomed_cache((*arguments, *options.values()))
    if cache is None:
        return model._unzoomed_forward(*arguments, **options)
    stores = [layer for layer in cache.layers if isinstance(layer, ZoomStore)]
    control = getattr(cache, "zoom_control", None)
    with _exchanged_attention(model):
        if control is not None:
            control.begin(_tokens(arguments, options))
        for store in stores:
            store.begin_call()
        try:
            output = model._unzoomed_forward(*arguments, **options)
        finally:
            # A layer whose store was not asked has attended to everything, unnoticed: that must be an error.
            unseen = [number for number, store in enumerate(stores) if not store.end_call()]
        if unseen and not any(isinstance(store, ProbeStore) for store in stores):
            raise refuse(model, Refusal.UNSEEN, _name_layers(unseen, len(stores)))
        if control is not None:
            control.end(output.logits[0, -1])
    return output


def _zoomed_cache(given: tuple[Any, ...]) -> Any:
    """Return the cache among what a model is called with that has zoomed layers; None without."""
    from transformers import Cache

    caches = (one for one in given if isinstance(one, Cache) and hasattr(one, "layers"))
    return next((one for one in caches if any(isinstance(layer, ZoomStore) for layer in one.layers)), None)


def _tokens(arguments: tuple[Any, ...], options: dict[str, Any]) -> list[int]:
    """Return the tokens of this call, which the controller of a cache of thoughts reads."""
    ids = arguments[0] if arguments else options.get("input_ids")
    if ids is None:
        raise ValueError("a cache of thoughts must see tokens: give input_ids, not embeddings")
    found: list[int] = ids[0].tolist()
    return found


def _name_layers(numbers: list[int], count: int) -> str:
    return f"{len(numbers)} of {count} zoomed layers, the first of them number {numbers[0]}"


@contextmanager
def _exchanged_attention(model: Any) -> Iterator[None]:
    """Let the model use the attention of `ZOOMED`, and its own again afterwards."""
    # Another thread that calls the same model meanwhile would run with exchanged attention.
    with _lock_of(model):
        before = [config._attn_implementation_internal for config in model._zoom_configs]
        try:
            for config, own in zip(model._zoom_configs, before, strict=True):
                config._attn_implementation_internal = ZOOMED.get(own, own)
            yield
        finally:
            for config, own in zip(model._zoom_configs, before, strict=True):
                config._attn_implementation_internal = own


def _lock_of(model: Any) -> threading.RLock:
    with _making_locks:
        return _locks.setdefault(model, threading.RLock())
