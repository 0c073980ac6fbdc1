"""Doubt about a statement: a hedge at its opening, or a next sentence that takes it back."""

import re
from functools import cache

from midthought.ingest.lexicon import load_lexicon

_LOOKED_AT = 130
"""Characters of the next sentence: what it says later is about something else."""
_OPENING = 60
_TURNS = re.compile(r"(?:But|Wait|Hmm|No|Actually|However|Although)\b")


def is_hedged(sentence: str) -> bool:
    """Whether a sentence opens with a hedge, "I think the formula is"."""
    return _any_of("hedges").search(sentence, 0, _OPENING) is not None


def is_taken_back(following: str) -> bool:
    """Whether the sentence after a statement leaves it: "But I'm not sure if that applies here"."""
    return _TURNS.match(following) is not None and _any_of("retractions").search(following, 0, _LOOKED_AT) is not None


@cache
def _any_of(name: str) -> re.Pattern[str]:
    phrases = {"hedges": load_lexicon().hedges, "retractions": load_lexicon().retractions}[name]
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, phrases))})\b", re.IGNORECASE)
