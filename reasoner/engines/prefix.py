"""Keeps the keys and values of the last texts, so that a text with the same beginning need not be read again."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from midthought.reasoner.engines.growing_cache import is_even, is_plain, new_cache, read_layers

if TYPE_CHECKING:
    from transformers import DynamicCache, PreTrainedConfig

    from midthought.reasoner.engines.growing_cache import KVLayers


@dataclass(frozen=True, slots=True)
class _Held:
    """Token ids and their keys and values."""

    ids: list[int]
    layers: "KVLayers"

    @property
    def bytes(self) -> int:
        return sum(one.numel() * one.element_size() for pair in self.layers for one in pair)


class PrefixStore:
    """Lends the longest beginning that a text shares with one that was read or written before.

    The text used last is always held, and others beside it as long as all together are no more than `max_bytes`; a text
    that begins another one is not held beside it. Models with other than plain attention layers are never lent anything
    (a sliding window has already forgotten the prefix). What is held is never changed, so threads may share a store.

    Args:
        config: of the model.
        grain: what is lent is rounded down to a multiple of this number of tokens.
        max_bytes: of all that is held; a text may have room to grow beside it, at most an eighth more.
        reuse: False holds and lends nothing.
    """

    def __init__(self, config: "PreTrainedConfig", *, grain: int = 1, max_bytes: int = 1 << 30, reuse: bool = True):
        if grain < 1:
            raise ValueError(f"grain must be >= 1, got {grain}")
        self._config = config
        self._grain = grain
        self._max_bytes = max_bytes
        self.is_plain = is_plain(config)
        self._reuse = reuse and self.is_plain
        self._held: list[_Held] = []  # the one used last is the last
        self._lock = Lock()

    @property
    def held_bytes(self) -> int:
        """Of all keys and values that are held."""
        return sum(one.bytes for one in self._held)

    def lend(self, ids: Sequence[int]) -> "tuple[DynamicCache, int]":
        """Return a new cache that holds the first tokens of `ids`, and how many."""
        wanted = list(ids)
        with self._lock:
            lengths = [shared_length(one.ids, wanted) for one in self._held]
            length = max(lengths, default=0) // self._grain * self._grain
            if not length:
                return new_cache(self._config), 0
            # The last of several: it was used last.
            place = max(range(len(lengths)), key=lambda place: (lengths[place], place))
            used = self._held.pop(place)
            self._held.append(used)
        layers = tuple((keys[..., :length, :], values[..., :length, :]) for keys, values in used.layers)
        return new_cache(self._config, layers), length

    def keep(self, ids: Sequence[int], cache: "DynamicCache") -> None:
        """Hold `cache`, which covers exactly `ids`; one that does not, because a step failed, is not held."""
        if self._reuse and ids and is_even(cache, len(ids)):
            self.keep_layers(ids, read_layers(cache))

    def keep_layers(self, ids: Sequence[int], layers: "KVLayers") -> None:
        """Hold the keys and values of `ids`; whoever has them must not change them."""
        if not self._reuse:
            return
        new = _Held(list(ids), layers)
        with self._lock:
            if any(one.ids[: len(new.ids)] == new.ids for one in self._held):
                return
            self._held = [one for one in self._held if new.ids[: len(one.ids)] != one.ids]
            self._held.append(new)
            while len(self._held) > 1 and self.held_bytes > self._max_bytes:
                self._held.pop(0)


def shared_length(one: list[int], other: list[int]) -> int:
    """Return how many tokens two texts begin with together."""
    shorter = min(len(one), len(other))
    # What differs once differs in every longer beginning, so the place can be searched by halves.
    return bisect_right(range(1, shorter + 1), 0, key=lambda length: one[:length] != other[:length])
