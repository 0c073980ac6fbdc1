"""Words that one text has and the other has not: a rewording may say less or more, but not this instead of that."""

from midthought.ingest.dedup.antonyms import contrasts
from midthought.ingest.dedup.literals import is_literal
from midthought.ingest.dedup.words import canonical, split_sentences

MOST_ADDED = 6
"""Words of its own that a rewording may have, where the other text has none."""


def find_leftovers(one: str, other: str) -> str:
    """Return the words of their own that both texts have, or too many that one has; empty where neither is so.

    >>> find_leftovers("Peel the apples.", "How are apples to be peeled?")
    ''
    >>> find_leftovers("Peel the apples.", "Peel the oranges.")
    'appl against orang'
    """
    here, there = _content(one), _content(other)
    mine, yours = sorted(here - there), sorted(there - here)
    if (mine and yours) or len(mine) > MOST_ADDED or len(yours) > MOST_ADDED:
        return f"{', '.join(mine) or '-'} against {', '.join(yours) or '-'}"
    return ""


def _content(text: str) -> set[str]:
    """Return the content words of a text; literals are another gate's."""
    words = {word for sentence in split_sentences(text) for word in sentence if word not in contrasts()}
    return {canonical(word) for word in words if word[0].isalpha() and not is_literal(word)} - {""}
