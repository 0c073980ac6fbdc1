"""The growing text of one continuation in pieces: its beginning and its end are kept, and what happened in it."""

from dataclasses import dataclass, replace
from enum import StrEnum

PIECE = 500
"""Characters of a piece of text: a watcher is sent a piece again when it has grown."""
KEPT = 40
"""Pieces that are kept from the beginning of a continuation, and as many from its end: 20,000 characters each."""
MAX_HINT = 6_000
"""Characters of a hint that are kept."""


class PieceKind(StrEnum):
    """What a piece is; the style of the page knows it."""

    TEXT = "words"
    QUERY = "query"
    EVIDENCE = "evidence"
    HINT = "hint"
    NOTE = "note"
    """Something that happened at this place, in words of ours."""


@dataclass(frozen=True, slots=True)
class NamedEntry:
    """An entry that a piece is about; its name is empty if it is not known."""

    id: str
    version: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class LivePiece:
    """A part of what a continuation has so far.

    Attributes:
        number: counts from 0 within the continuation.
        change: the number of the change of its thought that made it what it is.
        label: what it is, for people; empty for text of the model.
        entries: those that it is about.
    """

    number: int
    kind: PieceKind
    text: str
    change: int
    label: str = ""
    entries: tuple[NamedEntry, ...] = ()


class LivePart:
    """One continuation while it is written, or what happens before there is one.

    One thread writes; any thread may call `copy_pieces` at the same time, and nobody waits: pieces are never changed,
    and a list is copied in one step.

    Args:
        branch, sample: the continuation; -1 for what happens before there is one.

    Attributes:
        cut: characters between the kept beginning and the kept end.
        length: characters of its text, what is cut included.
    """

    def __init__(self, branch: int, sample: int) -> None:
        self.branch, self.sample = branch, sample
        self.cut = self.length = 0
        self._pieces: list[LivePiece] = []
        self._made = 0

    def write(self, kind: PieceKind, text: str, *, change: int) -> None:
        """Let the text grow: a piece of the same kind is continued until it is full."""
        self.length += len(text)
        last = self._pieces[-1] if self._pieces else None
        room = PIECE - len(last.text) if last is not None and last.kind is kind else 0
        if last is not None and room > 0:
            self._pieces[-1] = replace(last, text=last.text + text[:room], change=change)
            text = text[room:]
        for start in range(0, len(text), PIECE):
            self._add(LivePiece(self._made, kind, text[start : start + PIECE], change))

    def put(self, kind: PieceKind, text: str, label: str, entries: tuple[NamedEntry, ...], *, change: int) -> None:
        """Add what happened at this place."""
        self._add(LivePiece(self._made, kind, text[:MAX_HINT], change, label, entries))

    def copy_pieces(self) -> list[LivePiece]:
        """Return the pieces that are kept, in order; where numbers are missing, `cut` characters stood."""
        return list(self._pieces)

    def _add(self, piece: LivePiece) -> None:
        self._made += 1
        self._pieces.append(piece)
        if len(self._pieces) > 2 * KEPT:
            self.cut += len(self._pieces[KEPT].text)
            del self._pieces[KEPT]
