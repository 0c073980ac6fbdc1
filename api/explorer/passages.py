"""A long text for a page: the part of it that is shown, cut where a passage begins or ends."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

WINDOW = 20_000
"""Characters of one text on a page: a browser lays them out at once, and longer texts are shown in parts."""


@dataclass(frozen=True, slots=True)
class TextWindow:
    """Characters ``[start, end)`` of a text of `total` characters."""

    start: int
    end: int
    total: int

    @property
    def is_whole(self) -> bool:
        """Whether all of the text is shown."""
        return self.end - self.start == self.total

    @property
    def previous(self) -> int | None:
        """Where the part before begins; None at the beginning."""
        return max(0, self.start - WINDOW) if self.start else None

    @property
    def next(self) -> int | None:
        """Where the part after begins; None at the end."""
        return self.end if self.end < self.total else None


def window_at(total: int, place: int) -> TextWindow:
    """Return the part of a text in which the character `place` stands; the first part for a place outside of it."""
    start = place - place % WINDOW if 0 <= place < total else 0
    return TextWindow(start, min(total, start + WINDOW), total)


@dataclass(frozen=True, slots=True)
class PassageMark:
    """Characters ``[start, end)`` of a text that are marked.

    Attributes:
        kind: what it is, in one word; the style of the page knows it.
        label: the same for people.
        target: where it leads; empty if nowhere.
    """

    start: int
    end: int
    kind: str
    label: str
    target: str = ""


@dataclass(frozen=True, slots=True)
class TextPiece:
    """Characters that the same passages cover.

    Attributes:
        start: of the first character in the whole text.
        marks: the passages that cover it.
        begun, ended: those of them whose first or last character is in it, or that the shown part cuts there.
    """

    text: str
    start: int
    marks: tuple[PassageMark, ...] = ()
    begun: tuple[PassageMark, ...] = ()
    ended: tuple[PassageMark, ...] = ()

    @property
    def kinds(self) -> str:
        """The kinds of its passages, each once."""
        return " ".join(dict.fromkeys(one.kind for one in self.marks))


def cut_text(text: str, marks: Iterable[PassageMark], *, start: int, end: int) -> list[TextPiece]:
    """Return the characters ``[start, end)`` of a text in pieces, so that each mark covers whole pieces."""
    shown = [one for one in marks if max(one.start, start) < min(one.end, end)]
    places = {place for one in shown for place in (one.start, one.end) if start < place < end}
    edges = [start, *sorted(places), end]
    return [_piece(text, low, high, shown, start, end) for low, high in pairwise(edges) if low < high]


def _piece(text: str, low: int, high: int, marks: Sequence[PassageMark], start: int, end: int) -> TextPiece:
    covering = tuple(one for one in marks if one.start <= low and high <= one.end)
    begun = tuple(one for one in covering if max(one.start, start) == low)
    ended = tuple(one for one in covering if min(one.end, end) == high)
    return TextPiece(text[low:high], low, covering, begun, ended)
