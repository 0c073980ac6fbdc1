"""Texts from outside: refused if no store could keep them, made harmless before a terminal shows them."""

import re

from midthought.ingest.formats.json_line import check_strings
from midthought.memory.errors import BadInput
from midthought.memory.records.entry import Entry
from midthought.memory.records.entry_json import entry_to_dict
from midthought.memory.records.keys import check_wordings

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""C0 and C1 except tab and newline, marks that reverse the direction of writing, and what is not UTF-8."""


def check_text(text: str, *, place: str) -> None:
    """Raise `BadInput` if a text holds NUL or half a surrogate pair, which no UTF-8 column can."""
    check_strings({place: text})


def check_id(item_id: str) -> None:
    """Raise `BadInput` for what no id can be: nothing, a path, text with NUL or that is not UTF-8."""
    if not item_id.strip():
        raise BadInput(f"no id: {item_id!r} is blank; give one as list and recall print it")
    if "/" in item_id or not item_id.strip("."):  # neither reaches a service as it is, in the path of a URL
        raise BadInput(f"no id: {item_id!r} is a path; give one as list and recall print it")
    try:
        check_text(item_id, place="id")
    except BadInput:
        raise BadInput(f"no id: {item_id!r} is not UTF-8 text; give one as list and recall print it") from None


def check_entry(entry: Entry, *, place: str) -> None:
    """Raise `BadInput` if an entry's key or body is blank, or it holds text or more wordings than can be stored."""
    if not entry.key.strip(" .\t\r\n") or not entry.body.strip():
        raise BadInput(f"a {entry.kind} needs text to be found by and text to hand on", place=place)
    try:
        check_strings(entry_to_dict(entry))
        check_wordings(entry)
    except BadInput as error:
        raise BadInput(error.reason, place=place) from None


def printable(text: str) -> str:
    r"""Return text without characters that could steer a terminal: each becomes the replacement character.

    >>> printable("a\x1b[2Jb")
    'a\ufffd[2Jb'
    """
    return _CONTROL.sub("\ufffd", text)
