"""Entries in files as `get`, `list` and `export` print them, for the commands that store what a user wrote."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from midthought.api.text_validation import check_entry
from midthought.ingest.formats.json_line import decode_text, parse_object
from midthought.ingest.stream.reader import STDIN
from midthought.memory.errors import BadInput, MidthoughtError
from midthought.memory.records.entry import Entry
from midthought.memory.records.entry_json import entry_from_dict

Record = dict[str, Any]
"""The JSON object of one entry."""

_OF_THE_STORE = ("id", "version", "origin", "trust", "provenance", "seen")
_STDIN_NAME = "<stdin>"
"""How places in standard input begin, as in the rejections of an ingestion."""


def read_entries(file: str) -> tuple[list[Entry], list[MidthoughtError]]:
    """Return the entries of a file, and one error per record that is none, each with file and line.

    The file holds one JSON object, a JSON list of objects, or one object per line; ``-`` is standard input.
    Raises `BadInput` if it cannot be read at all.
    """
    name = _STDIN_NAME if file == STDIN else file
    entries: list[Entry] = []
    errors: list[MidthoughtError] = []
    for place, text in _split_records(read_text(file), name):
        try:
            entry = read_wording(parse_object(text), place=place)
            check_entry(entry, place=place)
        except BadInput as error:
            errors.append(error if error.place else BadInput(error.reason, place=place))
        else:
            entries.append(entry)
    if not entries and not errors:
        raise BadInput("holds no entry: expected a JSON object per entry, with its kind", place=name)
    return entries, errors


def read_wording(record: Record, *, place: str) -> Entry:
    """Return the entry of an object, without what the store alone says of it: id, version, origin and provenance."""
    wording = {name: value for name, value in record.items() if name not in _OF_THE_STORE}
    return entry_from_dict(wording, place=place)


def read_text(file: str) -> str:
    """Return the text of a file, or of standard input. Raises `BadInput` naming the file."""
    try:
        # Bytes also of standard input: its text would be decoded by the locale.
        data = sys.stdin.buffer.read() if file == STDIN else Path(file).read_bytes()
        return decode_text(data, first_line=1)
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", place=file) from None
    except ValueError as error:  # no file can have this name
        raise BadInput(f"cannot be read: {error}", place=file) from None
    except BadInput as error:
        raise BadInput(error.reason, place=file) from None


def _split_records(text: str, name: str) -> Iterator[tuple[str, str]]:
    """Yield (place, JSON text) of every record: of a list or an object over several lines, or line by line."""
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):  # several objects, or a line that is none: each line is told by itself
        lines = enumerate(text.split("\n"), start=1)
        yield from ((f"{name}:{number}", line) for number, line in lines if line.strip())
        return
    if isinstance(whole, list):
        yield from ((f"{name}: item {number}", json.dumps(one)) for number, one in enumerate(whole, start=1))
    else:
        first = text[: len(text) - len(text.lstrip())].count("\n") + 1
        yield f"{name}:{first}", text
