"""How natural the order of a text's words is. A salad of a memory's words is near to its entries, but has no order.

Words are seen as classes: every function word and every usual punctuation mark is a class; other words,
words with letters beyond ASCII, single letters, numbers and other signs are one class each. A pair of neighbours counts
by how much more often it stands in English sentences than the two would by chance. ``data/lexicon/word_order.txt`` has
the counts, of the project's own texts: see ``benchmarks/quality/make_word_order.py``.
"""

import importlib.resources
import math
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from midthought.memory.indexes.word_analysis import function_words

FILE = "word_order.txt"
_TOKEN = re.compile(r"[^\W\d_](?:[^\W\d_]|')*|\d+(?:[.,]\d+)*|[^\s\w]|_")
_MARKS = ".,?!;:"
_START, _END = "<", ">"
_MAX_CHARACTERS = 600
"""Of a text: enough to see whether it has an order."""
_SMOOTHING = 0.5
"""Occurrences by chance that are added per class: a pair that was never seen is not impossible."""


def word_order(text: str) -> float:
    """Return the mean logarithm of how much more frequent each pair of neighbours is than by chance.

    Around .5 for English sentences, 0 for keywords and code, -.4 for words in random order and for other languages.
    """
    classes, pairs = token_classes(text[:_MAX_CHARACTERS]), _read_pairs()
    gains = [pairs.gain(first, second) for first, second in pairwise(classes)]
    return sum(gains) / len(gains)


def token_classes(text: str) -> list[str]:
    """Return the classes of the tokens of a text, between marks of its start and end."""
    return [_START, *map(_class_of, _TOKEN.findall(text.lower())), _END]


def _class_of(token: str) -> str:
    if token in function_words() or token in _MARKS:
        return token
    if token[0].isdigit():
        return "number"
    if not token[0].isalpha():
        return "sign"
    if not token.isascii():
        return "foreign"
    return "word" if len(token) > 1 else "letter"


@dataclass(frozen=True, slots=True)
class _Pairs:
    counts: Counter[tuple[str, str]]
    firsts: Counter[str]
    seconds: Counter[str]
    total: int

    def gain(self, first: str, second: str) -> float:
        chance = (self.seconds[second] + 1) / (self.total + len(self.seconds))
        added = _SMOOTHING * len(self.seconds)
        return math.log((self.counts[first, second] / chance + added) / (self.firsts[first] + added))


@cache
def _read_pairs() -> _Pairs:
    file = importlib.resources.files("midthought") / "lexicon" / FILE
    counts: Counter[tuple[str, str]] = Counter()
    firsts: Counter[str] = Counter()
    seconds: Counter[str] = Counter()
    for line in file.read_text("utf-8").splitlines():
        first, second, count = line.split(" ")
        counts[first, second] = int(count)
        firsts[first] += int(count)
        seconds[second] += int(count)
    return _Pairs(counts, firsts, seconds, counts.total())
