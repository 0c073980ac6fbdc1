"""Texts in a normal form in which an answer can be recognised however it was typeset."""

import re
from functools import cache

from midthought.ingest.lexicon import load_lexicon

_FRACTION = re.compile(r"\\[dtc]?frac\s*\{?([^{}\\]{1,20}?)\}?\s*\{([^{}\\]{1,20})\}|\\[dtc]?frac\s*(\d)\s*(\d)")
_WRAPPER = re.compile(r"\\(?:text|mathrm|mathbf|textbf|operatorname|mathit)\s*")
_NOISE = re.compile(r"\\(?:left|right|displaystyle|quad|[,;!: ])|[${}\s]|\\[()\[\]]")


def normalise(text: str) -> str:
    """Return a text without LaTeX, blanks and outer punctuation, in lower case."""
    text = _FRACTION.sub(lambda m: f"{m[1] or m[3]}/{m[2] or m[4]}", _WRAPPER.sub("", text))
    return _NOISE.sub("", text).strip(".,;:()").lower()


@cache
def number_words() -> dict[str, int]:
    """Return the value of each number word that no general procedure may hold, from zero up."""
    lexicon = load_lexicon()
    tens = zip(lexicon.tens, range(20, 100, 10), strict=True)
    scales = {word: value for word, value in lexicon.scales.items() if word in lexicon.particular_scales}
    return {word: value for value, word in enumerate(lexicon.ones)} | dict(tens) | scales
