"""Schedules say at which queries pages are selected again: the interface, and the simplest one, every n tokens."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor


class Schedule(Protocol):
    """One for each layer of each sequence where it records at queries; asked once a token, in order."""

    def should_reselect(self, length: int, query: "Tensor") -> bool:
        """Return whether the newest of `length` tokens, with query ``(query heads, head size)``, chooses again."""
        ...


@dataclass(frozen=True, slots=True)
class Every:
    """Due at every `steps`-th token of the text, however it was fed."""

    steps: int = 1

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise ValueError(f"steps must be >= 1, got {self.steps}")

    def should_reselect(self, length: int, query: "Tensor") -> bool:
        """See `Schedule.should_reselect`."""
        return length % self.steps == 0
