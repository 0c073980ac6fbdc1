"""Hints that stand in a request already: of earlier turns, or put there by another program."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from midthought.api.proxy.traffic.passed_thought import ShownHint
from midthought.memory.records.hint_marks import DEFAULT_HINT_MARKS

_MARKED = re.compile(rf"{re.escape(DEFAULT_HINT_MARKS.begin)}(?s:.*?)(?:{re.escape(DEFAULT_HINT_MARKS.end)}|\Z)")
MAX_HINTS = 100
"""Of one request: a conversation of many turns."""


def find_earlier(request: Mapping[str, Any]) -> tuple[ShownHint, ...]:
    """Return the hints between marks in a request, each text once: their words are not taught back either.

    Whose entries they are of is not known.
    """
    found: dict[str, None] = {}
    for text in _texts(request):
        for match in _MARKED.finditer(text):
            found[match[0]] = None
            if len(found) == MAX_HINTS:
                return tuple(ShownHint((), one) for one in found)
    return tuple(ShownHint((), one) for one in found)


def _texts(request: Mapping[str, Any]) -> Iterator[str]:
    """Yield the texts of a request that may hold a hint."""
    waiting: list[Any] = [request]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            if DEFAULT_HINT_MARKS.begin in one:
                yield one
        elif isinstance(one, Mapping):
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
