"""The parts of a query that are searched: a short query as it is, of a long one its end and the sentences that ask."""

import re
from collections.abc import Iterable

MAX_WHOLE = 800
"""Characters up to which a query is searched as it is. The default encoder reads 256 tokens, about 1,000 characters,
and the more a vector has to stand for, the less it says."""
_LONGEST = 600
_MIN_QUESTION = 12
_QUESTIONS = 2
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")


def select_passages(text: str) -> tuple[str, ...]:
    """Return the distinct passages to search, at most four; a text of up to `MAX_WHOLE` characters is one.

    Of a longer one: the end, because a thought that breaks off needs help with what it said last; the last two
    sentences that end in a question mark; and the beginning, where a problem is stated.
    """
    text = text.strip()
    if len(text) <= MAX_WHOLE:
        return (text,)
    sentences = [sentence for sentence in map(str.strip, _SENTENCE_END.split(text)) if sentence]
    asking = [one[-_LONGEST:] for one in sentences if one.endswith("?") and len(one) >= _MIN_QUESTION]
    end = " ".join(reversed(_take(reversed(sentences))))[-_LONGEST:]
    begin = " ".join(_take(sentences))[:_LONGEST]
    return tuple(dict.fromkeys([end, *reversed(asking[-_QUESTIONS:]), begin]))


def _take(sentences: Iterable[str]) -> list[str]:
    """Return the first sentences that fit `_LONGEST` together; the first one however long it is."""
    taken: list[str] = []
    room = _LONGEST
    for sentence in sentences:
        room -= len(sentence) + 1
        if taken and room < 0:
            break
        taken.append(sentence)
    return taken
