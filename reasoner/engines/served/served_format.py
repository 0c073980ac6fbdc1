"""The thinking format of a model elsewhere, by how its tokeniser splits marks, or by how it begins an answer."""

from collections.abc import Callable, Mapping
from typing import Any

from midthought.reasoner.engines.served.chat_stream import THOUGHT_FIELDS
from midthought.reasoner.engines.thinking_formats import (
    NONE,
    THINK,
    ThinkingFormat,
    find_format_by_name,
    load_formats,
    read_format,
)

_REPEATED = 3


def format_by_tokens(count: Callable[[str], int]) -> ThinkingFormat:
    """Return the format whose marks are single tokens; ``none`` if none's are.

    A mark is repeated: some tokenisers put one token before any text.
    """
    for one in load_formats():
        if one.marks and all(is_one_token(count(repeat_mark(mark))) for mark in one.marks):
            return one
    return find_format_by_name(NONE)


def repeat_mark(mark: str) -> str:
    """Return a text whose tokens show whether a mark is one."""
    return mark * _REPEATED


def is_one_token(repeated: int) -> bool:
    """Whether a mark is a token, by the number of tokens of `repeat_mark`."""
    return repeated <= _REPEATED + 1


def format_by_answer(message: Mapping[str, Any]) -> ThinkingFormat:
    """Return the format by the beginning of an answer: ``think`` for a server that sets the thought apart."""
    if any(message.get(name) for name in THOUGHT_FIELDS):
        return find_format_by_name(THINK)
    content = message.get("content")
    return read_format(content if isinstance(content, str) else "")
