"""Cutting JSON text into its values without changing them, so that readers check exactly what the caller sent."""

import json
import re
from collections.abc import Iterator

from midthought.memory.errors import BadInput

_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


def list_items(text: str) -> Iterator[str]:
    r"""Yield every item of a JSON list as it is written, on one line. Raises `BadInput` for text that is not one.

    >>> list(list_items('[{"a":\n 1}, 2]'))
    ['{"a":  1}', '2']
    """
    place = _skip(text, _skip(text, 0) + 1)
    if text[place : place + 1] == "]":
        return _end(text, place + 1)
    while True:
        end = _value_end(text, place)
        yield _one_line(text[place:end])
        place = _skip(text, end)
        if text[place : place + 1] == "]":
            return _end(text, place + 1)
        if text[place : place + 1] != ",":
            raise BadInput(f"the list is not JSON: expected , or ] at character {place}")
        place = _skip(text, place + 1)


def one_object(text: str) -> str | None:
    """Return the text on one line if it is exactly one JSON value, else None."""
    try:
        end = _value_end(text, _skip(text, 0))
    except BadInput:
        return None
    return _one_line(text) if _skip(text, end) == len(text) else None


def _value_end(text: str, place: int) -> int:
    try:
        return _DECODER.raw_decode(text, place)[1]
    except json.JSONDecodeError as error:
        raise BadInput(f"the list is not JSON: {error.msg} at character {error.pos}") from None
    except (RecursionError, ValueError):
        raise BadInput("the JSON is nested too deeply, or a number in it is too long, to be read") from None


def _skip(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place


def _end(text: str, place: int) -> None:
    if _skip(text, place) != len(text):
        raise BadInput(f"the list is not JSON: more text after its end, at character {place}")


def _one_line(text: str) -> str:
    """Line ends inside JSON stand between tokens only, where a space means the same."""
    return text.replace("\r", " ").replace("\n", " ")
