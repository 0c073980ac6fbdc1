"""``midthought revise``: give an entry a better wording."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import click

from midthought.api.cli.failures import reading_options
from midthought.api.cli.global_options import read_settings
from midthought.api.cli.parameters import Argument, FieldForm
from midthought.api.cli.printing import Output, OutputOption, print_json, print_text
from midthought.api.opening import open_memory_for
from midthought.api.operations.entries import ReviseEntry
from midthought.api.text_validation import check_id, check_text
from midthought.ingest.stream.reader import STDIN
from midthought.memory.errors import BadInput
from midthought.memory.records.entry import Entry
from midthought.memory.records.entry_json import entry_from_dict, stored_to_dict

_OF_THE_STORE = ("version", "origin", "provenance")


def revise(
    context: click.Context,
    item_id: Annotated[str, Argument(metavar="ID", help="The id of the entry, as list and recall print it.")],
    file: Annotated[str, Argument(metavar="FILE", help="The new wording: JSON as get -o json prints it.")],
    source: Annotated[str, FieldForm(ReviseEntry, "source")] = "own",
    output: OutputOption = Output.TEXT,
) -> None:
    """Replace the wording of an entry. The old wording stays in the history; the new one has a new id."""
    settings = read_settings(context)
    with reading_options():
        check_id(item_id)
        check_text(source, place="source")
    entry = _read_entry(item_id, file)
    with open_memory_for(settings) as memory:
        stored = memory.revise(item_id, entry, source=source, namespace=settings.namespace)
    if output is Output.JSON:
        print_json(stored_to_dict(stored))
    else:
        print_text(f"version {stored.version} of {item_id} is {stored.id}")


def _read_entry(item_id: str, file: str) -> Entry:
    record = _read_object(file)
    named = record.pop("id", item_id)
    if named != item_id:
        raise BadInput(f"this is the wording of {named}, not of {item_id}: take its id out to use it", place=file)
    wording = {name: value for name, value in record.items() if name not in _OF_THE_STORE}
    return entry_from_dict(wording, place=file)


def _read_object(file: str) -> dict[str, Any]:
    try:
        text = sys.stdin.read() if file == STDIN else Path(file).read_text(encoding="utf-8")
        record = json.loads(text)
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", place=file) from None
    except (ValueError, RecursionError) as error:
        raise BadInput(f"is not JSON: {error}", place=file) from None
    if not isinstance(record, dict):
        raise BadInput(f"must be one JSON object, got {type(record).__name__}", place=file)
    return record
