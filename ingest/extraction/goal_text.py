"""The text of a heading or sentence as a goal: without numbering, emphasis and closing marks."""

import re

WORDS = range(2, 41)  # words of a goal
CHARACTERS = 260
_NUMBERING = re.compile(
    r"^[\s#>*_-]*(?:(?:step|part|phase|section|(?:sub)?problem|question|task)\s+\w{1,4}\s*[.:)\u2013\u2014-]*\s*)?(?:\(?(?:\d{1,2}(?:\.\d{1,2})*+|[a-hA-H]|[ivx]{1,4})[.):]+\s+|\d{1,2}(?:\.\d{1,2})++\s+)?"
    r"(?:(?:step|part|phase|section|(?:sub)?problem|question|task)\s+\w{1,4}\s*[.:)\u2013\u2014-]+\s*)?[\s*_]*",
    re.IGNORECASE,
)
_END = re.compile(r"[\s*_:.;,\u2013\u2014-]+$")
_MARKS = re.compile(r"\*\*|(?<![\s\d*])\*(?![\d*])|(?<![\w*])\*(?![\s\d*])")


def strip_numbering(text: str) -> str:
    """Return a sentence without its number and emphasis."""
    return _NUMBERING.sub("", _MARKS.sub("", text), count=1).strip()


def clean_goal(text: str) -> str:
    """Return a heading or clause without numbering, emphasis and closing marks, on one line."""
    line = " ".join(_MARKS.sub("", text).split())
    line = _END.sub("", _NUMBERING.sub("", line, count=1))
    if line.startswith("(") and line.endswith(")"):
        line = line[1:-1]
    return line[:1].upper() + line[1:] if re.match(r"[A-Za-z][a-z]+(?![\w(])", line) else line
