"""``midthought duplicates``: which entries were merged, which looked alike and were kept apart, and why."""

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any

import click

from midthought.api.cli.failures import reading_options
from midthought.api.cli.global_options import read_settings
from midthought.api.cli.parameters import FieldForm, Option
from midthought.api.cli.printing import Output, OutputOption, indent, print_json, print_text
from midthought.api.opening import open_memory_to_read
from midthought.api.operations.namespaces import ListDuplicates
from midthought.memory.errors import NotFound
from midthought.memory.records.entry import Entry, readable_key
from midthought.memory.records.entry_json import entry_to_dict
from midthought.memory.records.merge import Merge, MergeVerdict

if TYPE_CHECKING:
    from midthought.api.python.client import Client
    from midthought.api.python.memory import Memory


def duplicates(
    context: click.Context,
    merged: Annotated[bool, Option(help="Only pairs that became one entry.")] = False,
    refused: Annotated[bool, Option(help="Only pairs that were kept apart.")] = False,
    limit: Annotated[int, FieldForm(ListDuplicates, "limit", Option(help="The largest number of pairs."))] = 100,
    after: Annotated[
        str, FieldForm(ListDuplicates, "after", Option(metavar="ID,ID", help="Begin behind this pair of ids."))
    ] = "",
    output: OutputOption = Output.TEXT,
) -> None:
    """Show pairs of entries that looked alike, the most alike first: merged into one, or kept apart, and why."""
    settings = read_settings(context)
    owner = settings.namespace
    with reading_options():
        request = ListDuplicates(verdict=_wanted(merged, refused), after=after, limit=limit)
    with open_memory_to_read(settings) as memory:
        found = memory.send(request, namespace=owner)
        for merge in found:
            # The record keeps the text of a merged entry; a refused one is stored itself.
            other = merge.other or _stored(memory, owner, merge.other_id)
            pair = (_stored(memory, owner, merge.entry_id), other)
            if output is Output.JSON:
                print_json(_record(merge, pair))
            else:
                print_text(_describe(merge, pair))
    if not found:
        kinds = {
            MergeVerdict.MERGED: "merged pairs",
            MergeVerdict.REFUSED: "pairs kept apart",
            None: "pairs that looked alike",
        }
        print_text(f"no {kinds[_wanted(merged, refused)]} in namespace {owner}", error=True)


def _wanted(merged: bool, refused: bool) -> MergeVerdict | None:
    """Return which pairs to show; None for all, which both options together mean as well."""
    if merged == refused:
        return None
    return MergeVerdict.MERGED if merged else MergeVerdict.REFUSED


def _stored(memory: "Memory | Client", owner: str, entry_id: str) -> Entry | None:
    """Return the wording now of the entry that has, or had, this id; None if it was forgotten."""
    with suppress(NotFound):
        return memory.get(entry_id, namespace=owner).entry
    return None


def _record(merge: Merge, pair: Sequence[Entry | None]) -> dict[str, Any]:
    kept, other = (entry_to_dict(entry) if entry else None for entry in pair)
    return {
        "entry_id": merge.entry_id,
        "other_id": merge.other_id,
        "similarity": merge.similarity,
        "verdict": merge.verdict.value,
        "reason": merge.reason,
        "entry": kept,
        "other": other,
    }


def _describe(merge: Merge, pair: Sequence[Entry | None]) -> str:
    lines = [f"{merge.verdict} at {merge.similarity:.3f}: {merge.reason}"]
    for entry_id, entry in zip((merge.entry_id, merge.other_id), pair, strict=True):
        now = f" (now {entry.id})" if entry and entry.id != entry_id else ""
        lines.append(f"  {entry_id}{now}  {readable_key(entry) if entry else 'not stored any more'}")
        lines += [indent(entry.body, "    ")] if entry else []
    return "\n".join(lines)
