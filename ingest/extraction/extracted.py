"""What extraction hands on: procedures with their spans, and drafts refused with a reason."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from midthought.memory.records.entry import Procedure
from midthought.memory.records.no_yield import NoYield
from midthought.memory.records.trajectory import Span


@dataclass(frozen=True, slots=True)
class ExtractedProcedure:
    """A procedure and the spans of its trajectory it was made from, in reading order (never empty)."""

    procedure: Procedure
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class RefusedDraft:
    """A draft that did not become a procedure. `reason` is one short, fixed phrase, so that reasons can be counted."""

    subquestion: str
    reason: str


@dataclass(frozen=True, slots=True)
class Extraction:
    """Everything one trajectory gave: drafts = procedures + refused.

    Attributes:
        reason: why there are no procedures; None if and only if there are some.
        detail: what was found and refused, counted.
        names: of drafts that were all refused, the names of the question that refused them.
    """

    procedures: tuple[ExtractedProcedure, ...]
    refused: tuple[RefusedDraft, ...]
    reason: NoYield | None = None
    detail: str = ""
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if bool(self.procedures) == (self.reason is not None):
            raise ValueError(f"a reason is for what taught nothing: {len(self.procedures)} procedures, {self.reason}")


def count_kinds(kinds: Iterable[str]) -> str:
    """Return how often each of some phrases comes, the most frequent first: ``holds a digit: 2; holds a label: 1``."""
    counted = sorted(Counter(kinds).items(), key=lambda one: (-one[1], one[0]))
    return "; ".join(f"{kind}: {number}" for kind, number in counted)
