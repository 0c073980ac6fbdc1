"""Boundaries: at which tokens of a text the visible thoughts are selected again; the interface and the simplest one."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from midthought.reasoner.zoom.zoom_policy import ZoomedText


@dataclass(frozen=True, slots=True)
class DecodingStep:
    """What is known when tokens are about to be read.

    Attributes:
        ids: the tokens.
        surprisal: of the first of them under the model, in nats; None if it is not known or not read.
        closeness: mean cosine of the last two queries over all heads of the model; None for the same reasons.
    """

    ids: Sequence[int]
    surprisal: float | None
    closeness: float | None


class Boundary(ABC):
    """One for each sequence, asked before every call of the model.

    Attributes:
        reads_scores: whether it reads the surprisal.
        reads_queries: whether it reads the closeness.
    """

    reads_scores = False
    reads_queries = False

    @classmethod
    def watch(cls, text: ZoomedText) -> Self:
        """Return the boundary of one text; most know it by its tokens alone."""
        return cls()

    @abstractmethod
    def should_reselect(self, step: DecodingStep) -> bool:
        """Return whether the last token of the step votes for what is visible from the next one on."""


class EveryStep(Boundary):
    """Every token is a boundary."""

    def should_reselect(self, step: DecodingStep) -> bool:
        """See `Boundary.should_reselect`."""
        return True
