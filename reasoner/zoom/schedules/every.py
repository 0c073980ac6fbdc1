"""Choosing anew every few tokens, at fixed positions."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Every:
    """Due at every `steps`-th token of the text, however it was fed."""

    steps: int = 1

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise ValueError(f"steps must be >= 1, got {self.steps}")

    def should_reselect(self, length: int, query: "Tensor") -> bool:
        """See `When.should_reselect`."""
        return length % self.steps == 0
