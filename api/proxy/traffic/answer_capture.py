"""The bytes of answers while they pass: kept for the trace, within a budget that all of them share."""

from collections.abc import AsyncIterator
from threading import Lock

MAX_ANSWER = 32 << 20
"""Bytes of one answer."""
MAX_IN_ALL = 256 << 20
"""Bytes of all answers that pass, or wait to be read."""


class CaptureBudget:
    """How many bytes are held; threads may share it."""

    def __init__(self, size: int = MAX_IN_ALL) -> None:
        self._left = size
        self._lock = Lock()

    def take(self, size: int) -> bool:
        """Take some bytes of the budget; return false, and take none, if there are not so many."""
        with self._lock:
            if size > self._left:
                return False
            self._left -= size
            return True

    def give(self, size: int) -> None:
        """Give bytes back."""
        with self._lock:
            self._left += size


class AnswerCapture:
    """Keeps the bytes of one answer on their way; it never fails, and never waits.

    Args:
        budget: shared with the other answers. Whoever takes the bytes gives them back.
    """

    def __init__(self, budget: CaptureBudget) -> None:
        self._budget = budget
        self._pieces: list[bytes] = []
        self._size = 0
        self.is_whole = True
        """All that passed is here."""
        self.is_complete = False
        """The answer came to its end."""

    async def tee(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Yield the chunks as they are."""
        async for chunk in chunks:
            self.add(chunk)
            yield chunk
        self.is_complete = True

    def add(self, chunk: bytes) -> None:
        """Keep a chunk; if there is no room for it, nothing of the answer is kept."""
        if not self.is_whole:
            return
        if self._size + len(chunk) > MAX_ANSWER or not self._budget.take(len(chunk)):
            self.drop()
            return
        self._size += len(chunk)
        self._pieces.append(chunk)

    def drop(self) -> None:
        """Keep nothing of the answer, now and later."""
        self.is_whole = False
        self._budget.give(self._size)
        self._pieces, self._size = [], 0

    def body(self) -> tuple[bytes, ...]:
        """Return what was kept."""
        return tuple(self._pieces)
