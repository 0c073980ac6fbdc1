"""Keeps the keys and values of the last prompt, so that a prompt with the same beginning need not be read again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import DynamicCache, PreTrainedConfig


@dataclass(frozen=True, slots=True)
class _Held:
    """Token ids and, a layer, their keys and values, each of shape ``(1, heads, tokens, head size)``."""

    ids: tuple[int, ...]
    layers: tuple[tuple["Tensor", "Tensor"], ...]


class PrefixStore:
    """Lends the shared beginning of the last prompt, rounded down to whole chunks.

    The branches of one thought differ only from their hint on. Prompts are always read in chunks of `chunk` tokens from
    position 0, reused or not, so every matrix product has the same shape either way and the results are equal bit by
    bit, not only nearly. Models with other than plain attention layers are never lent anything (a sliding window has
    already forgotten the prefix). What is held is never changed, so threads may share a store.
    """

    def __init__(self, config: "PreTrainedConfig", *, chunk: int, reuse: bool) -> None:
        if chunk < 1:
            raise ValueError(f"chunk must be >= 1, got {chunk}")
        self._config = config
        self._chunk = chunk
        self._reuse = reuse
        self._held = _Held((), ())

    def lend(self, ids: Sequence[int]) -> tuple["DynamicCache", int]:
        """Return a cache of one's own that holds the first tokens of `ids`, and how many."""
        from transformers import DynamicCache

        held = self._held
        # Whole chunks only: the same products of the same shapes give the same bits as without reuse.
        length = _shared_length(held.ids, ids) // self._chunk * self._chunk
        if not length:
            return DynamicCache(config=self._config), 0
        layers = [(keys[..., :length, :], values[..., :length, :]) for keys, values in held.layers]
        return DynamicCache(layers, config=self._config), length

    def keep(self, ids: Sequence[int], cache: "DynamicCache") -> None:
        """Hold `cache`, which covers exactly `ids`, in place of what was held."""
        from transformers.cache_utils import DynamicLayer

        plain = [layer for layer in cache.layers if type(layer) is DynamicLayer]
        if not self._reuse or not ids or len(plain) < len(cache.layers):
            return
        # A plain layer grows by making new tensors: the ones held here do not change during decoding.
        pairs = [(layer.keys, layer.values) for layer in plain]
        self._held = _Held(
            tuple(ids), tuple((keys, values) for keys, values in pairs if keys is not None and values is not None)
        )


def _shared_length(one: Sequence[int], other: Sequence[int]) -> int:
    shorter = min(len(one), len(other))
    return next((place for place in range(shorter) if one[place] != other[place]), shorter)
