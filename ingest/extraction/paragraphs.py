"""The two texts of a trajectory as paragraphs with exact offsets."""

import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from midthought.memory.records.trajectory import Part, Span, Trajectory

_BLANK_LINES = re.compile(r"\n\s*\n")
_TEXT = re.compile(r"\S")


@dataclass(frozen=True, slots=True)
class Page:
    """One part of a trajectory: its text in lower case (same length as the original) and its paragraphs as bounds."""

    part: Part
    original: str
    lower: str
    starts: Sequence[int]
    ends: Sequence[int]

    def bounds(self, first: int, last: int) -> Span:
        """Return the span from the first to the last of some paragraphs."""
        return Span(self.part, self.starts[first], self.ends[last])


def read_page(part: Part, text: str) -> Page:
    """Cut a text at its blank lines; offsets stay those of the text."""
    starts, ends = array("q"), array("q")  # 16 bytes a paragraph; lists of integers hold 72
    first = _TEXT.search(text)
    while first:
        cut = _BLANK_LINES.search(text, first.start())
        starts.append(first.start())
        ends.append(_rstrip(text, cut.start() if cut else len(text)))
        first = _TEXT.search(text, cut.end()) if cut else None
    return Page(part, text, lower_text(text), starts, ends)


def _rstrip(text: str, end: int) -> int:
    """Return where a text that ends at `end` ends without blanks."""
    while text[end - 1].isspace():
        end -= 1
    return end


def read_pages(trajectory: Trajectory) -> tuple[Page, Page]:
    """Return thought and answer, in reading order."""
    return read_page(Part.THOUGHT, trajectory.thought), read_page(Part.ANSWER, trajectory.answer)


def reading_order(span: Span) -> tuple[bool, int, int]:
    """Return what spans are sorted by: the thought comes before the answer."""
    return (span.part is Part.ANSWER, span.start, span.end)


def lower_text(text: str) -> str:
    """Lower a text without changing its length (a few letters, such as İ, would grow)."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
