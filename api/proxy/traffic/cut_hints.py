"""Cutting hints out of a thought: exactly where they were put in, also if their blanks changed on the way."""

import re
from collections.abc import Sequence

from midthought.api.proxy.traffic.passed_thought import ShownHint


def cut_hints(thought: str, shown: Sequence[ShownHint]) -> str:
    """Return a thought without the hints that were put into it; what is not found there is left to the checks.

    A hint is looked for by its text, and of several places the one nearest to its position is taken: a thought may have
    lost blanks at its beginning, and a hint may have got other blanks, on the way through a server. What stands around
    it is joined as it is: a hint may stand in the middle of a word.
    """
    places = [place for hint in shown if hint.position is not None and (place := _find(thought, hint))]
    for start, end in sorted(set(places), reverse=True):
        thought = thought[:start] + thought[end:]
    return thought.strip()


def _find(thought: str, hint: ShownHint) -> tuple[int, int] | None:
    words = [re.escape(word) for word in hint.text.split()]
    if not words:
        return None
    patterns = (re.escape(hint.text), r"\s+".join(words))
    found = ([match.span() for match in re.finditer(pattern, thought)] for pattern in patterns)
    places = next(filter(None, found), [])
    return min(places, key=lambda place: abs(place[0] - (hint.position or 0)), default=None)
