"""A layer of the cache that keeps everything, and shows a part of it to every query."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from typing import TYPE_CHECKING, Any

from midthought.memory.errors import BadSettings
from midthought.reasoner.zoom.kv.kv_buffer import KVBuffer, Placement

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class VisibleKV:
    """What one attention call sees.

    Attributes:
        keys, values: shape ``(1, kv heads, visible, head size)``.
        mask: True where a query may attend, shape ``(1, kv heads, queries, visible)``; None: everywhere.
    """

    keys: "Tensor"
    values: "Tensor"
    mask: "Tensor | None"


@dataclass(frozen=True, slots=True)
class AttentionRecord:
    """What one attention call of one layer saw.

    Attributes:
        length: tokens so far, the newest included.
        queries: tokens that looked.
        visible: tokens that they saw, summed over them, mean over KV heads.
        index_bytes: read of the coarse index, by all queries that chose.
        opened: the share of KV heads that see each page or thought; None if all is visible.
        votes: what each of them got at the last choice, the mean over voters; of pages, every KV head votes for those
            that it opens. None before the first vote.
    """

    length: int
    queries: int
    visible: float
    index_bytes: int
    opened: "Tensor | None"
    votes: "Tensor | None"


class _Call(Enum):
    """Where a store is in a call of the model."""

    NONE = auto()
    BEGUN = auto()
    UNSEEN = auto()
    """Something was stored that attention has not read yet."""


class ZoomStore(ABC):
    """The keys and values of one layer of one sequence; `zoom_layer` makes it a layer of transformers' cache.

    `update` stores, and returns everything under its absolute positions, so the library's lengths and masks are right.
    If reading everything costs a copy (see `Placement`), it returns stand-ins of the same shape without memory. The
    attention function (see `attention.py`), which alone has the query, then calls `read_visible`. A subclass implements
    `select`, which says what is visible.
    """

    keys: "Tensor | None"
    values: "Tensor | None"

    def __init__(self, placement: Placement | None = None) -> None:
        super().__init__()
        self.buffer = KVBuffer(placement)
        self.on_attention: Callable[[AttentionRecord], None] | None = None
        """Called after every attention call, if set."""
        self._call = _Call.NONE

    def update(self, key_states: "Tensor", value_states: "Tensor", *_: Any, **__: Any) -> tuple["Tensor", "Tensor"]:
        """Store new keys and values, shape ``(1, kv heads, tokens, head size)``; return all there are.

        Raises `BadSettings` outside a call of a model that `enable_zoom` was called with, whose attention would see
        everything, or stand-ins; and `ValueError` for more than one row: a zoomed cache belongs to one sequence.
        """
        if self._call is _Call.NONE:
            raise BadSettings(
                "a zoomed cache was given to a model that does not zoom: call enable_zoom(model) once, and then the "
                "model itself, not a part of it"
            )
        self.preload(key_states, value_states)
        self._call = _Call.UNSEEN
        # A view, so that the attribute below does not stay on the stored tensor.
        keys: Any = self.keys[:]  # type: ignore[index]
        values: Any = self.values[:]  # type: ignore[index]
        # The attention function finds the store by this attribute: transformers hands on only the tensors.
        keys.zoom_store = values.zoom_store = self
        return keys, values

    def preload(self, key_states: "Tensor", value_states: "Tensor") -> None:
        """Store keys and values that no attention asks for now: what stands in the cache before the model is called."""
        if key_states.shape[0] != 1:
            raise ValueError(f"a zoomed cache holds one sequence, got a batch of {key_states.shape[0]}")
        if not self.buffer.length:
            self.lazy_initialization(key_states, value_states)  # type: ignore[attr-defined]
        self.buffer.append(key_states, value_states)
        self.keys, self.values = self._stand_ins(key_states, value_states) if self.buffer.moves else self.read_all()

    def begin_call(self) -> None:
        """Let a model that zooms store what it reads now."""
        self._call = _Call.BEGUN

    def end_call(self) -> bool:
        """Store nothing from now on; return whether attention read all that was stored."""
        unseen, self._call = self._call is _Call.UNSEEN, _Call.NONE
        return not unseen

    def check_values(self, values: "Tensor") -> None:
        """Raise `BadSettings` unless attention was given the values that `update` returned, with its keys."""
        if getattr(values, "zoom_store", None) is not self:
            raise BadSettings("attention was given other values than the cache returned: this model cannot be zoomed")

    @property
    def heads(self) -> int:
        """How many KV heads there are."""
        assert self.keys is not None, "nothing is stored yet"
        return self.keys.shape[1]

    def read_all(self) -> tuple["Tensor", "Tensor"]:
        """Return all keys and values, ``(1, kv heads, tokens, head size)`` each, on the model's device."""
        return self.buffer.read(0, self.buffer.length)

    def read_visible(self, query: "Tensor", *, scaling: float) -> VisibleKV | None:
        """Return what the newest tokens see, None for all before them.

        `query` has shape ``(1, query heads, tokens, head size)``.
        """
        self._call = _Call.BEGUN
        shown = self.select(query, scaling=scaling)
        if self.on_attention is not None:
            count, length = query.shape[-2], self.buffer.length
            visible = count * (2 * length - count + 1) / 2 if shown is None else _count_visible(shown, count)
            opened = None if shown is None else self.opened()
            self.on_attention(AttentionRecord(length, count, visible, self.index_bytes, opened, self.votes()))
        return shown

    @abstractmethod
    def select(self, query: "Tensor", *, scaling: float) -> VisibleKV | None:
        """Do what `read_visible` promises."""

    def opened(self) -> "Tensor | None":
        """See `ZoomStore.opened`."""
        return None

    def votes(self) -> "Tensor | None":
        """See `ZoomStore.votes`."""
        return None

    def parts(self) -> list[tuple[int, int]]:
        """Return where the pages or thoughts of `opened` lie, as tokens."""
        return []

    index_bytes = 0
    """Read of the coarse index in the last call of `select`."""

    @property
    def stock_bytes(self) -> int:
        """What a stock cache would hold for the same tokens."""
        return self.buffer.stock_bytes

    @property
    def host_bytes(self) -> int:
        """Of keys and values in host memory, by `Placement.host`."""
        return self.buffer.held_bytes if self.buffer.placement.host else 0

    @property
    def device_bytes(self) -> int:
        """Of keys, values and coarse index on the model's device."""
        return self.shown_bytes + (0 if self.buffer.placement.host else self.buffer.held_bytes)

    @property
    def shown_bytes(self) -> int:
        """Of the copy that is shown, and of the coarse index."""
        return 0

    def reset(self) -> None:
        """Refuse: make a new cache for another sequence."""
        raise ValueError("a zoomed cache cannot be reset: make a new one")

    def crop(self, tokens_to_remove: int) -> None:
        """Refuse with `ValueError`: thoughts were made from tokens that would be removed."""
        raise ValueError(f"a zoomed cache cannot be cropped, asked for {tokens_to_remove} tokens")

    def reorder_cache(self, beam_idx: "Tensor") -> None:
        """Refuse: beams are several sequences."""
        raise ValueError(f"a zoomed cache holds one sequence, asked to reorder {len(beam_idx)}")

    def check_integrity(self) -> None:
        """Raise `AssertionError` unless the library's picture of the layer is what is stored."""
        if self.keys is None or self.values is None:
            assert not self.buffer.length, "stored, and not shown to the library"
            return
        for states, stored in zip((self.keys, self.values), self.read_all(), strict=True):
            assert states.shape == stored.shape, "what the library sees is not all that is stored"
            assert self.buffer.moves or bool((states == stored).all()), "what the library sees is not what is stored"

    def _stand_ins(self, *states: "Tensor") -> tuple["Tensor", "Tensor"]:
        keys, values = (one.new_zeros(()).expand(*one.shape[:2], self.buffer.length, one.shape[-1]) for one in states)
        return keys, values


@cache
def zoom_layer(store: type[ZoomStore]) -> Any:
    """Return the class of layers for transformers' `Cache` that are stores of this class.

    Made at the first call, because importing this module loads neither torch nor transformers.
    """
    from transformers.cache_utils import DynamicLayer

    return type("ZoomLayer", (store, DynamicLayer), {})


def _count_visible(shown: VisibleKV, queries: int) -> float:
    if shown.mask is None:
        return float(queries * shown.keys.shape[-2])
    return float(shown.mask.sum() / shown.mask.shape[1])


def causal_mask(query: "Tensor", length: int) -> "Tensor":
    """Return what each of the newest tokens may see at all, shape ``(queries, length)``."""
    import torch

    count = query.shape[-2]
    return torch.ones(count, length, dtype=torch.bool, device=query.device).tril(length - count)
