"""A cache whose keys and values grow in place, and which may begin with what another one has read."""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import DynamicCache, PreTrainedConfig

    KVLayers = tuple[tuple[Tensor, Tensor], ...]
    """Keys and values of every layer, ``(rows, kv heads, tokens, head size)`` each."""

_MIN_FREE = 128
_GROWTH = 8
"""A full buffer grows by an eighth: at most that much is free. The library's cache copies all at every token."""


class GrowingLayer:
    """One layer; with transformers' `DynamicLayer` as second base it goes into its caches.

    Its keys and values are the beginning of a buffer. Tensors that it did not allocate are copied before it grows, so
    several caches may begin with the same tensors.
    """

    keys: "Tensor"
    values: "Tensor"
    _buffers: "tuple[Tensor, Tensor] | None" = None

    def update(self, key_states: "Tensor", value_states: "Tensor", *_: Any, **__: Any) -> "tuple[Tensor, Tensor]":
        """Add the keys and values of new tokens; return all."""
        layer: Any = self
        if not layer.is_initialized:
            layer.lazy_initialization(key_states, value_states)
        length = layer.get_seq_length()
        end = length + key_states.shape[-2]
        buffers = self._find_room((key_states, value_states), length, end)
        for buffer, states in zip(buffers, (key_states, value_states), strict=True):
            buffer[..., length:end, :] = states
        self.keys, self.values = (buffer[..., :end, :] for buffer in buffers)
        return self.keys, self.values

    def begin(self, buffers: "tuple[Tensor, Tensor]", length: int) -> None:
        """Take over two buffers, of which `length` tokens are written."""
        layer: Any = self
        layer.lazy_initialization(*buffers)
        self._buffers = buffers
        self.keys, self.values = (buffer[..., :length, :] for buffer in buffers)

    def _find_room(self, states: "tuple[Tensor, Tensor]", length: int, end: int) -> "tuple[Tensor, Tensor]":
        held = self._buffers
        # Whoever replaced the keys (by choosing rows, for example) left the buffer behind.
        if held and end <= held[0].shape[-2] and (not length or held[0].data_ptr() == self.keys.data_ptr()):
            return held
        room = end + max(_MIN_FREE, end // _GROWTH)
        keys, values = (one.new_empty((*one.shape[:-2], room, one.shape[-1])) for one in states)
        if length:
            keys[..., :length, :], values[..., :length, :] = self.keys, self.values
        self._buffers = keys, values
        return self._buffers


@cache
def growing_layer() -> Any:
    """Return the class of layers; made at the first call, because importing this module does not load transformers."""
    from transformers.cache_utils import DynamicLayer

    return type("GrowingDynamicLayer", (GrowingLayer, DynamicLayer), {})


def new_cache(config: "PreTrainedConfig", begin: "KVLayers" = ()) -> "DynamicCache":
    """Return a cache for a model that begins with what was read before; its tensors are not changed.

    Layers with a sliding window, and those with a state in place of keys, stay as the library makes them.
    """
    from transformers import DynamicCache
    from transformers.cache_utils import DynamicLayer

    made: Any = DynamicCache(config=config)
    made.layers = [growing_layer()() if type(layer) is DynamicLayer else layer for layer in made.layers]
    for layer, (keys, values) in zip(made.layers, begin, strict=False):
        layer.lazy_initialization(keys, values)
        layer.keys, layer.values = keys, values
    return made  # type: ignore[no-any-return]


def is_plain(config: "PreTrainedConfig") -> bool:
    """Whether all layers of a model keep the keys of the whole text: only then can a part of it be used again."""
    from transformers import DynamicCache
    from transformers.cache_utils import DynamicLayer

    layers = DynamicCache(config=config).layers
    return bool(layers) and all(type(layer) is DynamicLayer for layer in layers)


def is_even(cache: "DynamicCache", length: int) -> bool:
    """Whether all layers hold `length` tokens: after a step that failed, some may hold more than others."""
    layers: list[Any] = cache.layers
    return all(layer.get_seq_length() == length for layer in layers)


def read_layers(cache: "DynamicCache", start: int = 0, *, row: int | None = None) -> "KVLayers":
    """Return the keys and values of a cache from a place on; of one row only, then as a copy."""
    layers: list[Any] = cache.layers
    if row is None:
        return tuple((layer.keys[..., start:, :], layer.values[..., start:, :]) for layer in layers)
    return tuple(
        (layer.keys[row : row + 1, :, start:].clone(), layer.values[row : row + 1, :, start:].clone())
        for layer in layers
    )


def join_rows(config: "PreTrainedConfig", rows: "Sequence[DynamicCache]", *, room: int) -> "DynamicCache":
    """Return a cache with a row for each of several caches of one row, with zeros before the shorter ones.

    The caches are empty afterwards: of each layer there are never two copies longer than it takes to write one.

    Args:
        config: of the model.
        rows: all layers of which are plain, each with at least one token.
        room: tokens that will be added.
    """
    lengths = [one.get_seq_length() for one in rows]
    longest = max(lengths)
    joined = new_cache(config)
    layers: list[Any] = joined.layers
    for number, layer in enumerate(layers):
        parts: list[Any] = [one.layers[number] for one in rows]
        buffers = []
        for states in ([part.keys for part in parts], [part.values for part in parts]):
            _, heads, _, size = states[0].shape
            buffer = states[0].new_zeros((len(rows), heads, longest + room, size))
            for row, (one, length) in enumerate(zip(states, lengths, strict=True)):
                buffer[row, :, longest - length : longest] = one[0]
            buffers.append(buffer)
        layer.begin((buffers[0], buffers[1]), longest)
        for part in parts:
            part.reset()
    return joined
