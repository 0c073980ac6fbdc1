"""Cutting an answer into its items, so that one that is broken is not the end of the others."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

_FENCE = re.compile(r"```[\w-]*[^\S\n]*\n(?P<inside>.*?)(?:(?<=\n)[^\S\n]*```|\Z)", re.DOTALL)
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class AnswerItem:
    """One item of an answer: its text, and the object that it is; None if it is broken."""

    raw: str
    value: dict[str, object] | None


def split_items(text: str, *, listed: str, marked: str) -> list[AnswerItem] | None:
    """Return the JSON objects of an answer in their order; None if it has none and is no empty list.

    They stand in fences, one or several per fence, or in the text alone; in a list, under the key `listed`, or one
    after the other. `marked` is a key that every item has, by which a broken one is told from its parts.
    """
    fences = [fence["inside"].strip() for fence in _FENCE.finditer(text)]
    blocks = fences or [text.strip()]
    items = [item for block in blocks for item in _split_block(block, listed, marked, fenced=bool(fences))]
    said_none = all(_is_empty(block, listed) for block in blocks)
    return items if items or said_none else None


def _is_empty(block: str, listed: str) -> bool:
    """Whether a block says that there are no items."""
    try:
        value = json.loads(block or "[]")
    except (ValueError, RecursionError):
        return False
    return value in ([], {}, {listed: []})


def _split_block(block: str, listed: str, marked: str, *, fenced: bool) -> Iterator[AnswerItem]:
    try:
        value = json.loads(block)
    except (ValueError, RecursionError):
        found = list(_salvage(block, marked))
        # A block in a fence is meant as an item, whatever stands in it.
        yield from found or ([AnswerItem(block, None)] if fenced and block else [])
        return
    if isinstance(value, dict) and isinstance(value.get(listed), list):
        value = value[listed]
    for item in value if isinstance(value, list) else [value]:
        if item not in ([], {}):
            raw = block if value is item else json.dumps(item, ensure_ascii=False)
            yield AnswerItem(raw, item if isinstance(item, dict) else None)


def _salvage(block: str, marked: str) -> Iterator[AnswerItem]:
    """Yield the objects of a block that is no JSON as a whole; what is between two of them is a broken one."""
    sign = re.compile(rf"""\b{marked}["']?\s*:""")
    begin = place = 0
    while (place := block.find("{", place)) >= 0:
        value, end = _decode(block, place)
        if value is None or marked not in value:
            place += 1
            continue
        # What lies before it may be an item that is broken, or only the beginning of a list.
        if sign.search(block, begin, place):
            yield AnswerItem(block[begin:place].strip(" \n,[]"), None)
        yield AnswerItem(block[place:end], value)
        begin = place = end
    if sign.search(block, begin):
        yield AnswerItem(block[begin:].strip(" \n,[]"), None)


def _decode(block: str, place: int) -> tuple[dict[str, object] | None, int]:
    try:
        value, end = _DECODER.raw_decode(block, place)
    except (ValueError, RecursionError):
        return None, place
    return (value if isinstance(value, dict) else None), end
