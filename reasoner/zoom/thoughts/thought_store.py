"""A layer that shows of every thought what was chosen: all of it, its summary, or nothing."""

from typing import TYPE_CHECKING

from midthought.reasoner.zoom.index.coarse_index import CoarseIndex
from midthought.reasoner.zoom.kv.kv_buffer import KVBuffer, Placement
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
        self.visible_thoughts: ThoughtVisibility | None = control.opening
        """What the last call saw; None if that was everything."""
        self._shown: KVBuffer | None = None
        self._padding: Tensor | None = None
        self._shown_until = 0
        self._indexed = 0
        self._last_query: Tensor | None = None
        self._last_votes: Tensor | None = None

    def select(self, query: "Tensor", *, scaling: float) -> VisibleKV | None:
        """See `ZoomStore.select`."""
        control, last = self.control, query[..., -1:, :]
        if control.length != self.buffer.length:
            raise ValueError(
                f"the controller has read {control.length} tokens and the cache {self.buffer.length}: give tokens, not "
                "embeddings, to a model that enable_zoom was called with"
            )
        self.index_bytes = 0
        self._index_thoughts(last)
        lagged = control.policy.lagged
        # An index that still waits for enough keys to learn from has no row to vote with.
        votes = control.due and control.votes_in(self._layer) and self._indexed >= control.candidates
        # A choice that takes effect at once must be made before this step reads.
        if votes and not lagged:
            self._show_thoughts(control.choose(self._vote(last, scaling)))
        elif lagged:
            self._show_thoughts(control.chosen(self._layer))
        shown = self._read_selected(query)
        # The votes of the whole model are complete after its last layer, so they count from the next token on.
        if votes and lagged:
            control.cast(self._layer, self._vote(last, scaling))
        self._note_turn(last)
        return shown

    def opened(self) -> "Tensor | None":
        """See `ZoomStore.opened`."""
        return None if self.visible_thoughts is None else (self.visible_thoughts.levels == OPEN).double().mean(dim=0)

    def votes(self) -> "Tensor | None":
        """See `ZoomStore.votes`."""
        return self._last_votes

    def parts(self) -> list[tuple[int, int]]:
        """See `ZoomStore.parts`."""
        count = 0 if self.visible_thoughts is None else self.visible_thoughts.levels.shape[-1]
        return [(one.start, one.end) for one in self.control.thoughts[:count]]

    @property
    def shown_bytes(self) -> int:
        """See `ZoomStore.shown_bytes`."""
        return self.index.held_bytes + (self._shown.held_bytes if self._shown else 0)

    def _show_thoughts(self, chosen: ThoughtVisibility | None) -> None:
        if chosen is not self.visible_thoughts:
            self.visible_thoughts, self._shown = chosen, None

    def _vote(self, query: "Tensor", scaling: float) -> "Tensor":
        """Return what every thought gets from the heads of each KV head, shape ``(kv heads, thoughts)``."""
        count, votes = self.control.candidates, self.control.policy.votes
        grouped = query.view(self.heads, -1, 1, query.shape[-1])
        self.index_bytes = self.index.stored_bytes
        if votes is None:
            cast = self.index.masses(grouped, [count], scaling=scaling)[:, 0]
        else:
            cast = count_votes(self.index.thought_scores(grouped * scaling, count)[:, :, 0], votes)
        self._last_votes = cast.sum(dim=0) / query.shape[1]
        return cast

    def _read_selected(self, query: "Tensor") -> VisibleKV | None:
        if self.visible_thoughts is None:
            return None
        count = query.shape[-2]
        if self._shown is None:
            places, self._padding = self.visible_thoughts.places(self.buffer.length)
            self._shown = self.buffer.take(places.to(query.device).expand(self.heads, -1))
        else:
            # The choice is the same, and what was written since is visible: only that is copied.
            self._shown.append(*self.buffer.read(self._shown_until, self.buffer.length))
        self._shown_until = self.buffer.length
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
        # A thought is indexed when all of it is stored; its coarse key would be of a part only.
        ready = [one for one in self.control.thoughts[self._indexed :] if one.end <= self.buffer.length]
        if not ready or self.buffer.length < self.index.learns_from:
            return
        keys = self.buffer.read(0, self.buffer.length)[0][0]
        if self.index.learns_from and not self._indexed:
            # Errors of coarse keys count in the directions of the queries, which their second moments give.
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
