"""A thought: a segment of the KV cache."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Thought:
    """A segment of the cache. Places are tokens from the beginning of the text; ends are exclusive.

    Attributes:
        start, end: of all of it.
        summary: start and end of its summary, within it; None if none was written.
        pinned: whether it is always visible.
        entry: the id of the recalled entry that it is; empty for a part of the model's own text.
    """

    start: int
    end: int
    summary: tuple[int, int] | None = None
    pinned: bool = False
    entry: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"a thought must have 0 <= start < end, got {self.start} and {self.end}")
        if self.summary and not self.start <= self.summary[0] < self.summary[1] <= self.end:
            raise ValueError(f"a summary must lie within its thought, {self.start} to {self.end}, got {self.summary}")

    @property
    def coarse(self) -> tuple[int, int]:
        """The tokens that its coarse key is made from: the summary, or all of it."""
        return self.summary or (self.start, self.end)
