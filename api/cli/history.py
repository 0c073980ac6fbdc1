"""``midthought history``: the wordings an entry had."""

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated

import click

from midthought.api.cli.global_options import read_settings
from midthought.api.cli.parameters import Argument, Option, RequestForm
from midthought.api.cli.printing import Output, OutputOption, indent, print_json, print_text
from midthought.api.opening import open_memory_to_read
from midthought.api.operations.entries import GetHistory

if TYPE_CHECKING:
    from midthought.memory.records.entry import EntryVersion


def history(
    context: click.Context,
    request: Annotated[
        GetHistory,
        RequestForm({"entry_id": Argument(metavar="ID", help="The id the entry has, or had with an earlier wording.")}),
    ],
    diff: Annotated[bool, Option(help="Show what changed from each wording to the next.")] = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """Show every wording of an entry, oldest first, with the times it held from and to (UTC)."""
    from midthought.api.entry_text import diff_versions, entry_lines
    from midthought.api.operations.shapes import VERSION

    settings = read_settings(context)
    with open_memory_to_read(settings) as memory:
        versions = memory.send(request, namespace=settings.namespace)
    changes = [None, *(diff_versions(*pair) for pair in pairwise(versions))]
    for one, record, change in zip(versions, map(VERSION.write, versions), changes, strict=True):
        if output is Output.JSON:
            print_json(record | ({"diff": change} if diff else {}))
        else:
            print_text(_head(one))
            print_text(indent(change if diff and change else "\n".join(entry_lines(one.entry))))


def _head(one: "EntryVersion") -> str:
    begin = one.created_at.isoformat(" ", "seconds") if one.created_at else "before times were kept"
    end = one.retired_at.isoformat(" ", "seconds") if one.retired_at else "now"
    return f"version {one.version} {one.entry.id}, {begin} to {end}"
