"""BM25 as tantivy computes it: so that both homes of the index give the same scores.

A part of a score depends on how often an entry holds a word, on the entry's length and on statistics that change with
every entry. Each pair of (occurrences, length code) of a word is therefore a dimension of its own: an entry has the
value 1 in its dimensions, and all that changes is in the query.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from midthought.memory.indexes.word_analysis import spelling_analyzer, stem_analyzer
from midthought.memory.records.index_changes import LexicalDocument

K1, B = 1.2, 0.75
_EXACT_CODES, _CODES = 24, 256


def _coded_length(code: int) -> int:
    """Return the length that a code stands for: exact up to 40 words, then with three bits after the leading one."""
    if code < _EXACT_CODES:
        return code
    shift, bits = divmod(code - _EXACT_CODES, 8)
    return _EXACT_CODES + (bits if shift == 0 else (8 + bits) << (shift - 1))


CODED_LENGTHS = tuple(_coded_length(code) for code in range(_CODES))
"""The length of each code, ascending: tantivy keeps the number of words of a text in one byte."""


def length_code(words: int) -> int:
    """Return the code of a text of that number of words: of the greatest length that is not above it."""
    return bisect_right(CODED_LENGTHS, words) - 1


def saturation(occurrences: int, code: int, average: float) -> float:
    """Return the factor of a word's rarity for an entry of a length code; `average` is the mean number of words."""
    norm = K1 * (1 - B + B * CODED_LENGTHS[code] / average)
    return (K1 + 1) * occurrences / (occurrences + norm)


@dataclass(frozen=True, slots=True)
class CountedText:
    """The words of an entry.

    Attributes:
        length: number of words, those of the key twice.
        occurrences: how often it holds each stem.
        spellings: its distinct words as they are spelt.
    """

    seq: int
    length: int
    occurrences: dict[str, int]
    spellings: frozenset[str]


def count_words(documents: Iterable[LexicalDocument]) -> list[CountedText]:
    """Return the words of each document, as tantivy sees them."""
    return [_count(document) for document in documents]


def _count(document: LexicalDocument) -> CountedText:
    key, body = (stem_analyzer().analyze(text) for text in (document.key, document.body))
    words = Counter([*key, *key, *body])  # a word of the key says what the entry is for
    spelt = (word for text in (document.key, document.body) for word in spelling_analyzer().analyze(text))
    return CountedText(document.seq, words.total(), dict(words), frozenset(spelt))
