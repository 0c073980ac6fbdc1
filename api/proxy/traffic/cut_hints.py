"""Cutting hints out of a thought: exactly where they were put in, also if their blanks changed on the way."""

import re
from collections.abc import Sequence

from midthought.api.proxy.traffic.passed_thought import ShownHint


def cut_hints(thought: str, shown: Sequence[ShownHint]) -> str:
    """Return a thought without the hints that were put into it; what is not found there is left to the checks.

    A hint is looked for by its text, and of several places the one nearest to its position is taken: a thought may have
    lost blanks at its beginning, and a hint may have got other blanks, on the way through a server.
    """
    places = [place for hint in shown if hint.position is not None and (place := _find(thought, hint))]
    for start, end in sorted(set(places), reverse=True):
        thought = _join(thought[:start], thought[end:])
    return thought.strip()


def _find(thought: str, hint: ShownHint) -> tuple[int, int] | None:
    words = hint.text.split()
    if not words:
        return None
    pattern = re.compile(r"\s*" + r"\s+".join(map(re.escape, words)))
    places = [match.span() for match in pattern.finditer(thought)]
    return min(places, key=lambda place: abs(place[0] - (hint.position or 0)), default=None)


def _join(before: str, after: str) -> str:
    """Return the texts around a hint as two paragraphs: they were written apart."""
    return f"{before.rstrip()}\n\n{after.lstrip()}" if before.strip() and after.strip() else before + after
