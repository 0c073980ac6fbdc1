"""A growing text cut into what opens a thought, the thought, and what stands behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from midthought.reasoner.engines.thinking_formats import ThinkingFormat


class _Place(Enum):
    BEFORE = "before"
    INSIDE = "inside"
    BEHIND = "behind"


@dataclass(frozen=True, slots=True)
class SplitText:
    """One piece, cut; joined, the parts are the text. The last two are empty while the thought goes on.

    Attributes:
        lead: what opens the thought.
        thought: of the thought.
        closing: the mark that ends it.
        rest: behind it, or all of a text without a thought.
    """

    lead: str = ""
    thought: str = ""
    closing: str = ""
    rest: str = ""

    @property
    def shown(self) -> str:
        """The whole piece."""
        return f"{self.lead}{self.thought}{self.closing}{self.rest}"


class ThoughtSplitter:
    """Reads a text piece by piece. The beginning of what may be a mark is held back until the next piece.

    Args:
        thinking: the marks.
        opened: the thought is open already; otherwise the text opens it, or has none.
        is_thought: a text that does not open a thought is one all the same, as parsers of servers take it.
    """

    def __init__(self, thinking: ThinkingFormat, *, opened: bool, is_thought: bool = False) -> None:
        self._opening = thinking.opening.strip()
        self._closings = thinking.closings
        self._place = _Place.INSIDE if opened else _Place.BEFORE
        self._otherwise = _Place.INSIDE if is_thought else _Place.BEHIND
        self._held = ""

    @property
    def is_inside(self) -> bool:
        """Whether the thought is open."""
        return self._place is _Place.INSIDE

    @property
    def is_behind(self) -> bool:
        """Whether no more of the thought will come."""
        return self._place is _Place.BEHIND

    def push(self, text: str) -> SplitText:
        """Return what is certain of the text so far, and was not returned before."""
        text, self._held = self._held + text, ""
        lead = ""
        if self._place is _Place.BEFORE:
            lead, text = self._open(text)
        if self._place is _Place.BEHIND:
            return SplitText(rest=text)
        if self._place is _Place.BEFORE:
            return SplitText()
        return self._inside(lead, text)

    def flush(self) -> SplitText:
        """Return what was held back: the text ends."""
        text, self._held = self._held, ""
        if self._place is _Place.BEFORE:
            self._place = self._otherwise
        return SplitText(thought=text) if self.is_inside else SplitText(rest=text)

    def _open(self, text: str) -> tuple[str, str]:
        """Return the opening and what follows; nothing of what may become an opening."""
        begun = text.lstrip()
        if begun.startswith(self._opening) and self._opening:
            self._place = _Place.INSIDE
            length = len(text) - len(begun) + len(self._opening)
            return text[:length], text[length:]
        if self._opening.startswith(begun):
            self._held = text
        else:
            self._place = self._otherwise
        return "", text

    def _inside(self, lead: str, text: str) -> SplitText:
        found = [(text.find(one), one) for one in self._closings if one in text]
        if found:
            self._place = _Place.BEHIND
            start, closing = min(found)
            return SplitText(lead, text[:start], closing, text[start + len(closing) :])
        kept = len(text) - _possible_mark(text, self._closings)
        self._held = text[kept:]
        return SplitText(lead, text[:kept])


def _possible_mark(text: str, marks: Sequence[str]) -> int:
    """Return how many characters at the end of a text may be the beginning of a mark."""
    longest = max(map(len, marks), default=1) - 1
    ends = (size for size in range(min(longest, len(text)), 0, -1))
    return next((size for size in ends if any(one.startswith(text[-size:]) for one in marks)), 0)
