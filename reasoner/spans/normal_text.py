"""Text in a normal form without white space, case, typographic marks, emphasis and invisible characters."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator

_SAME = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc\u0060\u00b4\u2039\u203a", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
    }
)
_KEPT = ("<super>", "<sub>", "<fraction>")
"""10\u00b2 is not 102: characters with these decompositions stay as they are."""
_EMPHASIS = re.compile(r"(?<!\w)[*_]{1,3}(?=\w)|(?<=[\w.,:;!?])[*_]{1,3}(?!\w)|`")


class NormalText:
    r"""The normal form of a text, and where each of its characters comes from.

    >>> NormalText("A \N{LEFT DOUBLE QUOTATION MARK}Big\N{RIGHT DOUBLE QUOTATION MARK}  **Cat**").text
    'a "big" cat'
    """

    def __init__(self, text: str) -> None:
        letters: list[str] = []
        self._places: list[int] = []
        for place, some in _normal_letters(text):
            letters.append(some)
            self._places += [place] * len(some)
        self.text = "".join(letters)
        self._end = len(text)

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Return the characters of the text that ``[start, end)`` of the normal form (not empty) comes from."""
        last = self._places[end - 1]
        after = bisect_right(self._places, last)
        return self._places[start], last + 1 if after == end or after == len(self._places) else self._places[after]


def _normal_letters(text: str) -> Iterator[tuple[int, str]]:
    """Yield every place of the text that has characters in the normal form, with these characters."""
    dropped = {place for found in _EMPHASIS.finditer(text) for place in range(*found.span())}
    gap, begun = -1, False
    for place, letter in enumerate(text):
        if letter.isspace():
            gap = place if gap < 0 else gap
        elif place not in dropped and (some := _normal(letter)):
            if gap >= 0 and begun:
                yield gap, " "
            gap, begun = -1, True
            yield place, some


def _normal(letter: str) -> str:
    if letter.isascii():
        return "'" if letter == "`" else letter.lower()
    if unicodedata.category(letter) == "Cf":
        return ""
    if unicodedata.decomposition(letter).startswith(_KEPT):
        return letter
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", letter.translate(_SAME)).casefold())
