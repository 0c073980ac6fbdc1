"""The loop that every shape of answer shares: parts in, the whole answer out, within a limit, and never an error."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum

from midthought.api.proxy.folds.growing import Json, size_of

MAX_SIZE = 32 << 20
"""Characters of an answer with everything in it; a call of 10 MB is far below."""


class Kept(StrEnum):
    """How much of an answer was kept."""

    WHOLE = "whole"
    VISIBLE = "visible text"
    """beyond the limit only the thought and the text that a reader sees"""
    CUT = "beginning"
    """those have an end too, at twice the limit"""


@dataclass(frozen=True, slots=True)
class FoldedAnswer:
    """A streamed answer as the server gives it unstreamed.

    Attributes:
        answer: the object; with what came, if the stream ended early.
        is_finished: the server said why it ended, for each choice.
        skipped: parts that hold something that could not be used.
        kept: less than the whole if it passed the limit.
        error: what the server said when it gave the answer up; None if it did not.
    """

    answer: Json
    is_finished: bool
    skipped: int = 0
    kept: Kept = Kept.WHOLE
    error: object = None


class AnswerFold(ABC):
    """Folds the parts of one answer.

    Args:
        max_size: characters after which only the visible text is kept, up to as many again.
    """

    def __init__(self, *, max_size: int = MAX_SIZE) -> None:
        self._max_size = max_size
        self._size = self._skipped = 0
        self._kept = Kept.WHOLE
        self._error: object = None

    def add(self, part: object) -> None:
        """Add the JSON of one event; what is no part of an answer is counted, and left."""
        if not isinstance(part, dict):
            self._skipped += 1
            return
        self._error = part.get("error") or self._error
        fitting = self._fit(part)
        if fitting is not None and not self._grow(fitting):
            self._skipped += 1

    def skip(self) -> None:
        """Count an event that is no JSON."""
        self._skipped += 1

    def whole(self) -> FoldedAnswer:
        """Return the answer as it is now."""
        return FoldedAnswer(self._whole(), self._is_finished(), self._skipped, self._kept, self._error)

    def _fit(self, part: Json) -> Json | None:
        """Return what of a part is still kept; None for nothing."""
        if self._replaces(part):
            return part if size_of(part) <= self._max_size else self._leave(part)
        size = size_of(part)
        if self._size + size > self._max_size:
            return self._leave(part)
        self._size += size
        return part

    def _leave(self, part: Json) -> Json | None:
        seen = self._visible(part)
        if seen is None:
            self._kept = max(self._kept, Kept.VISIBLE, key=tuple(Kept).index)
            return None
        self._kept = max(self._kept, Kept.WHOLE if seen == part else Kept.VISIBLE, key=tuple(Kept).index)
        size = size_of(seen)
        if self._size + size > 2 * self._max_size:
            self._kept = Kept.CUT
            return self._end(seen)
        self._size += size
        return seen

    def _replaces(self, part: Json) -> bool:
        """Whether a part says again what came before, in place of it."""
        return False

    @abstractmethod
    def _grow(self, part: Json) -> bool:
        """Add a part; return false if something in it could not be used."""

    @abstractmethod
    def _visible(self, part: Json) -> Json | None:
        """Return a part with only the thought, the text and why it ended."""

    @abstractmethod
    def _end(self, part: Json) -> Json | None:
        """Return a visible part with only why the answer ended."""

    @abstractmethod
    def _is_finished(self) -> bool: ...

    @abstractmethod
    def _whole(self) -> Json: ...
