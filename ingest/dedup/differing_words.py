"""Words that differ between two texts: those that only one has, and those exchanged between near copies.

Someone who rewords a text may say less or more, but not this instead of that, and rewords all of it: two long stretches
that agree word by word, with one word exchanged, dropped or moved, are two entries from one mould.
"""

from midthought.ingest.dedup.literals import is_literal
from midthought.ingest.dedup.words import canonical, split_sentences
from midthought.ingest.lexicon import load_lexicon
from midthought.memory.records.near_copies import match_near_copy

MAX_ADDED = 6
"""Words that a rewording may have and the other text lacks, if the other text has no such word."""


def find_unmatched(one: str, other: str) -> str:
    """Return the words that only one text has if both have some, or if one has too many; else an empty text.

    >>> find_unmatched("Peel the apples.", "How are apples to be peeled?")
    ''
    >>> find_unmatched("Peel the apples.", "Peel the oranges.")
    'appl against orang'
    """
    here, there = _content_words(one), _content_words(other)
    mine, yours = sorted(here - there), sorted(there - here)
    if (mine and yours) or len(mine) > MAX_ADDED or len(yours) > MAX_ADDED:
        return f"{', '.join(mine) or '-'} against {', '.join(yours) or '-'}"
    return ""


def _content_words(text: str) -> set[str]:
    """Return the content words of a text, without literals, which are compared by class."""
    antonyms = load_lexicon().antonyms
    words = {word for sentence in split_sentences(text) for word in sentence if word not in antonyms}
    return {canonical(word) for word in words if word[0].isalpha() and not is_literal(word)} - {""}


def find_difference(one: str, other: str) -> str:
    """Return what differs between two near copies, or an empty text if nothing that matters differs.

    >>> find_difference("How do I find the area of the triangle?", "How do I find the area of the square?")
    "'triangle' against 'square'"
    """
    here, there = _words(one), _words(other)
    matcher = match_near_copy(here, there)
    if matcher:
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
    deciding = load_lexicon().deciding_words
    return [canonical(word) or word for word in words if word in deciding or canonical(word)]
