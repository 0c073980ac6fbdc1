"""From the bytes of one line to a JSON object whose every string can be stored."""

import json
import math
from collections.abc import Iterator
from typing import NoReturn

from midthought.memory.errors import BadInput

MAX_DEPTH = 64
"""Levels of objects and lists that metadata may have: far below where Python's own JSON writer gives up."""

_BOM = "\ufeff"


def decode_text(data: bytes, *, first_line: int) -> str:
    """Return UTF-8 bytes as text, without a byte order mark. Raises `BadInput` naming the first wrong byte."""
    try:
        return data.decode("utf-8").removeprefix(_BOM)
    except UnicodeDecodeError as error:
        begin = data.rfind(b"\n", 0, error.start) + 1
        # A document has many lines, so the line is counted up to the wrong byte.
        line = first_line + data.count(b"\n", 0, error.start)
        wrong = f"byte 0x{data[error.start]:02x} at byte offset {error.start - begin} of line {line}"
        raise BadInput(f"not UTF-8: {wrong} ({error.reason})") from None


def parse_object(text: str) -> dict[str, object]:
    """Return the JSON object a line holds. Raises `BadInput` for anything that is not exactly one."""
    try:
        value = json.loads(
            text, object_pairs_hook=_unique_keys, parse_constant=_refuse_constant, parse_float=_finite_float
        )
    except json.JSONDecodeError as error:
        raise BadInput(f"not JSON: {error.msg} at column {error.colno}; expected one object a line") from None
    except RecursionError:
        raise BadInput("the JSON is nested too deeply to be read") from None
    except ValueError:
        raise BadInput("a whole number has too many digits to be read (Python's limit is 4,300)") from None
    if not isinstance(value, dict):
        raise BadInput(f"the line holds {name_kind(value)}, expected a JSON object")
    return value


def check_strings(record: dict[str, object]) -> None:
    """Raise `BadInput` if a string holds what no UTF-8 text column can: lone surrogates, or NUL."""
    for name, value in record.items():
        for text in (name, *_strings(value)):
            _check_string(text, field=name)


def canonical_json(value: dict[str, object]) -> str:
    """Return the one spelling of a JSON object: sorted keys, no spaces, no escapes that are not needed."""
    if _is_too_deep(value):
        raise BadInput(f"metadata is nested deeper than {MAX_DEPTH} levels")
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False)


def name_kind(value: object) -> str:
    """Return what a JSON value is, in words."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case str():
            return "a string"
        case dict():
            return "an object"
        case list():
            return "a list"
        case _:
            return "a number"


def show_field(name: str) -> str:
    """Return a field's name in quotes, short enough and safe to print."""
    return ascii(name) if len(name) <= 40 else ascii(name[:40]) + "..."


def _unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise BadInput(f"the key {show_field(twice)} stands twice in one object")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise BadInput(f"{name} is not JSON: expected a finite number or null")


def _finite_float(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise BadInput(f"the number {digits[:40]} is too large to be read")
    return value


def _strings(value: object) -> Iterator[str]:
    """Yield every string and key inside; an explicit stack, so that no nesting is too deep."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str(text):
                yield text
            case dict(found):
                waiting += [*found.keys(), *found.values()]
            case list(found) | tuple(found):
                waiting += found


def _check_string(text: str, *, field: str) -> None:
    if "\0" in text:
        raise BadInput(f"field {show_field(field)} holds a NUL character, which no stored text may")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        wrong = f"\\u{ord(text[error.start]):04x}"
        raise BadInput(f"field {show_field(field)} holds half of a surrogate pair ({wrong})") from None


def _is_too_deep(value: object) -> bool:
    level, depth = [value], 0
    while level and depth < MAX_DEPTH:
        inside: list[object] = []
        for outer in level:
            inside += outer.values() if isinstance(outer, dict) else outer if isinstance(outer, list) else ()
        level = [inner for inner in inside if isinstance(inner, dict | list)]
        depth += 1
    return bool(level)
