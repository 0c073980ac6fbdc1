"""Texts whose token ids are known, so that ids are never made again from what a model has read or written."""

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import TypeGuard

MAX_IDS = 4_000_000
"""Ids that are kept in all: a hundred thoughts of 40,000 tokens."""

_MAX_ID = (1 << 32) - 1


def are_token_ids(given: object) -> TypeGuard[list[int]]:
    """Whether this is a list of numbers that can be ids of tokens."""
    return isinstance(given, list) and all(type(one) is int and 0 <= one <= _MAX_ID for one in given)


@dataclass(slots=True)
class KnownText:
    """One text and its ids. It grows while a model writes it, by `KnownIds.push`.

    Attributes:
        text: its beginning; `pieces` follow.
        ids: all of them.
        ends: places where a token ends, as numbers of characters; `counts` tokens stand before each.
        is_whole: every text that was added had its ids. What follows one without is not known.
    """

    text: str
    ids: "array[int]"
    ends: "array[int]"
    counts: "array[int]"
    pieces: list[str] = field(default_factory=list)
    is_whole: bool = True

    def shared(self, text: str) -> int:
        """Return how many of `ends` lie in the beginning that this text shares with another."""
        if not text.startswith(self.text[: self.ends[0]]):
            return 0
        self.text = "".join((self.text, *self.pieces))
        self.pieces.clear()
        # What is no beginning stays none if it grows, so the places can be searched by halves.
        places = range(len(self.ends))
        return bisect_right(places, 0, key=lambda place: not text.startswith(self.text[: self.ends[place]]))


class KnownIds:
    """The texts that were used last, by number of ids. Threads may share it."""

    def __init__(self, max_ids: int = MAX_IDS) -> None:
        self._max_ids = max_ids
        self._lock = Lock()
        self._texts: list[KnownText] = []  # the one used last is the last

    def begin(self, text: str, ids: Sequence[int]) -> KnownText:
        """Remember a whole text, which is not empty; what it shares with a known one keeps its places."""
        with self._lock:
            known, shared = self._longest(text)
            begun = KnownText(text, array("I", ids), array("I"), array("I"))
            if known is not None and known.ids[: known.counts[shared - 1]] == begun.ids[: known.counts[shared - 1]]:
                begun.ends, begun.counts = known.ends[:shared], known.counts[:shared]
            if not begun.ends or begun.ends[-1] < len(text):
                begun.ends.append(len(text))
                begun.counts.append(len(ids))
            self._texts.append(begun)
            self._forget()
            return begun

    def push(self, known: KnownText, text: str, ids: Sequence[int]) -> None:
        """Add what tokens bring. One that completes no character is no place to go on from.

        Nor is a place behind a text without ids: from there on the text is not known.
        """
        with self._lock:
            known.is_whole = known.is_whole and not (text and not ids)
            if not known.is_whole:
                return
            known.ids.extend(ids)
            if text:
                known.pieces.append(text)
                known.ends.append(known.ends[-1] + len(text))
                known.counts.append(len(known.ids))

    def find(self, text: str) -> tuple[int, list[int]]:
        """Return the length of the longest beginning of `text` that is known, and its ids; 0 and none if none is."""
        with self._lock:
            known, shared = self._longest(text)
            if known is None:
                return 0, []
            self._texts.remove(known)
            self._texts.append(known)
            return known.ends[shared - 1], list(known.ids[: known.counts[shared - 1]])

    def _longest(self, text: str) -> tuple[KnownText | None, int]:
        best: tuple[KnownText | None, int] = (None, 0)
        length = 0
        for known in self._texts:
            shared = known.shared(text)
            if shared and known.ends[shared - 1] > length:
                best, length = (known, shared), known.ends[shared - 1]
        return best

    def _forget(self) -> None:
        total = sum(len(known.ids) for known in self._texts)
        while total > self._max_ids and len(self._texts) > 1:
            total -= len(self._texts.pop(0).ids)
