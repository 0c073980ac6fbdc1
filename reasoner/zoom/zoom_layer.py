"""A layer of the cache that keeps everything and opens, for every query, the pages that it attends to most."""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from midthought.reasoner.zoom.key_index import KeyIndex
from midthought.reasoner.zoom.visibility import Visibility

if TYPE_CHECKING:
    from torch import Tensor

_LEAST_ROOM = 256


@dataclass(frozen=True, slots=True)
class View:
    """What one attention call sees.

    Attributes:
        keys, values: shape ``(1, kv heads, visible, head size)``.
        mask: True where a query may look, shape ``(1, kv heads, queries, visible)``; None where it may look everywhere.
    """

    keys: "Tensor"
    values: "Tensor"
    mask: "Tensor | None"


class ZoomStore:
    """The keys and values of one layer of one sequence; `zoom_layer` makes it a layer of transformers' cache.

    `update` stores, and returns everything under its absolute positions, so the library's lengths and masks are right.
    The attention function (see `attention.py`), which alone has the query, then asks `look` for what is visible. A
    query at position t sees what `Visibility` says of t + 1 tokens, whether it comes alone or among others.
    """

    keys: "Tensor | None"
    values: "Tensor | None"

    def __init__(self, visibility: Visibility, index: KeyIndex) -> None:
        super().__init__()
        self.visibility = visibility
        self.index = index
        self.opened: Tensor | None = None
        """The pages the last single query opened, shape ``(kv heads, pages)``; None if it saw everything."""
        self._rooms: list[Tensor] = []
        self._indexed = 0

    def update(self, key_states: "Tensor", value_states: "Tensor", *_: Any, **__: Any) -> tuple["Tensor", "Tensor"]:
        """Store new keys and values, shape ``(1, kv heads, tokens, head size)``; return all there are.

        Raises `ValueError` for more than one row: a zoomed cache belongs to one sequence.
        """
        if key_states.shape[0] != 1:
            raise ValueError(f"a zoomed cache holds one sequence, got a batch of {key_states.shape[0]}")
        if self.keys is None or self.values is None:
            self.lazy_initialization(key_states, value_states)  # type: ignore[attr-defined]
            self.keys, self.values = self._rooms = [states[..., :0, :] for states in (key_states, value_states)]
        self.keys = self._append(0, self.keys, key_states)
        self.values = self._append(1, self.values, value_states)
        self._add_pages(self.keys[0])
        keys: Any = self.keys[:]
        keys.zoom_store = self
        return keys, self.values

    def look(self, query: "Tensor", *, scaling: float) -> View | None:
        """Return what the newest tokens see, None for all before them.

        `query` has shape ``(1, query heads, tokens, head size)``.
        """
        assert self.keys is not None, "nothing is stored yet"
        assert self.values is not None
        length, count = self.keys.shape[-2], query.shape[-2]
        lengths = range(length - count + 1, length + 1)
        visibility = self.visibility
        counts = [visibility.count_pages(one) for one in lengths]
        opens = [visibility.count_open(one) for one in lengths]
        if counts == opens:
            self.opened = None
            return None
        heads = self.keys.shape[1]
        masses = self.index.masses(query[0].view(heads, -1, *query.shape[-2:]), counts, scaling=scaling)
        if count > 1:
            return View(self.keys, self.values, self._mask(masses, counts, opens, _causal_mask(query, length)))
        self.opened = masses[:, 0].topk(opens[0], dim=-1).indices
        return View(self._gather(self.keys, counts[0]), self._gather(self.values, counts[0]), None)

    @property
    def stored_bytes(self) -> int:
        """Of keys and values, room for more included; the index apart."""
        return sum(room.numel() * room.element_size() for room in self._rooms)

    def reset(self) -> None:
        """Refuse: make a new cache for another sequence."""
        raise ValueError("a zoomed cache cannot be reset: make a new one")

    def crop(self, tokens_to_remove: int) -> None:
        """Refuse to take back what pages were made of: `ValueError`."""
        raise ValueError(f"a zoomed cache cannot be cropped, asked for {tokens_to_remove} tokens")

    def reorder_cache(self, beam_idx: "Tensor") -> None:
        """Refuse: beams are several sequences."""
        raise ValueError(f"a zoomed cache holds one sequence, asked to reorder {len(beam_idx)}")

    def check_integrity(self) -> None:
        """Raise `AssertionError` unless what is stored lies in its room and every whole page is indexed."""
        if self.keys is None or self.values is None:
            return
        assert self.keys.shape[:3] == self.values.shape[:3], "keys and values differ in length"
        for states, room in zip((self.keys, self.values), self._rooms, strict=True):
            assert states.data_ptr() == room.data_ptr(), "what is stored lies outside its room"
        whole = max(0, self.keys.shape[-2] - self.visibility.first) // self.visibility.page
        assert self._indexed == whole, f"{self._indexed} pages indexed of {whole}"

    def _append(self, number: int, states: "Tensor", more: "Tensor") -> "Tensor":
        """Return `states` with `more` behind it, in a room that doubles when it is full."""
        length, total = states.shape[-2], states.shape[-2] + more.shape[-2]
        if total > self._rooms[number].shape[-2]:
            room = more.new_empty((*more.shape[:2], max(2 * length, total, _LEAST_ROOM), more.shape[-1]))
            room[..., :length, :] = states
            self._rooms[number] = room
        self._rooms[number][..., length:total, :] = more
        return self._rooms[number][..., :total, :]

    def _add_pages(self, keys: "Tensor") -> None:
        first, page = self.visibility.first, self.visibility.page
        whole = max(0, keys.shape[1] - first) // page
        if whole > self._indexed:
            if not self._indexed:
                self.index.learn(keys[:, :first])
            fresh = keys[:, first + self._indexed * page : first + whole * page]
            self.index.add(fresh.view(len(fresh), -1, page, fresh.shape[-1]))
            self._indexed = whole

    def _gather(self, states: "Tensor", pages: int) -> "Tensor":
        """Return the first tokens, the opened pages of every head, and the last tokens."""
        import torch

        assert self.opened is not None
        first, end = self.visibility.first, self.visibility.first + pages * self.visibility.page
        heads = torch.arange(states.shape[1], device=states.device)[:, None]
        paged = states[0, :, first:end].view(states.shape[1], pages, -1, states.shape[-1])
        opened = paged[heads, self.opened].flatten(1, 2)
        return torch.cat([states[..., :first, :], opened[None], states[..., end:, :]], dim=-2)

    def _mask(self, masses: "Tensor", counts: list[int], opens: list[int], causal: "Tensor") -> "Tensor":
        """Return the mask of queries that open pages each for itself."""
        import torch

        heads, queries, pages = masses.shape
        beyond = torch.arange(pages, device=masses.device) >= masses.new_tensor(counts)[:, None]
        order = masses.masked_fill(beyond, -1.0).argsort(dim=-1, descending=True, stable=True)
        chosen = torch.arange(pages, device=masses.device) < masses.new_tensor(opens)[:, None]
        opened = torch.zeros_like(masses, dtype=torch.bool).scatter_(-1, order, chosen.expand_as(order))
        first, page = self.visibility.first, self.visibility.page
        mask = causal.expand(1, heads, queries, -1).clone()
        mask[0, :, :, first : first + pages * page] &= (opened | beyond).repeat_interleave(page, dim=-1)
        return mask


def zoom_layer(visibility: Visibility, index: KeyIndex) -> Any:
    """Return a layer for transformers' `Cache` that is a `ZoomStore`."""
    return _layer_class()(visibility, index)


@cache
def _layer_class() -> type:
    """Return the class, made once: importing this module loads neither torch nor transformers."""
    from transformers.cache_utils import DynamicLayer

    return type("ZoomLayer", (ZoomStore, DynamicLayer), {})


def _causal_mask(query: "Tensor", length: int) -> "Tensor":
    import torch

    count = query.shape[-2]
    return torch.ones(count, length, dtype=torch.bool, device=query.device).tril(length - count)[None, None]
