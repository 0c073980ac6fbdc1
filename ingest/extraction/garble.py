"""Telling clean general sentences from garbled or particular ones."""

import re
from functools import cache

from midthought.ingest.extraction.normal import NUMBER_WORDS
from midthought.ingest.extraction.techniques.table import TECHNIQUES

WORDS = range(4, 46)
_WORD = re.compile(r"[A-Za-z]+(?:['-][A-Za-z]+)*")
_GARBLED = re.compile(
    r"\b(?:the|a|an|of|to|for|with|by|and|or|is|are|that|from|in|as|let)\s*[.,;:?]"  # dangling
    r"|\b(\w+) \1\b|\b(the \w+) (?:and|,|of|is) \2\b"  # doubled
    r"|[,;:]\s*[,;:.]|\(\s*\)|^[a-z]?\s*$|\bthe unknown.*the unknown.*the unknown",
    re.IGNORECASE,
)
_POINTING = re.compile(
    r"^(?:it|they|them|this|that|these|those|he|she|which|so|but|and|or|because|since|then|here|there)\b"
    r"|\b(?:it|them|this|these|those|here|above|below|earlier|previous(?:ly)?|given problem|my|our|step|subproblem|wait|hmm|okay)\b",
    re.IGNORECASE,
)
_EXTRA = frozenset(
    "above account across adjacent allow allows along alternating already altogether amounts appears applying assume average"
    " balance base bases begin below boundaries calculate calculated calculating carefully check combination combinations"
    " compute computing conjugate constraints convert cube define defined definition degree degrees denominators derive"
    " determine determining diagram difference digit direction discriminant distinct distribute divide divided division"
    " divisors eliminate eliminating ensure equals equation equations equivalent evaluate evaluating examine exactly expand"
    " expanding exponent exponents express expressed expression expressions factoring factors find finding formula formulas"
    " fraction function functions general given graph greatest identify identity improper inequality integer integers"
    " integral integrate intersect intersection interval intervals inverse involves isolate law least legs length lengths"
    " line linear lines log logarithm logarithmic logarithms maximize maximum method minimize minimum mixed multiple multiply"
    " multiplying must need needed needs negative number numbers numerator numerators obtain occurs operations order original"
    " pairs parallel parts perform perimeter perpendicular plug point points polynomial positive possible power powers prime"
    " probability process product properties property proportional quadratic quotient radius range rate ratio rational real"
    " rearrange reciprocal reduce relate remainder repeat result results rewrite root roots rule same sequence series"
    " set sets sides sign simplify simplifying single slope solution solutions solve solving square squares start step"
    " subtract subtracting sum symmetric system term terms theorem times total triangle understand unit units unknown use"
    " used using value values variable variables vector vectors vertex whole within zero you your".split()
)


@cache
def known_words() -> frozenset[str]:
    """Return the words that belong to no problem in particular: those of the technique table, and some more."""
    texts = (f"{t.ask} {t.step} {t.where} {t.method}" for t in TECHNIQUES)
    return frozenset(w for text in texts for w in _WORD.findall(text.lower())) | _EXTRA


def is_clean(sentence: str) -> bool:
    """Say whether a sentence is whole, general and grammatical as far as simple signs tell."""
    words = _WORD.findall(sentence)
    if not WORDS.start <= len(words) < WORDS.stop or _GARBLED.search(sentence) or _POINTING.search(sentence):
        return False
    if re.search(r"[\d$\\^_{}=<>|*#+~`@/\[\]()\"]", sentence) or any(w[0].isupper() for w in words[1:] if w != "I"):
        return False
    return all(w.lower() in known_words() for w in words)


def is_plain(sentence: str) -> bool:
    """Say whether a sentence is free of formulas, numbers and names; a weaker gate for text that is whole as it stands."""
    words = _WORD.findall(sentence)
    if not WORDS.start <= len(words) < WORDS.stop or re.search(r"[\d$\\^_{}=<>|*#+~`@/\[\]\"]|\w\(", sentence):
        return False
    if any(w.lower() in NUMBER_WORDS and w.lower() not in ("one", "zero") for w in words):
        return False
    return not any(w[0].isupper() and w != "I" and not w.startswith("I'") for w in words[1:])


def points_elsewhere(sentence: str) -> bool:
    """Say whether a sentence needs its surroundings to be understood."""
    return _POINTING.search(sentence) is not None
