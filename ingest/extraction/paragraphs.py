"""The two texts of a trajectory as paragraphs with exact offsets."""

import re
from dataclasses import dataclass

from midthought.memory.trajectory import Part, Span, Trajectory

_PARAGRAPH = re.compile(r"\S(?:.|\n(?!\s*\n))*")


@dataclass(frozen=True, slots=True)
class Page:
    """One part of a trajectory: its text in lower case (same length as the original) and its paragraphs as bounds."""

    part: Part
    original: str
    lower: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def bounds(self, first: int, last: int) -> Span:
        """Return the span from the first to the last of some paragraphs."""
        return Span(self.part, self.starts[first], self.ends[last])


def read_page(part: Part, text: str) -> Page:
    """Cut a text at its blank lines; offsets stay those of the text."""
    found = [(m.start(), m.start() + len(m.group().rstrip())) for m in _PARAGRAPH.finditer(text)]
    return Page(part, text, lower_text(text), tuple(s for s, _ in found), tuple(e for _, e in found))


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
