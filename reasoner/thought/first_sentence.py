"""Finds the first sentence of a text that is still being written."""

import re

_LIST_MARK = re.compile(r"\s*(?:(?:[-*\u2022]|\d{1,2}[.)])\s+)?")
_END = re.compile(r"[.?!][\"'\u201d\u2019)\]*]*(?=\s)|[\u3002\uff1f\uff01]|(?=\n)")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|vs|cf|etc|eq|fig|no|resp|approx|dr|mr|mrs|ms|prof|st))\.$", re.IGNORECASE
)
_QUOTES = " \t\r\n\"'`*_\u201c\u201d\u2018\u2019"
_WORD = re.compile(r"\w")


def first_sentence(text: str) -> tuple[str, bool]:
    """Return the first sentence of `text`, and whether what follows could no longer change it.

    A list mark and white space before it are dropped. A sentence ends at a stop before white space (so not inside
    ``3.14``, nor after ``e.g.``), or at the end of its line. Without such an end it is the whole text so far.
    """
    begin = _LIST_MARK.match(text)
    rest = text[begin.end() :] if begin else text
    for end in _END.finditer(rest):
        sentence = rest[: end.end()]
        if _WORD.search(sentence) and not _ABBREVIATION.search(sentence):
            return sentence.strip(), True
    return rest.strip(), False


def as_query(sentence: str) -> str:
    """Return a sentence as a search query: without quotation and emphasis marks; empty if it has no word."""
    return sentence.strip(_QUOTES) if _WORD.search(sentence) else ""
