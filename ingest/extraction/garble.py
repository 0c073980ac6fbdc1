"""Telling plain general sentences from particular ones."""

import re

from midthought.ingest.extraction.normal import NUMBER_WORDS

WORDS = range(4, 46)
_WORD = re.compile(r"[A-Za-z]+(?:['-][A-Za-z]+)*")
_POINTING = re.compile(
    r"^(?:it|they|them|this|that|these|those|he|she|which|so|but|and|or|because|since|then|here|there)\b"
    r"|\b(?:it|them|this|these|those|here|above|below|earlier|previous(?:ly)?|given problem|my|our|step|subproblem)\b"
    r"|\b(?:wait|hmm|okay)\b",
    re.IGNORECASE,
)


def is_plain(sentence: str) -> bool:
    """Say whether a sentence is whole as it stands: free of formulas, numbers and names."""
    words = _WORD.findall(sentence)
    if not WORDS.start <= len(words) < WORDS.stop or re.search(r"[\d$\\^_{}=<>|*#+~`@/\[\]\"]|\w\(", sentence):
        return False
    if any(w.lower() in NUMBER_WORDS and w.lower() not in ("one", "zero") for w in words):
        return False
    return not any(w[0].isupper() and w != "I" and not w.startswith("I'") for w in words[1:])


def points_elsewhere(sentence: str) -> bool:
    """Say whether a sentence needs its surroundings to be understood."""
    return _POINTING.search(sentence) is not None
