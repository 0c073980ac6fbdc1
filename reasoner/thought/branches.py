"""A thought that is continued: its text so far, and what may be quoted in it."""

from dataclasses import dataclass

from midthought.memory.records.entry import StoredEntry
from midthought.reasoner.recalled_entries import RecalledEntries
from midthought.reasoner.spans.segments import Segment
from midthought.reasoner.thought.receipts import EntryUse
from midthought.retrieval.hits import Hit


@dataclass(frozen=True, slots=True)
class Branch:
    """A thought to be continued.

    Attributes:
        prompt: the whole text so far.
        start: characters of it before the thought.
        segments: the texts in it that may be quoted.
        hit: the entry whose hint is in it, or from which most evidence came; None without.
        use: what is in it of the memory or of traces, for the records of its samples; None without.
        hint_tokens: of its hint.
        seen: ids of the entries in it; no later recall returns them.
        origins: what quotes are looked up in, if that is not `segments`: the texts the evidence was copied from.
        entries: recalled entries that stand in the cache; None if there are none, or hints in the text instead.
    """

    prompt: str
    start: int
    segments: tuple[Segment, ...]
    hit: Hit | None = None
    use: EntryUse | None = None
    hint_tokens: int = 0
    seen: tuple[str, ...] = ()
    origins: tuple[Segment, ...] = ()
    entries: RecalledEntries | None = None

    @property
    def stored(self) -> StoredEntry | None:
        """The entry of `hit`."""
        return self.hit.stored if self.hit else None
