"""How much of the cache is visible: what always is, and how many pages may be opened in addition."""

from dataclasses import dataclass

_PAGES_AT_ONCE = 8
"""Pages join the choice eight at a time: adding each alone to an index of every layer costs more than seeing it."""


@dataclass(frozen=True, slots=True)
class Visibility:
    """What attention may see of the tokens so far. Counts are tokens, per layer and KV head.

    The stored tokens lie in three parts: `first` tokens, always visible; whole pages of `page` tokens, of which the
    most wanted are opened; and the rest, at least the last `window` tokens, always visible.

    Attributes:
        first: the beginning that must stay in sight. Attention sinks lie in its first tokens; the rest of a prompt may
            be opened like all other text. If every word of it must be seen, give its length.
        window: the last tokens, the newest one included.
        page: tokens that are opened together.
        share: the maximum share of visible tokens; what is always visible counts, and may exceed it.
        floor: tokens that may be visible whatever the share: a fifth of a short text is too little. A text of
            up to `floor` tokens is visible as a whole, and no fewer tokens of a longer one.
    """

    first: int = 4
    window: int = 32
    page: int = 4
    share: float = 0.2
    floor: int = 512

    def __post_init__(self) -> None:
        for name, minimum in (("first", 1), ("window", 1), ("page", 1)):
            value = getattr(self, name)
            if value < minimum:
                raise ValueError(f"{name} must be >= {minimum}, got {value}")
        if not 0 < self.share <= 1:
            raise ValueError(f"share must be in (0, 1], got {self.share}")
        if self.floor < 0:
            raise ValueError(f"floor must be >= 0, got {self.floor}")

    def count_pages(self, length: int) -> int:
        """Return how many whole pages there are to choose from, for the newest of `length` tokens."""
        return max(0, (length - self.first - self.window) // (self.page * _PAGES_AT_ONCE)) * _PAGES_AT_ONCE

    @property
    def spare(self) -> int:
        """Tokens that are written before pages join the choice again, at most."""
        return self.page * _PAGES_AT_ONCE

    def count_open(self, length: int) -> int:
        """Return how many of them may be open: at least one, if there is one."""
        pages = self.count_pages(length)
        kept = length - pages * self.page
        at_floor = -(-(self.floor - kept) // self.page)
        return min(pages, max(1, int(self.share * length - kept) // self.page, at_floor))
