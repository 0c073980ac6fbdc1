"""What may be quoted: named texts, and places in them."""

from dataclasses import dataclass
from enum import StrEnum


class SegmentKind(StrEnum):
    """Where a quotable text comes from."""

    QUESTION = "question"
    CONTEXT = "context"
    """A text the user gave along with the question."""
    ENTRY = "entry"
    """A recalled entry: its key or its body."""
    THOUGHT = "thought"
    """What the model itself thought earlier."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A text that may be quoted. A quote lies in one segment and never runs on into the next.

    Attributes:
        id: names it in sources; different for every segment of one request.
        text: as the source has it; offsets of sources count its characters.
        kind: where it comes from.
        entry_id: the entry it is part of; empty unless `kind` is `SegmentKind.ENTRY`.
        version: of that entry; 0 without one.
        trajectory_id: what taught that entry; empty if it was not learnt from a trajectory.
    """

    id: str
    text: str
    kind: SegmentKind = SegmentKind.CONTEXT
    entry_id: str = ""
    version: int = 0
    trajectory_id: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """Where a quote stands: characters ``[start, end)`` of the text of the segment named `segment`."""

    segment: str
    start: int
    end: int
