"""Quotable texts with their names, and places in them."""

from dataclasses import dataclass
from enum import StrEnum


class SegmentKind(StrEnum):
    """Where a quotable text comes from."""

    QUESTION = "question"
    CONTEXT = "context"
    """A text that the user gave with the question."""
    ENTRY = "entry"
    """A recalled entry: its key or its body."""
    THOUGHT = "thought"
    """The model's own earlier thought."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A text that may be quoted. A quote is inside one segment and never crosses into the next.

    Attributes:
        id: its name in sources, unique in one request.
        text: the original text; offsets of sources count its characters.
        kind: the kind of text.
        entry_id: the entry it is part of; empty unless `kind` is `SegmentKind.ENTRY`.
        version: of that entry; 0 without one.
        trajectory_id: the trajectory that the entry was learnt from; empty if there is none.
    """

    id: str
    text: str
    kind: SegmentKind = SegmentKind.CONTEXT
    entry_id: str = ""
    version: int = 0
    trajectory_id: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """The place of a quote: characters ``[start, end)`` of the text of the segment named `segment`."""

    segment: str
    start: int
    end: int
