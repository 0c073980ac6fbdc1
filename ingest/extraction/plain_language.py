"""Telling plain general sentences from particular ones."""

import re

from midthought.ingest.normal_form import number_words

WORDS = range(4, 46)
_WORD = re.compile(r"[A-Za-z]+(?:['-][A-Za-z]+)*+")
_OPENING = re.compile(
    r"^(?:it|they|them|this|that|these|those|he|she|which|so|but|and|or|because|then|here|there|yes|no|let)\b",
    re.IGNORECASE,
)
_POINTING = re.compile(
    r"\b(?:it|them|this|these|those|here|above|below|earlier|previous(?:ly)?|given problem|my|our|step|subproblem)\b"
    r"|\b(?:such an?|wait|hmm|okay)\b",
    re.IGNORECASE,
)


def is_plain(sentence: str) -> bool:
    """Whether a sentence is complete and has no formula, number or name."""
    words = _WORD.findall(sentence)
    if not WORDS.start <= len(words) < WORDS.stop or re.search(r"[\d$\\^_{}=<>|*#+~`@/\[\]\"]|\w\(", sentence):
        return False
    if any(w.lower() in number_words() and w.lower() not in ("one", "zero") for w in words):
        return False
    return not any(w[0].isupper() and w != "I" and not w.startswith("I'") for w in words[1:])


def opens_alone(sentence: str) -> bool:
    """Whether a sentence can be the first: it does not begin with a word that refers to an earlier sentence."""
    return _OPENING.search(sentence) is None


def points_elsewhere(sentence: str) -> bool:
    """Whether a sentence cannot be understood without its context."""
    return not opens_alone(sentence) or _POINTING.search(sentence) is not None
