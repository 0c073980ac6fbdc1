"""Recalled entries as ready keys and values: subquestion as coarse key, subroutine as body."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from midthought.memory.records.entry import StoredEntry
from midthought.reasoner.recalled_entries import write_entry
from midthought.reasoner.zoom.index.coarse_index import CoarseIndex
from midthought.reasoner.zoom.index.means import Means
from midthought.reasoner.zoom.kv.pins import Pins
from midthought.reasoner.zoom.thoughts.boundaries.boundary import Boundary
from midthought.reasoner.zoom.thoughts.segmenters.segmenter import Segmenter
from midthought.reasoner.zoom.thoughts.thought import Thought
from midthought.reasoner.zoom.thoughts.voting_policy import VotingPolicy
from midthought.reasoner.zoom.thoughts.zoom_control import ZoomControl
from midthought.reasoner.zoom.zoom_cache import thought_cache

if TYPE_CHECKING:
    from torch import Tensor

    Layers = tuple[tuple[Tensor, Tensor], ...]
    """Keys and values of every layer, ``(1, kv heads, tokens, head size)`` each."""


@dataclass(frozen=True, slots=True, eq=False)
class _Prepared:
    """One entry, ready: its tokens, how many of them are the subquestion, and what the model made of them."""

    ids: tuple[int, ...]
    coarse: int
    layers: "Layers"


class PreparedEntries:
    """Entries of one namespace behind one prefix, read once and used by every request that begins with that prefix.

    An entry is read as if it alone stood behind the prefix, at the place that it has among the others: entries do not
    see each other, and one that is opened means the same whichever others are there. A version is part of what
    identifies an entry: a revised one is read again, and so are those behind it if its length has changed. Nothing is
    read when a request opens an entry.

    Args:
        model: one that `enable_zoom` was called with.
        tokenizer: the model's.
        prefix: what every request begins with, chat template included, up to where entries stand; a text, or its
            tokens.

    Raises:
        ValueError: the model has other layers than plain full attention, whose state cannot be put together.
    """

    def __init__(self, model: Any, tokenizer: Any, prefix: str | Sequence[int]) -> None:
        from transformers import DynamicCache
        from transformers.cache_utils import DynamicLayer

        if any(type(layer) is not DynamicLayer for layer in DynamicCache(config=model.config).layers):
            raise ValueError(f"entries cannot be prepared for {model.config.model_type!r}: some layers forget")
        self._model = model
        self._tokenizer = tokenizer
        text = isinstance(prefix, str)
        self._prefix = tuple(tokenizer(prefix, add_special_tokens=False).input_ids if text else prefix)
        if not self._prefix:
            raise ValueError("the prefix must not be empty: its first tokens are what attention rests on")
        self._base = self._read(self._prefix, (), 0)
        self._known: dict[tuple[str, int, int], _Prepared] = {}
        self._order: tuple[tuple[str, int, int], ...] = ()

    def prepare(self, entries: Sequence[StoredEntry]) -> int:
        """Make ready these entries, in this order, and forget others; return how many tokens had to be read for it.

        Put what changes least first. The same entry twice is a `ValueError`.
        """
        if len({one.id for one in entries}) < len(entries):
            raise ValueError("an entry can be prepared only once")
        known: dict[tuple[str, int, int], _Prepared] = {}
        start, read = len(self._prefix), 0
        for one in entries:
            # The keys of a cache depend on the position, so an entry that moves must be read again.
            key = (one.id, one.version, start)
            if key not in self._known:
                read += len(self._write(one)[0])
            known[key] = self._known.get(key) or self._prepare(one, start)
            start += len(known[key].ids)
        self._known, self._order = known, tuple(known)
        return read

    @property
    def ids(self) -> list[int]:
        """The tokens that stand in a cache that is opened: the prefix and all entries."""
        return [*self._prefix, *(token for key in self._order for token in self._known[key].ids)]

    @property
    def thoughts(self) -> list[Thought]:
        """Where the entries lie."""
        found = []
        for key in self._order:
            (entry, _, start), one = key, self._known[key]
            found.append(Thought(start, start + len(one.ids), (start, start + one.coarse), entry=entry))
        return found

    @property
    def stored_bytes(self) -> int:
        """Of all keys and values that are kept ready, the prefix's included."""
        kept = [self._base, *(one.layers for one in self._known.values())]
        return sum(t.numel() * t.element_size() for layers in kept for pair in layers for t in pair)

    def open(
        self,
        segmenter: Callable[[int], Segmenter],
        boundary: Boundary,
        policy: VotingPolicy,
        *,
        index: Callable[[], CoarseIndex] = Means,
        pins: Pins | None = None,
    ) -> Any:
        """Return a cache for one request that holds the prefix and all entries, closed: no token is read for it.

        Args:
            segmenter: returns what cuts the text behind them, given how many tokens they are.
            boundary: when thoughts and entries are chosen.
            policy: how they are chosen.
            index: makes the coarse index of a layer.
            pins: parts of the text that stay visible; may be added to while it grows.
        """
        length = len(self.ids)
        control = ZoomControl(segmenter(length), boundary, policy, preloaded=self.thoughts, length=length, pins=pins)
        cache = thought_cache(self._model.config, control, index=index)
        parts = [self._base, *(self._known[key].layers for key in self._order)]
        for number, layer in enumerate(cache.layers):
            layer.preload(*(_join([part[number][which] for part in parts]) for which in range(2)))
        return cache

    def _prepare(self, stored: StoredEntry, start: int) -> _Prepared:
        ids, coarse = self._write(stored)
        return _Prepared(ids, coarse, self._read(ids, self._base, start))

    def _write(self, stored: StoredEntry) -> tuple[tuple[int, ...], int]:
        """Return the tokens of an entry, and how many of them are its subquestion."""
        subquestion, subroutine = (
            self._tokenizer(text, add_special_tokens=False).input_ids for text in write_entry(stored)
        )
        return (*subquestion, *subroutine), len(subquestion)

    def _read(self, ids: Sequence[int], behind: "Layers | tuple[()]", start: int) -> "Layers":
        """Return what the model makes of tokens that begin at `start` and see themselves and what they stand behind."""
        import torch
        from transformers import DynamicCache

        cache: Any = DynamicCache(behind or None, config=self._model.config)
        held = cache.get_seq_length()
        device = self._model.device
        with torch.inference_mode():
            self._model(
                torch.tensor([list(ids)], device=device),
                position_ids=torch.arange(start, start + len(ids), device=device)[None],
                past_key_values=cache,
                # The scores are not needed; computing them for every token costs a product with the whole vocabulary.
                logits_to_keep=1,
            )
        # A copy, because a view would keep the prefix's keys alive as well.
        return tuple((layer.keys[..., held:, :].clone(), layer.values[..., held:, :].clone()) for layer in cache.layers)


def _join(parts: list["Tensor"]) -> "Tensor":
    import torch

    return torch.cat(parts, dim=-2)
