"""Texts that are copies of each other but for a few words: there, every word that differs counts.

Someone who rewords a text rewords all of it. Two long stretches that agree word by word, with one word exchanged,
dropped or moved, are two entries from one mould.
"""

from difflib import SequenceMatcher

from midthought.ingest.dedup.word_lists import words_of
from midthought.ingest.dedup.words import canonical, split_sentences

NEAR_COPY = 0.75
"""Share of matching words (difflib's ratio) from which two texts count as copies. Of the paraphrases tuned on none is
above 0.74; of the texts with a few words changed none is below."""

_BEARING = words_of(
    """
    all any both each every one some only even less more much many over up off down if whether than from to into for by
    can could must should may might
    """
)
"""Words that say little in a text of its own, and everything where they are all that differs."""


def find_difference(one: str, other: str) -> str:
    """Return what differs between two near copies, or an empty text where nothing that matters does.

    >>> find_difference("How do I find the area of the triangle?", "How do I find the area of the square?")
    "'triangle' against 'square'"
    """
    here, there = _words(one), _words(other)
    matcher = SequenceMatcher(None, here, there, autojunk=False)
    if matcher.ratio() >= NEAR_COPY:
        for tag, i, j, k, n in matcher.get_opcodes():
            left, right = here[i:j], there[k:n]
            if tag != "equal" and _content(left) != _content(right):
                return f"{' '.join(left)!r} against {' '.join(right)!r}"
    return ""


def is_reordered(one: str, other: str) -> bool:
    """Whether two texts are the same words in another order."""
    here, there = _content(_words(one)), _content(_words(other))
    return here != there and sorted(here) == sorted(there)


def _words(text: str) -> list[str]:
    return [word for sentence in split_sentences(text) for word in sentence]


def _content(words: list[str]) -> list[str]:
    return [canonical(word) or word for word in words if word in _BEARING or canonical(word)]
