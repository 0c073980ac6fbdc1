"""``midthought get``: one entry or one trajectory."""

from typing import TYPE_CHECKING, Annotated

import click

from midthought.api.cli.global_options import read_settings
from midthought.api.cli.parameters import Argument
from midthought.api.cli.printing import Output, OutputOption, indent, print_json, print_text
from midthought.api.entry_text import entry_lines
from midthought.api.opening import open_memory_for
from midthought.memory.records.entry import Procedure, StoredEntry, readable_key
from midthought.memory.records.entry_json import stored_to_dict
from midthought.memory.records.trajectory import Trajectory

if TYPE_CHECKING:
    from midthought.api.python.client import Client
    from midthought.api.python.memory import Memory

_SHOWN_FIELDS = {
    "kind",
    *("subquestion", "subroutine", "applicability"),
    *("name", "description", "cues", "implementation"),
    *("situation", "suggestion"),
}
"""Fields that the first lines of an entry show: its kind, its key and its body. The others follow by their names."""


def get(
    context: click.Context,
    item_id: Annotated[str, Argument(metavar="ID", help="An id as list and recall print it.")],
    output: OutputOption = Output.TEXT,
) -> None:
    """Show one entry with the passages it was learnt from, or one trajectory."""
    from midthought.api.operations.shapes import TRAJECTORY

    settings = read_settings(context)
    with open_memory_for(settings) as memory:
        if item_id.startswith("t-"):
            trajectory = memory.get_trajectory(item_id, namespace=settings.namespace)
            record, text = TRAJECTORY.write((item_id, trajectory)), describe_trajectory(item_id, trajectory)
        else:
            stored = memory.get(item_id, namespace=settings.namespace)
            record, text = stored_to_dict(stored), describe_entry(memory, stored, namespace=settings.namespace)
    if output is Output.JSON:
        print_json(record)
    else:
        print_text(text)


def describe_entry(memory: "Memory | Client", stored: StoredEntry, *, namespace: str) -> str:
    """Return an entry for people: all that it holds, with the passages of the trajectories it was learnt from."""
    lines = [
        f"{stored.entry.kind} {stored.id} version {stored.version}, {stored.origin}",
        readable_key(stored.entry),
        indent(stored.entry.body),
    ]
    if isinstance(stored.entry, Procedure) and stored.entry.applicability:
        lines += ["applies to:", indent(stored.entry.applicability)]
    lines += entry_lines(stored.entry, without=_SHOWN_FIELDS)
    for place in stored.provenance:
        where = f", {place.span.part} {place.span.start}-{place.span.end}" if place.span else ""
        lines.append(f"from {place.source}" + (f" ({place.trajectory_id}{where})" if place.trajectory_id else ""))
        if place.trajectory_id and place.span:
            trajectory = memory.get_trajectory(place.trajectory_id, namespace=namespace)
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
