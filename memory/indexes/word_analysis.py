"""How texts become words: the analyzers that texts and queries share, function words, and how rare a word is."""

import importlib.resources
import math
import re
from collections.abc import Sequence
from functools import cache

import tantivy

from midthought.memory.indexes.index_home import WordCounts

_LEXEME = r"[\p{L}_][\p{L}\p{N}_]*(?:\+\+|#)?|\p{N}+(?:[.,]\p{N}+)*|[+\-*/^=<>!%&|~≤≥≠≈√∑∏∫]+"
"""A word or identifier (``C++`` is one), a number with its decimals, or a run of operators: in mathematics and code
these say what a text is about, and a tokeniser for prose drops them."""
_LONGEST_WORD = 40
_NO_BOOST = 0.02
"""A word's factor this near to 1 is left out: tantivy skips documents only for plain terms."""
_SPELLING = re.compile(r"[^\W\d_]+")
_ASCII_LETTERS = bytes(ord(char.lower()) if char.isalpha() else ord(" ") for char in map(chr, range(128)))
_AS_WORDS = _ASCII_LETTERS + bytes(range(128, 256))
"""Translates UTF-8: ASCII letters to lower case, other ASCII characters to spaces; the rest stays."""


@cache
def function_words() -> frozenset[str]:
    """Return lower-case English words that say nothing about what a text is about."""
    file = importlib.resources.files("midthought") / "lexicon" / "function_words.txt"
    return frozenset(file.read_text("utf-8").split())


def query_words(text: str) -> list[str]:
    """Return the distinct tokens of a query, stemmed, without function words unless it has no others.

    In a memory of some hundred entries ``too`` or ``often`` may be rarer than the words that matter.
    """
    words = list(dict.fromkeys(stem_analyzer().analyze(text)))
    return [word for word in words if word not in _function_stems()] or words


def rarity(holding: int, entries: int) -> float:
    """Return BM25's weight of a word that `holding` of the entries hold."""
    return math.log(1 + (entries - holding + 0.5) / (holding + 0.5))


def word_boosts(own: WordCounts, beside: Sequence[WordCounts]) -> dict[str, float]:
    """Return the factor of each word's score: how rare it is in all indexes, over how rare it is in this one."""
    every = [own, *beside]
    entries = sum(one.entries for one in every)
    boosts = {
        word: rarity(sum(one.holding.get(word, 0) for one in every), entries) / rarity(held, own.entries)
        for word, held in own.holding.items()
    }
    return {word: 1.0 if abs(boost - 1) < _NO_BOOST else boost for word, boost in boosts.items()}


@cache
def stem_analyzer() -> tantivy.TextAnalyzer:
    """Return the analyzer of texts and of queries."""
    return _lower_words().filter(tantivy.Filter.stemmer("english")).build()


@cache
def form_analyzer() -> tantivy.TextAnalyzer:
    """Return the analyzer that leaves words in their forms: its tokens are `stem_analyzer`'s, in the same order."""
    return _lower_words().build()


@cache
def spelling_analyzer() -> tantivy.TextAnalyzer:
    """Return the analyzer of spellings: runs of letters and digits in lower case, tantivy's default."""
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    return builder.filter(tantivy.Filter.remove_long(_LONGEST_WORD)).filter(tantivy.Filter.lowercase()).build()


@cache
def _function_stems() -> frozenset[str]:
    return frozenset(stem_analyzer().analyze(" ".join(function_words())))


def _lower_words() -> tantivy.TextAnalyzerBuilder:
    tokens = tantivy.Tokenizer.regex(_LEXEME)
    builder = tantivy.TextAnalyzerBuilder(tokens).filter(tantivy.Filter.remove_long(_LONGEST_WORD))
    return builder.filter(tantivy.Filter.lowercase())


def words_of(content: bytes) -> set[str]:
    """Return the distinct words of a stored text, in lower case."""
    # Splitting takes a third of the time of the pattern, which is left to the few words with other letters or signs.
    text = content.translate(_AS_WORDS).decode().lower()
    words = set(text.split())
    if text.isascii():
        return words
    other = {word for word in words if not word.isascii()}
    return (words - other).union(_SPELLING.findall(" ".join(other)))
