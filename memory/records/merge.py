"""A pair of entries that looked alike, and what became of it."""

from dataclasses import dataclass
from enum import StrEnum

from midthought.memory.records.entry import Entry


class MergeVerdict(StrEnum):
    """Whether two entries became one."""

    MERGED = "merged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Merge:
    """One pair, as it was judged when the second entry came.

    Attributes:
        entry_id: the entry that was there, and that is kept.
        other_id: the entry that came.
        other: the entry that came if it was merged, as it is stored nowhere else; None if it was refused.
        similarity: cosine of the two keys.
        reason: why they were not merged, or that nothing was against it.
    """

    entry_id: str
    other_id: str
    other: Entry | None
    similarity: float
    verdict: MergeVerdict
    reason: str

    @property
    def pair(self) -> str:
        """What names it, for the page that begins after it."""
        return f"{self.entry_id},{self.other_id}"
