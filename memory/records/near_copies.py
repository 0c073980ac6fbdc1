"""The near-copy test: whether two texts agree nearly word by word.

Ingestion asks it of two entries, recall of two questions: both stand above this folder.
"""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

NEAR_COPY = 0.75
"""Share of matching words (difflib's ratio) from which two texts count as copies. Of the paraphrases tuned on none is
above 0.74; of the texts with a few words changed none is below."""
_MAX_WORDS = 400
"""Words of a text that `is_near_copy` compares: the comparison takes time by the product of both lengths."""
_WORD = re.compile(r"\w+|[^\w\s]")


def match_near_copy(one: Sequence[str], other: Sequence[str]) -> SequenceMatcher[str] | None:
    """Return the matching of two lists of words if they are near copies, else None."""
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    # Both are upper bounds of the ratio, and cheap: nearly all pairs end here.
    if matcher.real_quick_ratio() < NEAR_COPY or matcher.quick_ratio() < NEAR_COPY:
        return None
    return matcher if matcher.ratio() >= NEAR_COPY else None


def is_near_copy(one: str, other: str) -> bool:
    """Return whether two texts are near copies by their first 400 words, in whatever case they are written.

    >>> is_near_copy("How many ways are there to seat 6 people?", "How many ways are there to seat 8 people?")
    True
    >>> is_near_copy("How many ways are there to seat 6 people?", "What is the area of a circle?")
    False
    """
    here, there = (_WORD.findall(text.lower())[:_MAX_WORDS] for text in (one, other))
    return match_near_copy(here, there) is not None
