"""What extraction hands on: procedures with their spans, and drafts refused with a reason."""

from dataclasses import dataclass

from midthought.memory.entry import Procedure
from midthought.memory.trajectory import Span


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
    """Everything one trajectory gave: drafts = procedures + refused."""

    procedures: tuple[ExtractedProcedure, ...]
    refused: tuple[RefusedDraft, ...]
