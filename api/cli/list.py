"""``midthought list``: every entry or trajectory of a namespace, page by page."""

from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import click

from midthought.api.cli.global_options import read_settings
from midthought.api.cli.parameters import FieldForm, Option
from midthought.api.cli.printing import Output, OutputOption, print_json, print_text, shorten
from midthought.api.opening import open_memory_for
from midthought.api.operations.entries import ListEntries
from midthought.memory.records.draft import Draft
from midthought.memory.records.entry import EntryKind, Origin, StoredEntry, readable_key
from midthought.memory.records.entry_json import stored_to_dict
from midthought.memory.records.trajectory import Trajectory

if TYPE_CHECKING:
    from midthought.api.python.client import Client
    from midthought.api.python.memory import Memory

_PAGE = 1000


_SINGULAR = {"entries": "entry", "trajectories": "trajectory"}
"""Those that are not the plural without its last letter."""


class Group(StrEnum):
    """What can be listed."""

    ENTRIES = "entries"
    PROCEDURES = "procedures"
    CONCEPTS = "concepts"
    LESSONS = "lessons"
    EXAMPLES = "examples"
    TRAJECTORIES = "trajectories"
    QUARANTINED = "quarantined"

    @classmethod
    def _missing_(cls, value: object) -> "Group | None":
        """Understand the singular as well: what is listed is printed in it."""
        return next((one for one in cls if value == _SINGULAR.get(one, one.removesuffix("s"))), None)


_KINDS = {
    Group.ENTRIES: None,
    Group.PROCEDURES: EntryKind.PROCEDURE,
    Group.CONCEPTS: EntryKind.CONCEPT,
    Group.LESSONS: EntryKind.LESSON,
    Group.EXAMPLES: EntryKind.EXAMPLE,
}


def list_items(
    context: click.Context,
    kind: Annotated[Group, Option(help="What to list; the singular is understood.")] = Group.ENTRIES,
    origin: Annotated[
        Origin,
        FieldForm(
            ListEntries,
            "origin",
            Option(help="The namespace's own entries, or those of the starter memory that it sees."),
        ),
    ] = Origin.OWN,
    output: OutputOption = Output.TEXT,
) -> None:
    """List everything of a kind, ordered by id. JSON is one object per line, the same bytes for the same content."""
    settings = read_settings(context)
    number = 0
    with open_memory_for(settings) as memory:
        for number, (record, line) in enumerate(_items(memory, kind, origin, settings.namespace), start=1):  # noqa: B007
            if output is Output.JSON:
                print_json(record)
            else:
                print_text(line)
    if not number:
        what = "drafts are quarantined" if kind is Group.QUARANTINED else kind
        print_text(f"no {what} in namespace {settings.namespace}", error=True)


def _items(
    memory: "Memory | Client", kind: Group, origin: Origin, namespace: str
) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield each thing of a kind as a record and as a line for people."""
    from midthought.api.operations.shapes import DRAFT, TRAJECTORY

    if kind is Group.TRAJECTORIES:
        for one_id, one in all_trajectories(memory, namespace=namespace):
            yield TRAJECTORY.write((one_id, one)), f"{one_id}  {one.outcome:<7}  {shorten(one.question)}"
        return
    if kind is Group.QUARANTINED:
        for draft in all_drafts(memory, namespace=namespace, quarantined=True):
            yield DRAFT.write(draft), f"{draft.id}  {draft.entry.kind:<9}  {shorten(readable_key(draft.entry))}"
        return
    for stored in all_entries(memory, _KINDS[kind], origin=origin, namespace=namespace):
        yield stored_to_dict(stored), _describe(stored)


def _describe(stored: StoredEntry) -> str:
    """Return an entry in one line, with the traces in which it was recognised, if there are any."""
    seen = f"  ({stored.seen.describe()})" if stored.seen and stored.seen.traces else ""
    return f"{stored.id}  {stored.entry.kind:<9}  {shorten(readable_key(stored.entry))}{seen}"


def all_entries(
    memory: "Memory | Client", kind: EntryKind | None, *, namespace: str, origin: Origin = Origin.OWN
) -> Iterator[StoredEntry]:
    """Yield every entry of a kind and origin by id, fetched page by page."""
    page = memory.list_entries(kind=kind, limit=_PAGE, origin=origin, namespace=namespace)
    while page:
        yield from page
        # By id and not by offset: entries that are added meanwhile shift no page.
        page = memory.list_entries(kind=kind, after=page[-1].id, limit=_PAGE, origin=origin, namespace=namespace)


def all_trajectories(memory: "Memory | Client", *, namespace: str) -> Iterator[tuple[str, Trajectory]]:
    """Yield every (id, trajectory) by id, fetched page by page."""
    page = memory.list_trajectories(limit=_PAGE, namespace=namespace)
    while page:
        yield from page
        page = memory.list_trajectories(after=page[-1][0], limit=_PAGE, namespace=namespace)


def all_drafts(memory: "Memory | Client", *, namespace: str, quarantined: bool = False) -> Iterator[Draft]:
    """Yield every draft that waits, or is quarantined, by id, fetched page by page."""
    page = memory.list_drafts(limit=_PAGE, quarantined=quarantined, namespace=namespace)
    while page:
        yield from page
        page = memory.list_drafts(after=page[-1].id, limit=_PAGE, quarantined=quarantined, namespace=namespace)
