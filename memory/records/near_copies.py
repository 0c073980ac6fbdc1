"""The near-copy test: whether two texts agree nearly word by word.

Ingestion asks it of two entries, recall of two questions: both stand above this folder.
"""

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

NEAR_COPY = 0.75
"""Share of matching words (difflib's ratio) from which two texts count as copies. Of the paraphrases tuned on none is
above 0.74; of the texts with a few words changed none is below."""
_MAX_WORDS = 400
"""Words of a text that `NearCopyTest` compares: the comparison takes time by the product of both lengths."""
_WORD = re.compile(r"\w+|[^\w\s]")


def match_near_copy(one: Sequence[str], other: Sequence[str]) -> SequenceMatcher[str] | None:
    """Return the matching of two lists of words if they are near copies, else None."""
    return _match(one, Counter(one), other)


class NearCopyTest:
    """Compares texts with one text, by the first 400 words of each, in whatever case they are written.

    >>> test = NearCopyTest("How many ways are there to seat 6 people?")
    >>> test.is_copy("How many ways are there to seat 8 people?")
    True
    >>> test.is_copy("What is the area of a circle?")
    False
    """

    def __init__(self, text: str) -> None:
        self._words = _words_of(text)
        self._counts = Counter(self._words)

    def is_copy(self, other: str) -> bool:
        """Return whether a text is a near copy of this one."""
        return _match(self._words, self._counts, _words_of(other)) is not None


def _match(one: Sequence[str], counts: Counter[str], other: Sequence[str]) -> SequenceMatcher[str] | None:
    # Upper bounds of the matching words, the cheapest first: nearly all pairs end here, in 2 microseconds. difflib has
    # such bounds too, but takes 200 to prepare them.
    needed = NEAR_COPY * (len(one) + len(other)) / 2
    if min(len(one), len(other)) < needed or sum(map(counts.__contains__, other)) < needed:
        return None
    if (counts & Counter(other)).total() < needed:
        return None
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher if matcher.ratio() >= NEAR_COPY else None


def _words_of(text: str) -> list[str]:
    return _WORD.findall(text.lower())[:_MAX_WORDS]
