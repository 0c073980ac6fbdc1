"""What a sentence opens with: a change of approach, a check, an aim, a continuation and so on."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import product
from typing import Any

from midthought.ingest.steps.phrases import load_words, plain

LOOK = 90  # characters of a sentence that its opening words stand in
MAX_PASSED = 4  # openings that may stand before the one that counts: "Okay, so now, let me check"


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
_WORD = re.compile(r"[\w'\u2019-]+(?:\.[a-z](?![\w]))?")
_MARKS = re.compile(r"[\s*_\"'(>\u201c#-]*+(?:\d{1,2}[.)][ \t]+)?[*_]{0,2}")
_END = object()


@dataclass(frozen=True, slots=True)
class Opening:
    """What a sentence opens with.

    Attributes:
        kind: the strongest opener, None if it has none.
        is_next: whether a word of order or of going on stands before or in it.
        after: where the words after the opener begin in the sentence.
    """

    kind: Opener | None
    is_next: bool = False
    after: int = 0


def read_opening(sentence: str) -> Opening:
    """Return what a sentence opens with, past its marks, its interjections and words such as "so" and "now"."""
    head = plain(sentence[:LOOK])
    words = list(_WORD.finditer(head, _skip_marks(head)))
    at, kinds, after = 0, list[Opener](), 0
    for _ in range(MAX_PASSED):
        kind, length = _match(words, at)
        if kind is None and at < len(words) and words[at][0] in load_words().interjections:
            at += 1
            continue
        if kind is None:
            break
        at += length
        kinds.append(kind)
        after = words[at - 1].end()
        if kind not in _WEAK:
            break
    strong = next((kind for kind in kinds if kind not in _WEAK), kinds[0] if kinds else None)
    return Opening(strong, Opener.NEXT in kinds, after)


def _skip_marks(head: str) -> int:
    match = _MARKS.match(head)
    return match.end() if match else 0


def _match(words: list[re.Match[str]], at: int) -> tuple[Opener | None, int]:
    """Return the list of the longest phrase at a word, and how many words it has."""
    node: Mapping[Any, Any] = _tree()
    found: tuple[Opener | None, int] = (None, 0)
    for count, word in enumerate(words[at : at + 12], start=1):
        node = node.get(word[0], {})
        if _END in node:
            found = node[_END], count
        if not node:
            break
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
