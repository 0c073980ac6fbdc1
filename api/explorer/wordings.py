"""What changed from one wording of an entry to the next."""

from dataclasses import dataclass
from itertools import takewhile


@dataclass(frozen=True, slots=True)
class WordChange:
    """A text whose beginning and end stayed: the words between them, as they were and as they are."""

    before: str
    removed: str
    added: str
    after: str


def changed_words(old: str, new: str) -> WordChange:
    """Return the one passage in which two wordings differ.

    No shortest list of changes: finding that takes the square of the length, and an entry may be long.

    >>> changed_words("cut away from me", "cut slowly away from me")
    WordChange(before='cut', removed='', added='slowly', after='away from me')
    """
    was, now = old.split(), new.split()
    head = _same(was, now)
    tail = _same(was[head:][::-1], now[head:][::-1])
    ends = len(was) - tail, len(now) - tail
    parts = (was[:head], was[head : ends[0]], now[head : ends[1]], now[ends[1] :])
    return WordChange(*(" ".join(part) for part in parts))


def _same(first: list[str], second: list[str]) -> int:
    """Return how many words at the beginning of two texts are the same."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False)))
