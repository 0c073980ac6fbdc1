"""``midthought get``, ``list`` and ``stats``: look at what is remembered."""

from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from midthought.api.cli.context import Output, OutputOption, read_settings
from midthought.api.cli.opened import open_memory_for
from midthought.api.cli.printing import indent, print_json, print_text, shorten
from midthought.memory.records.entry import EntryKind, Origin, Procedure, StoredEntry
from midthought.memory.records.entry_json import stored_to_dict
from midthought.memory.records.trajectory import Trajectory

if TYPE_CHECKING:
    from midthought.api.client import Client
    from midthought.api.library import Memory
    from midthought.memory.records.store_stats import StoreStats

_PAGE = 1000


class Group(StrEnum):
    """What can be listed."""

    ENTRIES = "entries"
    PROCEDURES = "procedures"
    CONCEPTS = "concepts"
    LESSONS = "lessons"
    TRAJECTORIES = "trajectories"


_KINDS = {
    Group.ENTRIES: None,
    Group.PROCEDURES: EntryKind.PROCEDURE,
    Group.CONCEPTS: EntryKind.CONCEPT,
    Group.LESSONS: EntryKind.LESSON,
}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("get")(get)
    app.command("list")(list_items)
    app.command("stats")(stats)


def get(
    context: typer.Context,
    item_id: Annotated[str, typer.Argument(metavar="ID", help="An id as list and recall print it.")],
    output: OutputOption = Output.TEXT,
) -> None:
    """Show one entry with the passages it was learnt from, or one trajectory."""
    from midthought.api.wire import trajectory_to_dict

    settings = read_settings(context)
    with open_memory_for(settings) as library:
        if item_id.startswith("t-"):
            trajectory = library.get_trajectory(item_id, namespace=settings.namespace)
            record, text = trajectory_to_dict(item_id, trajectory), describe_trajectory(item_id, trajectory)
        else:
            stored = library.get(item_id, namespace=settings.namespace)
            record, text = stored_to_dict(stored), describe_entry(library, stored, namespace=settings.namespace)
    if output is Output.JSON:
        print_json(record)
    else:
        print_text(text)


def list_items(
    context: typer.Context,
    kind: Annotated[Group, typer.Option(help="What to list.")] = Group.ENTRIES,
    origin: Annotated[
        Origin, typer.Option(help="The namespace's own entries, or those of the starter memory that it sees.")
    ] = Origin.OWN,
    output: OutputOption = Output.TEXT,
) -> None:
    """List everything of a kind, ordered by id. JSON is one object a line, the same bytes for the same content."""
    settings = read_settings(context)
    number = 0
    with open_memory_for(settings) as library:
        for number, (record, line) in enumerate(_items(library, kind, origin, settings.namespace), start=1):  # noqa: B007
            if output is Output.JSON:
                print_json(record)
            else:
                print_text(line)
    if not number:
        print_text(f"no {kind} in namespace {settings.namespace}", error=True)


def _items(
    library: "Memory | Client", kind: Group, origin: Origin, namespace: str
) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield each thing of a kind as a record and as a line for people."""
    from midthought.api.wire import trajectory_to_dict

    if kind is Group.TRAJECTORIES:
        for one_id, one in all_trajectories(library, namespace=namespace):
            yield trajectory_to_dict(one_id, one), f"{one_id}  {one.outcome:<7}  {shorten(one.question)}"
        return
    for stored in all_entries(library, _KINDS[kind], origin=origin, namespace=namespace):
        yield stored_to_dict(stored), f"{stored.id}  {stored.entry.kind:<9}  {shorten(stored.entry.key)}"


def stats(context: typer.Context, output: OutputOption = Output.TEXT) -> None:
    """Count what the namespace holds."""
    from midthought.api.wire import stats_to_dict

    settings = read_settings(context)
    with open_memory_for(settings) as library:
        found = library.stats(namespace=settings.namespace)
    if output is Output.JSON:
        print_json(stats_to_dict(found))
    else:
        print_text(describe_stats(found))


def all_entries(
    library: "Memory | Client", kind: EntryKind | None, *, namespace: str, origin: Origin = Origin.OWN
) -> Iterator[StoredEntry]:
    """Yield every entry of a kind and origin by id, fetched page by page."""
    page = library.list_entries(kind=kind, limit=_PAGE, origin=origin, namespace=namespace)
    while page:
        yield from page
        page = library.list_entries(kind=kind, after=page[-1].id, limit=_PAGE, origin=origin, namespace=namespace)


def all_trajectories(library: "Memory | Client", *, namespace: str) -> Iterator[tuple[str, Trajectory]]:
    """Yield every (id, trajectory) by id, fetched page by page."""
    page = library.list_trajectories(limit=_PAGE, namespace=namespace)
    while page:
        yield from page
        page = library.list_trajectories(after=page[-1][0], limit=_PAGE, namespace=namespace)


def describe_entry(library: "Memory | Client", stored: StoredEntry, *, namespace: str) -> str:
    """Return an entry for people, with the passages of the trajectories it was learnt from."""
    lines = [
        f"{stored.entry.kind} {stored.id} version {stored.version}, {stored.origin}",
        stored.entry.key,
        indent(stored.entry.body),
    ]
    if isinstance(stored.entry, Procedure) and stored.entry.applicability:
        lines += ["applies to:", indent(stored.entry.applicability)]
    for place in stored.provenance:
        where = f", {place.span.part} {place.span.start}-{place.span.end}" if place.span else ""
        lines.append(f"from {place.source}" + (f" ({place.trajectory_id}{where})" if place.trajectory_id else ""))
        if place.trajectory_id and place.span:
            trajectory = library.get_trajectory(place.trajectory_id, namespace=namespace)
            lines.append(indent(trajectory.text(place.span), "  > "))
    return "\n".join(lines)


def describe_trajectory(trajectory_id: str, trajectory: Trajectory) -> str:
    """Return a trajectory for people."""
    ended = "finished" if trajectory.finished else "unfinished"
    head = f"trajectory {trajectory_id}, {trajectory.outcome}, {ended}"
    known = [f"from {trajectory.source}"] if trajectory.source else []
    known += [f"by {trajectory.model}"] if trajectory.model else []
    parts = (("question", trajectory.question), ("thought", trajectory.thought), ("answer", trajectory.answer))
    shown = [line for name, text in parts if text for line in (f"{name}:", indent(text))]
    return "\n".join([", ".join([head, *known]), *shown])


def describe_stats(found: "StoreStats") -> str:
    """Return the counts for people."""
    lines = [f"namespace {found.namespace}", f"{found.trajectory_count} trajectories"]
    lines += [f"  {number} {o}{'' if finished else ', unfinished'}" for o, finished, number in found.trajectories]
    lines.append(f"{found.entry_count} entries")
    lines += [f"  {number} {kind}{'' if number == 1 else 's'}" for kind, number in found.entries]
    lines += ["by domain"] if found.domains else []
    lines += [f"  {number} {domain or 'none'}" for domain, number in found.domains]
    lines += [f"{found.starter} entries of the starter memory"] if found.starter else []
    lines.append(f"{found.jobs} operations, {found.runs} runs, {found.receipts} receipts, {found.forgotten} forgotten")
    return "\n".join(lines)
