"""Texts in a normal form in which an answer can be recognised however it was typeset."""

import re

_UP_TO_TWENTY = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen twenty"
)
_LARGER = {
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
    "hundred": 100,
    "thousand": 1000,
    "million": 1_000_000,
    "dozen": 12,
}
NUMBER_WORDS = {word: value for value, word in enumerate(_UP_TO_TWENTY.split())} | _LARGER
FRACTION_WORDS = {"1/2": "half", "1/3": "third", "1/4": "quarter", "2/3": "thirds", "3/4": "quarters"}
_FRACTION = re.compile(r"\\[dtc]?frac\s*\{?([^{}\\]{1,20}?)\}?\s*\{([^{}\\]{1,20})\}|\\[dtc]?frac\s*(\d)\s*(\d)")
_WRAPPER = re.compile(r"\\(?:text|mathrm|mathbf|textbf|operatorname|mathit)\s*")
_NOISE = re.compile(r"\\(?:left|right|displaystyle|quad|[,;!: ])|[${}\s]|\\[()\[\]]")


def normalise(text: str) -> str:
    """Return a text without LaTeX, blanks and outer punctuation, in lower case."""
    text = _FRACTION.sub(lambda m: f"{m[1] or m[3]}/{m[2] or m[4]}", _WRAPPER.sub("", text))
    return _NOISE.sub("", text).strip(".,;:()").lower()


def words_of_value(value: str) -> tuple[str, ...]:
    """Return the words that would say a normalised value aloud: ``7`` is seven, ``1/2`` is half."""
    if value in FRACTION_WORDS:
        return (FRACTION_WORDS[value],)
    if not re.fullmatch(r"-?\d+", value):
        return ()
    return tuple(word for word, number in NUMBER_WORDS.items() if number == abs(int(value[:20])))
