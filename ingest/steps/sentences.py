"""Where sentences begin, in prose with formulas and code in it."""

import re
from collections.abc import Iterator
from functools import cache

from midthought.ingest.steps.phrases import load_words

MAX_TAIL = 12  # words after a computed value that belong to it: "= 24 apples for the two of them"
MAX_UNIT = 4  # words between a value and a clause that opens with a number
# Begins with one set of characters, which is searched ten times as fast as alternatives are. A run of full stops is
# read once: only the first of them has no other before it.
_STOPS = re.compile(
    r"[.!?\u2026\u3002\uff01\uff1f=\u2248](?:"
    r"(?<=[.!?\u2026])(?<![.!?\u2026]{2})[.!?\u2026]*+[\"')\]*_`\u201d\u00bb$]{0,4}(?=\s)"
    r"|(?<=[\u3002\uff01\uff1f])[\u3002\uff01\uff1f]*+[\u300d\u201d]?"
    r"|(?<=[=\u2248])(?P<value>[ \t]{0,3}[$\u00a3\u20ac(-]{0,2}[ \t]{0,2}[\w.][\w,/*+()^%$\u00d7\u00f7.-]*+)"
    r"(?<![.,])(?=\s))"
)
# A literal of code, whose apostrophes are no apostrophes of words.
_LITERAL = re.compile(r"(?<![\w'])'[^'\n]{1,120}'(?!\w)|(?<![\w\"])\"[^\"\n]{1,120}\"(?!\w)|`[^`\n]{1,200}`")
LITERAL_LOOK = 200  # characters before a place in which the literal around it begins
_GAP = re.compile(r"\s*+")
_WORD = re.compile(r"[ \t]++(\S+)")
_WORD_BEFORE = re.compile(r"(?<!\w)([^\W\d_](?:[\w.]{0,8}[^\W_])?)\.$")
_INITIALS = re.compile(r"[A-Z](?:\.[A-Z])*+")
# A clause that has an equation of its own.
_OWN_EQUATION = re.compile(r"(?:[^.!?=\n]|\.(?=\w)){1,150}=")


def later_sentences(text: str, start: int, end: int) -> Iterator[int]:
    """Yield where the sentences of ``text[start:end]`` after the first begin."""
    last = start
    for match in _STOPS.finditer(text, start, end):
        if match["value"]:
            begin = _clause_after_value(text, match.end(), end)
            if begin < end and (text.count("`", last, begin) % 2 or _is_in_formula(text, last, begin)):
                continue
        else:
            gap = _GAP.match(text, match.end(), end)
            begin = gap.end() if gap else end
            begin = end if _is_inside(text, match, min(begin, end - 1)) else begin
        if begin < end and not _is_in_literal(text, max(last, match.start() - LITERAL_LOOK), match.start(), begin):
            last = begin
            yield begin


def _is_in_literal(text: str, start: int, stop: int, begin: int) -> bool:
    """Whether a stop and what follows it stand in one literal of code: 'a. b'."""
    if not any(mark in text[start:stop] for mark in "'\"`"):
        return False
    end = min(begin + LITERAL_LOOK, len(text))
    return any(found.start() < stop and begin < found.end() for found in _LITERAL.finditer(text, start, end))


def _is_in_formula(text: str, start: int, place: int) -> bool:
    """Whether a place stands between two dollar signs; one before a digit is money."""
    if text.count("$", start, place) % 2 == 0:
        return False
    return not text[text.rfind("$", start, place) + 1].isdigit()


def _clause_after_value(text: str, start: int, end: int) -> int:
    """Return where a clause begins that follows a computed value without a full stop, or `end`."""
    before = ""
    for count in range(MAX_TAIL):
        match = _WORD.match(text, start, end)
        if match is None or before.endswith((".", ",", ";", ":", "!", "?")):
            break
        if _opens_clause(text, match, before, count=count, end=end):
            return match.start(1)
        before, start = match[1], match.end()
    return end


def _opens_clause(text: str, match: re.Match[str], before: str, *, count: int, end: int) -> bool:
    """Whether a word after a value, `count` words from it, begins a clause."""
    words, word = load_words(), match[1]
    if (
        (before and not any(map(str.isalnum, before)))  # an operator: "4 // 2 = 2"
        or before.lower() in words.inner_words
        or before.startswith("\\")
        or not (word[0].isalnum() or word[0] in "-$")
        or word == "-"
    ):
        return False
    if word[0].isupper() and word.lower() in words.sentence_openers:
        return True
    if word[0].islower() and "=" not in word:
        return False
    if not word[0].isupper() and count > MAX_UNIT:
        return False
    return not before[:1].isupper() and _OWN_EQUATION.match(text, match.start(1), end) is not None


@cache
def _is_abbreviation(word: str) -> bool:
    return word.lower() in load_words().abbreviations or _INITIALS.fullmatch(word) is not None


def _is_inside(text: str, match: re.Match[str], begin: int) -> bool:
    """Whether a full stop is one of an abbreviation, of an initial or of a numbering."""
    if text[match.start()] != "." or match.end() - match.start() > 1:
        return False
    if text[begin].islower():
        return True
    before = _WORD_BEFORE.search(text, max(match.start() - 12, 0), match.start() + 1)
    if before is not None:
        return _is_abbreviation(before[1])
    line = text.rfind("\n", max(match.start() - 6, 0), match.start()) + 1
    return line > 0 and text[line : match.start()].strip().isdigit()
