"""The literals of a text: what may not change when its wording does, each with the class it belongs to."""

from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache

from midthought.ingest.dedup.antonyms import contrasts
from midthought.ingest.dedup.numbers import read_numbers
from midthought.ingest.dedup.units import read_units
from midthought.ingest.dedup.word_lists import words_of
from midthought.ingest.dedup.words import Sentence, split_sentences

Literals = dict["LiteralClass", Counter[str]]


class LiteralClass(StrEnum):
    """What a literal is, as a refusal names it."""

    NUMBER = "number"
    UNIT = "unit"
    MEASURE = "measure"
    OPERATOR = "operator"
    NEGATION = "negation"
    QUANTIFIER = "quantifier"
    CONTRAST = "direction or condition"
    SYMBOL = "name"


_NEGATIONS = words_of("not no never none nobody nothing neither nor without except unless ! non unknown impossible")
_NEGATED = ("un", "non-", "not-")
_OPERATORS = {
    "add": "add adds added adding addition plus sum sums +",
    "subtract": "subtract subtracts subtracted subtracting subtraction minus difference differences remove -",
    "multiply": "multiply multiplies multiplied multiplying multiplication times product products *",
    "divide": "divide divides divided dividing division over ratio reciprocal /",
    "root": "root roots",
    "power": "power powers raised exponent ^",
    "factorial": "factorial",
    "less": "<",
    "more": ">",
    "equal": "equal equals =",
}
_QUANTIFIERS = {
    "all": "all every each any either always whole entire entirely completely",
    "some": "some several few sometimes partly many most",
    "exactly": "exactly precisely only just",
}
_PAIRS = {
    ("at", "least"): "at least",
    ("at", "most"): "at most",
    ("or", "more"): "at least",
    ("or", "less"): "at most",
    ("any", "one"): "some",
    ("free", "of"): "not",
}
_AFTER_REPETITION = words_of("as by in until before after a must")
_WORD_OPERATORS = {word: name for name, words in _OPERATORS.items() for word in words.split()}
_WORD_QUANTIFIERS = {word: name for name, words in _QUANTIFIERS.items() for word in words.split()}


@lru_cache(maxsize=1 << 12)
def read_literals(text: str) -> Literals:
    """Return how often each literal of each class stands in the text; not to be changed, as it is remembered."""
    found: Literals = {one: Counter() for one in LiteralClass}
    for sentence in split_sentences(text):
        for kind, value in _sentence_literals(sentence):
            found[kind][value] += 1
    return found


def _is_repetition(sentence: Sentence, place: int) -> bool:
    """Whether ``times`` says how often (``how many times``, ``three times in all``) rather than multiplies."""
    after = sentence[place + 1 : place + 2]
    return sentence[place] == "times" and (not after or after[0] in _AFTER_REPETITION or sentence[place - 1] == "many")


def is_literal(word: str) -> bool:
    """Whether a word by itself is a number, a unit, an operator, a negation or a quantifier."""
    named = word in _NEGATIONS or word in _WORD_OPERATORS or word in _WORD_QUANTIFIERS
    return named or bool(read_numbers((word,)) or read_units((word,)))


def _sentence_literals(sentence: Sentence) -> Iterator[tuple[LiteralClass, str]]:
    numbers, units = dict(read_numbers(sentence)), dict(read_units(sentence))
    yield from ((LiteralClass.NUMBER, value) for value in numbers.values())
    yield from ((LiteralClass.UNIT, unit) for unit in units.values())
    bound = ((numbers.get(place - 1), unit) for place, unit in units.items())
    yield from ((LiteralClass.MEASURE, f"{number} {unit}") for number, unit in bound if number)
    sides = contrasts()
    for place, word in enumerate(sentence):
        if (word, *sentence[place + 1 : place + 2]) in _PAIRS:
            continue
        pair = _PAIRS.get((sentence[place - 1], word)) if place else None
        if pair:
            yield LiteralClass.NEGATION if pair == "not" else LiteralClass.QUANTIFIER, pair
            continue
        if word in _NEGATIONS or (word.startswith(_NEGATED) and word in sides):
            yield LiteralClass.NEGATION, "not"
        if word in sides:
            yield LiteralClass.CONTRAST, sides[word]
        if word in _WORD_OPERATORS and not _is_repetition(sentence, place):
            yield LiteralClass.OPERATOR, _WORD_OPERATORS[word]
        if word in _WORD_QUANTIFIERS:
            yield LiteralClass.QUANTIFIER, _WORD_QUANTIFIERS[word]
        if len(word) == 1 and word.isupper():
            yield LiteralClass.SYMBOL, word
