"""A text as the rules read it: sentences of tokens, words without their endings, one name per group of synonyms."""

import re
import unicodedata
from functools import cache, lru_cache

from midthought.ingest.lexicon import load_lexicon

Sentence = tuple[str, ...]

_TOKEN = re.compile(r"'s(?=\s)|\d+(?:[.,]\d+)*+|[^\W\d_]+(?:-[^\W\d_]+)*+|[-+*/=<>^%$€£°!]")
_SENTENCE = re.compile(r"(?<=[.?!;:])\s+|\n")
_CLAUSE = re.compile(r"(?<=[.?!;:,])\s+|\n")
_SIGNS = str.maketrans("\u2212\u2013\u00d7\u00b7\u00f7\u2019\u2264\u2265\u2260", "--**/'<>!")
"""Minus, dash, times, dot, divided by, apostrophe, at most, at least, unequal."""
_NOT = re.compile(r"(?<=[a-z])n't\b|\bcannot\b")
_POSSESSIVE = re.compile(r"'s\b|(?<=s)'(?=\s)")
_SYMBOL = re.compile(r"\b[B-HJ-Z]\b|(?<=[\w,;:('\"] )A\b|\bA(?! [a-z])\b")
_NUMBERED = re.compile(r"(?<=[a-z]{3})-(?=\d)")
"""The hyphen of ``base-5``, which is no minus."""
_HYPHENED = re.compile(r"[a-z]+(?:-[a-z]+)++")
_BOUNDS = (
    (re.compile(r"\b(?:not|no) (?:larger|more|greater|higher|longer) than\b|(?<!add )(?<!adds )\bup to\b"), "at most"),
    (re.compile(r"\b(?:not|no) (?:smaller|less|fewer|lower|shorter) than\b"), "at least"),
)
_SUBTRACT = re.compile(
    r"\bsubtract(?:ed|ing)? ([^.,;:?!]{1,60}?) from ([^.,;:?!]{1,60}?)(?= and\b| to\b| so\b| or\b|[.,;:?!]|$)"
)

_DOUBLED = re.compile(r"([bdgklmnprt])\1$")


@lru_cache(maxsize=1 << 12)
def split_sentences(text: str, *, at_commas: bool = False) -> tuple[Sentence, ...]:
    """Return the sentences and clauses of a text, each as lower-case tokens; one-letter names keep their capital.

    With `at_commas` they are cut there as well.

    >>> split_sentences("Don't add 3. The price's sum")
    (('do', 'not', 'add', '3'), ('the', 'price', "'s", 'sum'))
    """
    plain = unicodedata.normalize("NFKC", text).translate(_SIGNS)
    plain = _SYMBOL.sub(lambda found: f"{found[0].lower()}_symbol", plain).lower()
    plain = _POSSESSIVE.sub(" 's ", _NOT.sub(lambda found: "can not" if found[0] == "cannot" else " not", plain))
    plain = re.sub(r"([a-z])_symbol", lambda found: found[1].upper(), plain)
    plain = _HYPHENED.sub(_joined, _NUMBERED.sub(" ", plain))
    for bound, name in _BOUNDS:
        plain = bound.sub(name, plain)
    plain = _SUBTRACT.sub(lambda found: f"{found[2]} minus {found[1]}", plain)
    parts = (tuple(_TOKEN.findall(part)) for part in (_CLAUSE if at_commas else _SENTENCE).split(plain))
    return tuple(part for part in parts if part)


def _joined(found: re.Match[str]) -> str:
    """Return a hyphened word as it is if the tables know it, else as its parts."""
    word = found[0]
    return word if word in load_lexicon().antonyms or word.partition("-")[0].endswith("ty") else word.replace("-", " ")


@lru_cache(maxsize=1 << 16)
def stem(word: str) -> str:
    """Return a word without its ending; crude, as both texts are treated alike.

    >>> [stem(word) for word in ("divides", "divided", "dividing", "swapping", "negation", "negate")]
    ['divid', 'divid', 'divid', 'swap', 'neg', 'neg']
    """
    for suffix in load_lexicon().suffixes:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3 and not word.endswith("ss"):
            short = word[: -len(suffix)]
            return stem(short) if suffix in {"s", "ings", "ly"} else _DOUBLED.sub(r"\1", short)
    return word


@lru_cache(maxsize=1 << 16)
def canonical(word: str) -> str:
    """Return the stem, or the common name of all wordings of the same thing; empty for a word that says nothing."""
    if word in load_lexicon().empty_words:
        return ""
    return _synonyms().get(stem(word)) or stem(word)


@cache
def _synonyms() -> dict[str, str]:
    """Return the stem of the first word of its group for the stem of every word of a group."""
    return {stem(word): stem(group[0]) for group in load_lexicon().synonyms for word in group}
