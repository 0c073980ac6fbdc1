"""A layer that shows of every thought what was chosen: all of it, its summary, or nothing."""

from typing import TYPE_CHECKING

from midthought.reasoner.zoom.index.coarse_index import CoarseIndex
from midthought.reasoner.zoom.kv.kv_buffer import KVBuffer
from midthought.reasoner.zoom.kv.placement import Placement
from midthought.reasoner.zoom.kv.zoom_store import VisibleKV, ZoomStore, causal_mask
from midthought.reasoner.zoom.thoughts.choosing import OPEN, count_votes
from midthought.reasoner.zoom.thoughts.zoom_control import ThoughtVisibility, ZoomControl

if TYPE_CHECKING:
    from torch import Tensor


class ThoughtStore(ZoomStore):
    """Votes when the controller says so; between two choices, what is written stays visible.

    Args:
        control: of the sequence, shared by all layers.
        layer: the number of this one.
        index: its coarse index.
        placement: where what is not visible lies.
    """

    def __init__(
        self, control: ZoomControl, layer: int, index: CoarseIndex, placement: Placement | None = None
    ) -> None:
        super().__init__(placement)
        self.control = control
        self.index = index
        self._layer = layer
        self.levels: ThoughtVisibility | None = control.opening
        """What the last look saw; None if that was everything."""
        self._shown: KVBuffer | None = None
        self._padding: Tensor | None = None
        self._shown_until = 0
        self._indexed = 0
        self._last_query: Tensor | None = None
        self._last_votes: Tensor | None = None

    def show(self, query: "Tensor", *, scaling: float) -> VisibleKV | None:
        """See `ZoomStore.show`."""
        control, last = self.control, query[..., -1:, :]
        if control.length != self.room.length:
            raise ValueError(
                f"the controller has read {control.length} tokens and the cache {self.room.length}: give tokens, not "
                "embeddings, to a model that enable_zoom was called with"
            )
        self.index_bytes = 0
        self._index_thoughts(last)
        lagged = control.rule.lagged
        votes = control.due and control.votes_in(self._layer) and self._indexed >= control.candidates
        if votes and not lagged:
            self._set_levels(control.choose(self._vote(last, scaling)))
        elif lagged:
            self._set_levels(control.chosen(self._layer))
        view = self._view(query)
        if votes and lagged:
            control.cast(self._layer, self._vote(last, scaling))
        self._note_turn(last)
        return view

    def opened(self) -> "Tensor | None":
        """See `Look.opened`."""
        return None if self.levels is None else (self.levels.of == OPEN).double().mean(dim=0)

    def votes(self) -> "Tensor | None":
        """See `Look.votes`."""
        return self._last_votes

    def parts(self) -> list[tuple[int, int]]:
        """See `ZoomStore.parts`."""
        count = 0 if self.levels is None else self.levels.of.shape[-1]
        return [(one.start, one.end) for one in self.control.thoughts[:count]]

    @property
    def shown_bytes(self) -> int:
        """See `ZoomStore.shown_bytes`."""
        return self.index.held_bytes + (self._shown.held_bytes if self._shown else 0)

    def _set_levels(self, levels: ThoughtVisibility | None) -> None:
        if levels is not self.levels:
            self.levels, self._shown = levels, None

    def _vote(self, query: "Tensor", scaling: float) -> "Tensor":
        """Return what every thought gets from the heads of each KV head, shape ``(kv heads, thoughts)``."""
        count, votes = self.control.candidates, self.control.rule.votes
        grouped = query.view(self.heads, -1, 1, query.shape[-1])
        self.index_bytes = self.index.stored_bytes
        if votes is None:
            cast = self.index.masses(grouped, [count], scaling=scaling)[:, 0]
        else:
            cast = count_votes(self.index.thought_scores(grouped * scaling, count)[:, :, 0], votes)
        self._last_votes = cast.sum(dim=0) / query.shape[1]
        return cast

    def _view(self, query: "Tensor") -> VisibleKV | None:
        if self.levels is None:
            return None
        count = query.shape[-2]
        if self._shown is None:
            places, self._padding = self.levels.places(self.room.length)
            self._shown = self.room.take(places.to(query.device).expand(self.heads, -1))
        else:
            self._shown.append(*self.room.read(self._shown_until, self.room.length))
        self._shown_until = self.room.length
        return VisibleKV(self._shown.keys, self._shown.values, self._mask(query, count))

    def _mask(self, query: "Tensor", count: int) -> "Tensor | None":
        import torch

        assert self._shown is not None
        if count == 1 and self._padding is None:
            return None
        mask = causal_mask(query, self._shown.length).expand(self._shown.keys.shape[1], -1, -1)
        if self._padding is not None:
            more = self._shown.length - self._padding.shape[-1]
            shown = torch.nn.functional.pad(self._padding.to(query.device), (0, more), value=True)
            mask = mask & shown[:, None]
        return mask[None]

    def _index_thoughts(self, query: "Tensor") -> None:
        """Add thoughts that are whole; an index that learns does so from the first ones, once there are enough."""
        if not self.control.votes_in(self._layer):
            return
        ready = [one for one in self.control.thoughts[self._indexed :] if one.end <= self.room.length]
        if not ready or self.room.length < self.index.learns_from:
            return
        keys = self.room.read(0, self.room.length)[0][0]
        if self.index.learns_from and not self._indexed:
            grouped = query.reshape(len(keys), -1, keys.shape[-1])
            self.index.learn(keys, grouped.mT @ grouped / grouped.shape[1])
        parts = [keys[:, slice(*one.coarse)] for one in ready]
        self.index.add(_join(parts), [part.shape[1] for part in parts])
        self._indexed += len(ready)

    def _note_turn(self, query: "Tensor") -> None:
        import torch

        if self._last_query is not None and self.control.reads_queries:
            cosines = torch.nn.functional.cosine_similarity(query, self._last_query, dim=-1)
            self.control.note_closeness(float(cosines.mean()))
        self._last_query = query


def _join(parts: list["Tensor"]) -> "Tensor":
    import torch

    return torch.cat(parts, dim=1)
