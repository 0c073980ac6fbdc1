"""``midthought revise``: give an entry a better wording."""

import json
from typing import TYPE_CHECKING, Annotated

import click

from midthought.api.cli.entry_files import Record, read_text, read_wording
from midthought.api.cli.failures import reading_options
from midthought.api.cli.global_options import read_settings
from midthought.api.cli.parameters import Argument, FieldForm
from midthought.api.cli.printing import Output, OutputOption, print_json, print_text
from midthought.api.opening import open_memory_for
from midthought.api.operations.entries import ReviseEntry
from midthought.api.text_validation import check_id, check_text
from midthought.memory.errors import BadInput
from midthought.memory.records.entry_json import stored_to_dict

if TYPE_CHECKING:
    from midthought.api.python.client import Client
    from midthought.api.python.memory import Memory


def revise(
    context: click.Context,
    item_id: Annotated[str, Argument(metavar="ID", help="The id of the entry, as list and recall print it.")],
    file: Annotated[str, Argument(metavar="FILE", help="The new wording: JSON as get -o json prints it.")],
    source: Annotated[str, FieldForm(ReviseEntry, "source")] = "own",
    output: OutputOption = Output.TEXT,
) -> None:
    """Replace the wording of an entry. The old wording stays in the history; the new one has a new id.

    If only `asked_as` changed, the id stays.
    """
    settings = read_settings(context)
    with reading_options():
        check_id(item_id)
        check_text(source, place="source")
    record = _read_object(file)
    with open_memory_for(settings) as memory:
        _check_named(memory, record.get("id", item_id), item_id, place=file, namespace=settings.namespace)
        entry = read_wording(record, place=file)
        stored = memory.revise(item_id, entry, source=source, namespace=settings.namespace)
    if output is Output.JSON:
        print_json(stored_to_dict(stored))
    else:
        print_text(f"version {stored.version} of {item_id} is {stored.id}")


def _check_named(memory: "Memory | Client", named: object, item_id: str, *, place: str, namespace: str) -> None:
    """Raise `BadInput` if a wording has the id of another entry.

    For the id of an earlier wording, `get` prints the current one with its own id; this is accepted as well.
    """
    if named == item_id:
        return
    current = memory.get(item_id, namespace=namespace).id
    if named != current:
        is_now = f"{item_id}, which is {current} now" if current != item_id else item_id
        raise BadInput(f"this is the wording of {named}, not of {is_now}: take its id out to use it", place=place)


def _read_object(file: str) -> Record:
    try:
        record = json.loads(read_text(file))
    except (ValueError, RecursionError) as error:
        raise BadInput(f"is not JSON: {error}", place=file) from None
    if not isinstance(record, dict):
        raise BadInput(f"must be one JSON object, got {type(record).__name__}", place=file)
    return record
