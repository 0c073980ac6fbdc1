"""``midthought list``: every entry or trajectory of a namespace, page by page."""

from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import click

from midthought.api.cli.global_options import read_settings
from midthought.api.cli.parameters import FieldForm, Option
from midthought.api.cli.printing import Output, OutputOption, print_json, print_text, shorten
from midthought.api.opening import open_memory_to_read
from midthought.api.operations.entries import ListEntries
from midthought.memory.records.draft import Draft
from midthought.memory.records.entry import EntryKind, Origin, StoredEntry, readable_key
from midthought.memory.records.entry_json import stored_to_dict
from midthought.memory.records.trajectory import Trajectory
from midthought.memory.records.trust import Trust

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
    unverified: Annotated[
        bool, FieldForm(ListEntries, "unverified", Option(help="Only entries that were imported and not verified."))
    ] = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """List everything of a kind, ordered by id. JSON is one object per line, the same bytes for the same content."""
    settings = read_settings(context)
    number = 0
    if unverified and kind not in _KINDS:
        raise click.BadParameter(f"only entries are imported unverified, not {kind}")
    with open_memory_to_read(settings) as memory:
        found = (
            _entry_items(memory, _KINDS[kind], origin, settings.namespace, unverified=unverified)
            if kind in _KINDS
            else _items(memory, kind, settings.namespace)
        )
        for number, (record, line) in enumerate(found, start=1):  # noqa: B007
            if output is Output.JSON:
                print_json(record)
            else:
                print_text(line)
    if not number:
        what = "drafts are quarantined" if kind is Group.QUARANTINED else kind
        print_text(f"no {what} in namespace {settings.namespace}", error=True)


def _entry_items(
    memory: "Memory | Client", kind: EntryKind | None, origin: Origin, namespace: str, *, unverified: bool
) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield each entry of a kind as a record and as a line for people."""
    for stored in all_entries(memory, kind, origin=origin, unverified=unverified, namespace=namespace):
        yield stored_to_dict(stored), _describe(stored)


def _items(memory: "Memory | Client", kind: Group, namespace: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield each trajectory, or each quarantined draft, as a record and as a line for people."""
    from midthought.api.operations.shapes import DRAFT, TRAJECTORY

    if kind is Group.TRAJECTORIES:
        for one_id, one in all_trajectories(memory, namespace=namespace):
            yield TRAJECTORY.write((one_id, one)), f"{one_id}  {one.outcome:<7}  {shorten(one.question)}"
        return
    for draft in all_drafts(memory, namespace=namespace, quarantined=True):
        yield DRAFT.write(draft), f"{draft.id}  {draft.entry.kind:<9}  {shorten(readable_key(draft.entry))}"


def _describe(stored: StoredEntry) -> str:
    """Return an entry in one line, with the traces in which it was recognised, if there are any."""
    seen = f"  ({stored.seen.describe()})" if stored.seen and stored.seen.traces else ""
    trust = "  (imported, not verified)" if stored.trust is Trust.IMPORTED else ""
    return f"{stored.id}  {stored.entry.kind:<9}  {shorten(readable_key(stored.entry))}{trust}{seen}"


def all_entries(
    memory: "Memory | Client",
    kind: EntryKind | None,
    *,
    namespace: str,
    origin: Origin = Origin.OWN,
    unverified: bool = False,
) -> Iterator[StoredEntry]:
    """Yield every entry of a kind and origin by id, fetched page by page."""
    after = ""
    # By id and not by offset: entries that are added meanwhile shift no page.
    while page := memory.list_entries(
        kind=kind, after=after, limit=_PAGE, origin=origin, unverified=unverified, namespace=namespace
    ):
        yield from page
        after = page[-1].id


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
