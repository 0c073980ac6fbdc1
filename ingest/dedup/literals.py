"""The literals of a text, what may not change when its wording does, by class; and whether those of two texts agree."""

from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache

from midthought.ingest.dedup.quantities import read_numbers, read_units
from midthought.ingest.dedup.words import Sentence, split_sentences
from midthought.ingest.lexicon import load_lexicon

LiteralCounts = dict["LiteralClass", Counter[str]]

_UNSAID = frozenset({"2"})


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


@lru_cache(maxsize=1 << 12)
def read_literals(text: str) -> LiteralCounts:
    """Return how often each literal of each class occurs in the text. The result is cached: do not change it."""
    found: LiteralCounts = {one: Counter() for one in LiteralClass}
    for sentence in split_sentences(text):
        for kind, value in _sentence_literals(sentence):
            found[kind][value] += 1
    return found


def _is_repetition(sentence: Sentence, place: int) -> bool:
    """Whether ``times`` says how often (``how many times``, ``three times in all``) rather than multiplies."""
    after = sentence[place + 1 : place + 2]
    return sentence[place] == "times" and (
        not after or after[0] in load_lexicon().after_repetition or sentence[place - 1] == "many"
    )


def is_literal(word: str) -> bool:
    """Whether a word by itself is a number, a unit, an operator, a negation or a quantifier."""
    lexicon = load_lexicon()
    named = word in lexicon.negations or word in lexicon.operators or word in lexicon.quantifiers
    return named or bool(read_numbers((word,)) or read_units((word,)))


def _sentence_literals(sentence: Sentence) -> Iterator[tuple[LiteralClass, str]]:
    numbers, units = dict(read_numbers(sentence)), dict(read_units(sentence))
    yield from ((LiteralClass.NUMBER, value) for value in numbers.values())
    yield from ((LiteralClass.UNIT, unit) for unit in units.values())
    bound = ((numbers.get(place - 1), unit) for place, unit in units.items())
    yield from ((LiteralClass.MEASURE, f"{number} {unit}") for number, unit in bound if number)
    lexicon = load_lexicon()
    for place, word in enumerate(sentence):
        if " ".join(sentence[place : place + 2]) in lexicon.word_pairs:
            continue  # counted at its second word
        pair = lexicon.word_pairs.get(f"{sentence[place - 1]} {word}") if place else None
        if pair:
            yield LiteralClass.NEGATION if pair == "not" else LiteralClass.QUANTIFIER, pair
            continue
        if word in lexicon.negations or (word.startswith(lexicon.negating_prefixes) and word in lexicon.antonyms):
            yield LiteralClass.NEGATION, "not"
        if word in lexicon.antonyms:
            yield LiteralClass.CONTRAST, lexicon.antonyms[word]
        if word in lexicon.operators and not _is_repetition(sentence, place):
            yield LiteralClass.OPERATOR, lexicon.operators[word]
        if word in lexicon.quantifiers:
            yield LiteralClass.QUANTIFIER, lexicon.quantifiers[word]
        if len(word) == 1 and word.isupper():
            yield LiteralClass.SYMBOL, word


def find_disagreement(one: str, other: str) -> str:
    """Return the first class of literals in which two texts disagree, with both values; empty if they agree."""
    here, there = read_literals(one), read_literals(other)
    for kind in LiteralClass:
        found = _DISAGREE[kind](here, there, kind)
        if found:
            return f"{kind}: {found}"
    return ""


def find_field_disagreement(one: str, other: str) -> str:
    """Return how one field of two entries disagrees in negations or quantifiers; empty if it agrees."""
    here, there = read_literals(one), read_literals(other)
    negation = _uncounted(here, there, LiteralClass.NEGATION)
    quantifier = _exchanged(here, there, LiteralClass.QUANTIFIER)
    return f"negation: {negation}" if negation else f"quantifier: {quantifier}" if quantifier else ""


def _exchanged(here: LiteralCounts, there: LiteralCounts, kind: LiteralClass) -> str:
    """A literal may be added or left out; one in place of another is a difference."""
    gone, come = here[kind] - there[kind], there[kind] - here[kind]
    return _versus(gone, come) if gone and come else ""


def _missing(here: LiteralCounts, there: LiteralCounts, kind: LiteralClass) -> str:
    """Every literal of one text must occur in the other, any number of times, and none may replace another.

    A plain two may be left out.
    """
    if (set(here[kind]) ^ set(there[kind])) - _UNSAID:
        return _versus(here[kind] - there[kind], there[kind] - here[kind])
    return _exchanged(here, there, kind)


def _needed(here: LiteralCounts, there: LiteralCounts, kind: LiteralClass) -> str:
    """Required operators and quantifiers must occur in both; of the others, none may replace another."""
    if (set(here[kind]) ^ set(there[kind])) & load_lexicon().required_literals:
        return _versus(here[kind] - there[kind], there[kind] - here[kind])
    return _exchanged(here, there, kind)


def _uncounted(here: LiteralCounts, there: LiteralCounts, kind: LiteralClass) -> str:
    """Every literal must occur equally often in both."""
    return _versus(here[kind] - there[kind], there[kind] - here[kind]) if here[kind] != there[kind] else ""


def _off_axis(here: LiteralCounts, there: LiteralCounts, kind: LiteralClass) -> str:
    """On each axis no side may replace another; on technical axes both texts must name the same sides."""
    technical = load_lexicon().technical_axes
    axes = {side.partition(":")[0] for side in (*here[kind], *there[kind])}
    for axis in sorted(axes):
        left, right = (_on_axis(found[kind], axis) for found in (here, there))
        gone, come = left - right, right - left
        named = axis not in technical or set(left) == set(right)
        if (gone and come) or not named:
            return _versus(gone, come)
    return ""


def _on_axis(found: Counter[str], axis: str) -> Counter[str]:
    return Counter({side: count for side, count in found.items() if side.partition(":")[0] == axis})


def _versus(gone: Counter[str], come: Counter[str]) -> str:
    """Return both sides for people: ``3 against 4``; a dash if a side has none."""
    return " against ".join(", ".join(name.partition(":")[2] or name for name in side) or "-" for side in (gone, come))


_DISAGREE = {
    LiteralClass.NUMBER: _missing,
    LiteralClass.UNIT: _missing,
    LiteralClass.MEASURE: _exchanged,
    LiteralClass.OPERATOR: _needed,
    LiteralClass.NEGATION: _uncounted,
    LiteralClass.QUANTIFIER: _needed,
    LiteralClass.CONTRAST: _off_axis,
    LiteralClass.SYMBOL: _missing,
}
