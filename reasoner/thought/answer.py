r"""Finds the final answer in what a model wrote: ``\boxed{...}``, or a line ``Final answer: ...``."""

import re
from collections.abc import Iterator

_BOXED = re.compile(r"\\f?boxed\s*\{")
_STATED = re.compile(r"final answer[*_\s]*(?::|\bis\b:?)[*_\s]*(\S.*)", re.IGNORECASE)
_ESCAPED_OR_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_LONE_STOP = re.compile(r"(?<=[^.])\.$")


def extract_answer(text: str, *, thought_end: str = "</think>") -> str:
    r"""Return the final answer in `text`, or an empty string if none is marked.

    What follows the last `thought_end` is searched first, then the whole text; in each the last ``\boxed{...}`` with
    balanced braces counts, then the last ``Final answer: ...``.

    >>> extract_answer(r"So \boxed{\frac{1}{2}}.")
    '\\frac{1}{2}'
    """
    after = text.rpartition(thought_end)[2]
    # A model may box intermediate results while it thinks; what it says after thinking is its answer.
    for part in (after, text):
        answer = _last_boxed(part) or _last_stated(part)
        if answer:
            return answer
    return ""


def _last_boxed(text: str) -> str:
    contents = [content for found in _BOXED.finditer(text) if (content := _braced(text, found.end()))]
    return contents[-1] if contents else ""


def _braced(text: str, start: int) -> str:
    r"""Return what stands from `start` to the brace that closes it, or nothing; ``\{`` and ``\}`` do not count."""
    depth = 1
    for mark in _marks(text, start):
        depth += 1 if mark[0] == "{" else -1
        if depth == 0:
            return text[start : mark.start()].strip()
    return ""


def _marks(text: str, start: int) -> Iterator[re.Match[str]]:
    return (found for found in _ESCAPED_OR_BRACE.finditer(text, start) if found[0] in "{}")


def _last_stated(text: str) -> str:
    found = _STATED.findall(text)
    return _LONE_STOP.sub("", found[-1].strip().rstrip("*_ ")) if found else ""
