"""What extractors hand on: entries with their spans, and drafts refused with a reason."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from midthought.memory.records.entry import Entry
from midthought.memory.records.no_yield import NoYield
from midthought.memory.records.trajectory import Span

EntryT_co = TypeVar("EntryT_co", bound=Entry, covariant=True)


@dataclass(frozen=True, slots=True)
class ExtractedEntry(Generic[EntryT_co]):
    """An entry and the spans of its trajectory it was made from, in reading order (never empty)."""

    entry: EntryT_co
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class RefusedDraft:
    """A draft that did not become an entry.

    Attributes:
        key: what it would have been found by.
        reason: one short, fixed phrase, so that reasons can be counted.
        found: what was found in it, if that is why.
        quarantined: the draft itself, if it is kept.
    """

    key: str
    reason: str
    found: str = ""
    quarantined: ExtractedEntry[Entry] | None = None


@dataclass(frozen=True, slots=True)
class Extraction:
    """Everything one trajectory gave: drafts = entries + refused.

    Attributes:
        reason: why there are no entries; None if and only if there are some.
        detail: what was found and refused, counted.
    """

    entries: tuple[ExtractedEntry[Entry], ...]
    refused: tuple[RefusedDraft, ...]
    reason: NoYield | None = None
    detail: str = ""

    def __post_init__(self) -> None:
        if bool(self.entries) == (self.reason is not None):
            raise ValueError(f"a reason is for what taught nothing: {len(self.entries)} entries, {self.reason}")


def count_kinds(kinds: Iterable[str]) -> str:
    """Return how often each of some phrases comes, the most frequent first: ``holds a digit: 2; holds a label: 1``."""
    counted = sorted(Counter(kinds).items(), key=lambda one: (-one[1], one[0]))
    return "; ".join(f"{kind}: {number}" for kind, number in counted)
