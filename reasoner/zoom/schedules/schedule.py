"""The interface of policies that say when thoughts are chosen anew."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor


class Schedule(Protocol):
    """One for each layer of each sequence where it looks at queries; asked once a token, in order."""

    def should_reselect(self, length: int, query: "Tensor") -> bool:
        """Return whether the newest of `length` tokens, with query ``(query heads, head size)``, chooses anew."""
        ...
