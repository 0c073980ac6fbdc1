"""What a sentence opens with: a change of approach, a check, an aim, a continuation and so on."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import product
from typing import Any

from midthought.ingest.steps.phrases import load_words

MAX_PASSED = 5  # openings that may stand before the one that counts: "Okay, so now, let me check"


class Opener(StrEnum):
    """A list of opening phrases, by what a sentence with one of them does; stronger ones first."""

    CHANGE = "change"
    CHECK = "check"
    RESULT = "result"
    RESTATEMENT = "restatement"
    TALK = "talk"
    CASE = "case"
    AIM = "aim"
    PLAN = "plan"
    NEXT = "next"
    CONTINUING = "continuing"


_WEAK = frozenset({Opener.NEXT, Opener.CONTINUING})
_MARKS = re.compile(r"[\s*_\"'(>\u201c#-]*+(?:\d{1,2}[.)][ \t]+)?[*_]{0,2}")
_WORD = re.compile(r"[\s,]{0,8}([\w'-]+)")
_GAP = re.compile(r"[\s,.!:;\u2026\u2014-]{0,8}")
# "For `n = 1`", "for $n = 1$".
_VALUE_CASE = re.compile(r"f(?:o|\u00fc)r\s+(?:`|\$[^\d]|\\\()")
_END = object()


@dataclass(frozen=True, slots=True)
class Opening:
    """What a sentence opens with.

    Attributes:
        kind: the strongest opener, None if it has none.
        clause: where the words begin that an opener and interjections stand before.
        is_next: whether a word of order stands before or in it.
    """

    kind: Opener | None
    clause: int
    is_next: bool = False


def read_opening(lower: str, start: int, end: int) -> Opening:
    """Return what a sentence of a text in plain lower case opens with.

    Marks, interjections and words such as "so" and "now" are passed over.
    """
    marks = _MARKS.match(lower, start, end)
    at = marks.end() if marks else start
    if _VALUE_CASE.match(lower, at, end):
        return Opening(Opener.CASE, at)
    weak: Opener | None = None
    is_next = False
    for _ in range(MAX_PASSED):
        kind, after = _match(lower, at, end)
        if kind is not None and kind not in _WEAK:
            return Opening(kind, _skip_gap(lower, after, end), is_next)
        if kind is None:
            word = _WORD.match(lower, at, end)
            if word is None or word[1] not in load_words().interjections:
                break
            after = word.end()
        weak, is_next = weak or kind, is_next or kind is Opener.NEXT
        at = _skip_gap(lower, after, end)
    return Opening(weak, at, is_next)


def _skip_gap(lower: str, at: int, end: int) -> int:
    gap = _GAP.match(lower, at, end)
    return gap.end() if gap else at


def _match(lower: str, at: int, end: int) -> tuple[Opener | None, int]:
    """Return the list of the longest phrase at a place, and where that phrase ends."""
    node: Mapping[Any, Any] = _tree()
    found: tuple[Opener | None, int] = (None, at)
    while node:
        word = _WORD.match(lower, at, end)
        if word is None:
            break
        node, at = node.get(word[1], {}), word.end()
        if _END in node:
            found = node[_END], at
    return found


@cache
def _tree() -> Mapping[Any, Any]:
    """Return all phrases as a tree of words; a phrase of two lists belongs to the first."""
    tree: dict[Any, Any] = {}
    for opener in Opener:
        for phrase in load_words().openers[opener]:
            for wording in _wordings(phrase):
                node = tree
                for word in wording:
                    node = node.setdefault(word, {})
                node.setdefault(_END, opener)
    return tree


def _wordings(phrase: str) -> Iterator[tuple[str, ...]]:
    """Yield every wording of a phrase of the data, as words."""
    groups = load_words().groups
    choices = []
    for item in phrase.split():
        options = groups[item[1:-1]] if item[0] == "{" else tuple(item.removesuffix("?").split("/"))
        choices.append((*options, "") if item.endswith("?") else options)
    for chosen in product(*choices):
        yield tuple(" ".join(chosen).split())
