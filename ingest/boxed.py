r"""The boxes of LaTeX, ``\boxed{...}``, with braces inside them as deep as they go."""

import re
from collections.abc import Iterator

_MARK = re.compile(r"\\++(?:boxed|fbox)\s*+\{|\\.|[{}]", re.DOTALL)
r"""The start of a box, a brace, or a character after a backslash: ``\{`` and ``\}`` are no braces."""


def find_boxed(text: str) -> Iterator[str]:
    r"""Yield what each ``\boxed{}`` and ``\fbox{}`` holds, in reading order.

    Of a box within a box, the outer one alone; a box that is never closed is none.

    >>> list(find_boxed(r"\boxed{\frac{1}{\sqrt{2}}}, so \boxed{\{1, 2\}}"))
    ['\\frac{1}{\\sqrt{2}}', '\\{1, 2\\}']
    """
    if "box" not in text:
        return
    opened: list[int] = []  # where the content of each open brace begins; negative for one that is no box
    boxes: list[tuple[int, int]] = []
    for mark in _MARK.finditer(text):
        if mark[0] == "}":
            begin = opened.pop() if opened else -1
            if begin >= 0:
                while boxes and boxes[-1][0] > begin:
                    boxes.pop()
                boxes.append((begin, mark.start()))
        elif mark[0] == "{":
            opened.append(-1)
        elif "box" in mark[0]:
            opened.append(mark.end())
    yield from (text[begin:end] for begin, end in boxes)
