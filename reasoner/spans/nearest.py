"""Finds the passage most similar to a quote by aligning words; rare words count more than frequent ones."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np
from numpy.typing import NDArray

from midthought.reasoner.spans.segments import Segment, Source

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|\d+(?:[.,]\d+)*|[^\W\d]+|[^\w\s]|_")
"""A number, a word or a punctuation mark; in scripts without spaces, each character."""
_MAX_WORDS = 400
"""Of a longer quote only the beginning is aligned: n words cost n passes over the words of every segment."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """The passage most similar to a quote.

    Attributes:
        source: its place.
        text: its characters.
        similarity: 1 minus the share of the quote's weight that is not found there in order; 1 for the same words.
        longest_run: the share of the quote's words that the longest common run of words has.
    """

    source: Source
    text: str
    similarity: float
    longest_run: float


@dataclass(frozen=True, slots=True)
class _Words:
    """A segment in words: their numbers, weights, and places in the text."""

    segment: Segment
    numbers: NDArray[np.int32]
    weights: NDArray[np.float64]
    places: list[tuple[int, int]]


class NearestPassage:
    """Aligns quotes with segments, word by word: Sellers' algorithm, one vectorised pass per word of the quote.

    A word weighs ``1 / (1 + ln n)`` if it occurs n times in the segments, so that passages are not similar only because
    they share articles and commas. A word that no segment has weighs as much as the rarest
    one. A quote of 20 words against 100,000 characters takes about 5 ms.

    Args:
        segments: where to look.
    """

    def __init__(self, segments: Sequence[Segment]) -> None:
        self._number: dict[str, int] = {}
        split = [(segment, [*_WORD.finditer(segment.text)]) for segment in segments]
        counts = Counter(word[0].lower() for _, words in split for word in words)
        self._number = {word: number for number, word in enumerate(counts)}
        self._weight = {word: 1 / (1 + math.log(count)) for word, count in counts.items()}
        self._max_weight = max(self._weight.values(), default=1.0)
        self._words = [self._as_words(segment, words) for segment, words in split if words]

    def find(self, quote: str) -> Nearest | None:
        """Return the passage most similar to `quote`; None if no segment has a word of it."""
        words = [word[0].lower() for word in _WORD.finditer(quote)][:_MAX_WORDS]
        numbers = [self._number.get(word, -1) for word in words]
        weights = [self._weight.get(word, self._max_weight) for word in words]
        if all(number < 0 for number in numbers):
            return None
        ends = [_align(numbers, weights, one) for one in self._words]
        best = min(range(len(ends)), key=lambda place: ends[place].min())
        end = _last_of_equals(ends[best])
        found, similarity = self._words[best], max(0.0, 1 - float(ends[best][end]) / sum(weights))
        if similarity == 0:
            return None
        start = end - self._length(numbers, weights, found, end)
        low, high = found.places[start][0], found.places[end - 1][1]
        text = found.segment.text[low:high]
        passage = found.numbers[start:end].tolist()
        run = SequenceMatcher(None, numbers, passage, autojunk=False).find_longest_match().size
        return Nearest(Source(found.segment.id, low, high), text, similarity, run / len(numbers))

    def _as_words(self, segment: Segment, words: "Sequence[re.Match[str]]") -> _Words:
        texts = [word[0].lower() for word in words]
        numbers = np.array([self._number[text] for text in texts], dtype=np.int32)
        weights = np.array([self._weight[text] for text in texts])
        return _Words(segment, numbers, weights, [word.span() for word in words])

    def _length(self, numbers: list[int], weights: list[float], found: _Words, end: int) -> int:
        """Return the number of words of the best passage that ends at `end`: the same alignment, backwards."""
        low = max(0, end - 2 * len(numbers) - 2)
        back = _Words(found.segment, found.numbers[low:end][::-1], found.weights[low:end][::-1], [])
        costs = _align(numbers[::-1], weights[::-1], back, anywhere=False)
        return max(1, _last_of_equals(costs))


def _last_of_equals(costs: NDArray[np.float64]) -> int:
    """Return the first place with the minimum cost, or the last of those directly after it with the same cost.

    A replaced word at the end costs as much as a missing one; this way the shown passage includes it.
    """
    place = int(costs.argmin())
    while place + 1 < len(costs) and np.isclose(costs[place + 1], costs[place]):
        place += 1
    return place


def _align(numbers: list[int], weights: list[float], words: _Words, *, anywhere: bool = True) -> NDArray[np.float64]:
    """Return, for each place between words, the minimum cost of turning the quote into a passage that ends there.

    Leaving out or replacing a word of the quote costs its weight; so does an additional word. The passage begins
    `anywhere`, or at the first word.
    """
    before = np.concatenate([[0.0], np.cumsum(words.weights)])
    costs = np.zeros(len(before)) if anywhere else before.copy()
    for number, weight in zip(numbers, weights, strict=True):
        step = np.empty_like(costs)
        step[0] = costs[0] + weight
        same = np.where(words.numbers == number, 0.0, weight)
        np.minimum(costs[:-1] + same, costs[1:] + weight, out=step[1:])
        # The words between: the least of all beginnings to the left, each with the weights from there to here.
        costs = np.minimum.accumulate(step - before) + before
    return costs
