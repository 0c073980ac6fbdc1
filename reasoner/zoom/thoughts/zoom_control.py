"""The controller of one sequence: where its thoughts are, when they are chosen again, and what was chosen."""

import math
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from midthought.reasoner.zoom.kv.pins import Pins
from midthought.reasoner.zoom.thoughts.boundaries.boundary import Boundary, DecodingStep
from midthought.reasoner.zoom.thoughts.choosing import choose_visibility, visible_tokens
from midthought.reasoner.zoom.thoughts.segmenters.segmenter import Segmenter
from midthought.reasoner.zoom.thoughts.thought import Thought
from midthought.reasoner.zoom.thoughts.voting_policy import Pooling, VotingPolicy

if TYPE_CHECKING:
    from torch import Tensor


class ThoughtVisibility:
    """What was chosen, for one layer or for all.

    Args:
        levels: the level of each thought, shape ``(choosers, thoughts)``; see `choosing.py`.
        thoughts: those.
    """

    def __init__(self, levels: "Tensor", thoughts: Sequence[Thought]) -> None:
        self.levels = levels
        self._thoughts = thoughts
        self._places: tuple[Tensor, Tensor | None] | None = None
        self._length = 0

    def places(self, length: int) -> tuple["Tensor", "Tensor | None"]:
        """Return the visible ones of `length` tokens, ``(choosers, visible)``, and which of them do not just fill up.

        Choosers that see less than others are filled up in front, since the newest tokens must stay the last for a
        causal mask; None if nothing is filled up. Layers that share a choice ask for the same, so it is kept.
        """
        if self._places is None or self._length != length:
            visible = visible_tokens(self.levels, self._thoughts, length)
            counts = visible.sum(dim=-1)
            places = visible.long().sort(dim=-1, stable=True).indices[:, -int(counts.max()) :]
            seen = None if counts.min() == counts.max() else visible.gather(1, places)
            self._places, self._length = (places, seen), length
        return self._places


class ZoomControl:
    """Shared by all layers of a cache of thoughts.

    `enable_zoom` lets the model call `begin` before and `end` after each of its calls, so a text that the library's own
    ``generate`` writes is followed as well as one written by a loop. A piece of several tokens is one step: its last
    token votes, and a lagged choice counts from the next call on.

    Args:
        segmenter: where the text is cut into thoughts.
        boundary: when they are chosen again.
        policy: how they are chosen.
        preloaded: thoughts that stand in the cache already, such as recalled entries; closed until a head
            votes for them, and not subject to the window.
        length: tokens that stand in the cache already.
        pins: parts that stay visible whatever is chosen.
    """

    def __init__(
        self,
        segmenter: Segmenter,
        boundary: Boundary,
        policy: VotingPolicy,
        *,
        preloaded: Sequence[Thought] = (),
        length: int = 0,
        pins: Pins | None = None,
    ) -> None:
        self.policy = policy
        self.thoughts = list(preloaded)
        self.pins = pins or Pins()
        self.length = length
        self.due = False
        """Whether the last token of this step votes."""
        self._newest = 0
        self._segmenter = segmenter
        self.boundary = boundary
        self._cast: dict[int, Tensor] = {}
        self._chosen: dict[int, ThoughtVisibility] = {}
        self._preloaded = len(self.thoughts)
        self._closeness: list[float] = []
        self._expected: Tensor | None = None

    def begin(self, ids: Sequence[int]) -> None:
        """Follow the tokens that the model is about to read."""
        # All layers have cast the votes of the step before by now.
        self._count_votes()
        step = DecodingStep(ids, self._surprisal(ids), _mean(self._closeness))
        self._closeness = []
        self.length += len(ids)
        self._newest = len(ids)
        self.thoughts += self._segmenter.read(ids)
        self.due = self.boundary.should_reselect(step) and self.candidates > 0

    def end(self, scores: "Tensor") -> None:
        """Keep what the model expects next, scores of shape ``(vocabulary,)``."""
        if self.boundary.reads_scores:
            self._expected = scores

    @property
    def reads_queries(self) -> bool:
        """Whether the boundary wants to know how close successive queries are."""
        return self.boundary.reads_queries

    @property
    def candidates(self) -> int:
        """How many thoughts there are to choose from: those that ended before the window and before this step."""
        # A step of several tokens must not choose among thoughts that it is a part of.
        behind = self.length - max(self.policy.window, self._newest)
        return self._preloaded + sum(one.end <= behind for one in self.thoughts[self._preloaded :])

    def known(self) -> list[Thought]:
        """Return the thoughts to choose from, those with a pinned token marked."""
        some = self.thoughts[: self.candidates]
        return [self._pin(one) for one in some]

    def votes_in(self, layer: int) -> bool:
        """Return whether a layer votes at all."""
        return self.policy.voting_layers is None or layer in self.policy.voting_layers

    def cast(self, layer: int, votes: "Tensor") -> None:
        """Take the votes of a layer, shape ``(kv heads, thoughts)``; they count when the step is over."""
        self._cast[layer] = votes

    def choose(self, votes: "Tensor") -> ThoughtVisibility:
        """Choose by the votes of one layer, ``(kv heads, thoughts)``, or those of all, summed."""
        pooled = votes if self.policy.pooling is Pooling.HEAD else votes.sum(dim=0, keepdim=True)
        known = self.known()[: votes.shape[-1]]
        return ThoughtVisibility(choose_visibility(pooled, known, self.policy, self.length), known)

    def chosen(self, layer: int) -> ThoughtVisibility | None:
        """Return the lagged choice that counts for a layer; None before there is any."""
        return self._chosen.get(-1 if self.policy.pooling is Pooling.MODEL else layer, self.opening)

    @cached_property
    def opening(self) -> ThoughtVisibility | None:
        """The choice before any head has voted: nothing that was preloaded is open."""
        import torch

        if not self._preloaded:
            return None
        no_votes = torch.zeros(1, self._preloaded)
        known = self.known()[: self._preloaded]
        return ThoughtVisibility(choose_visibility(no_votes, known, self.policy, self.length), known)

    def note_closeness(self, cosine: float) -> None:
        """Take the mean cosine of a layer's last two queries."""
        self._closeness.append(cosine)

    def _count_votes(self) -> None:
        if not self._cast:
            return
        if self.policy.pooling is Pooling.MODEL:
            self._chosen = {-1: self.choose(sum(self._cast.values()))}  # type: ignore[arg-type]
        else:
            self._chosen = {layer: self.choose(votes) for layer, votes in self._cast.items()}
        self._cast = {}

    def _surprisal(self, ids: Sequence[int]) -> float | None:
        if self._expected is None:
            return None
        # Of the first token alone: of the others in one piece the model has not said what it expects.
        return float(self._expected.logsumexp(-1) - self._expected[ids[0]])

    def _pin(self, thought: Thought) -> Thought:
        if thought.pinned or not self.pins.touch(thought.start, thought.end):
            return thought
        return Thought(thought.start, thought.end, thought.summary, pinned=True, entry=thought.entry)


def _mean(cosines: list[float]) -> float | None:
    return math.fsum(cosines) / len(cosines) if cosines else None
