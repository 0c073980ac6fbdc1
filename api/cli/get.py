"""``midthought get``: one entry or one trajectory."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import click

from midthought.api.cli.global_options import read_settings
from midthought.api.cli.parameters import Argument, Option
from midthought.api.cli.printing import Output, OutputOption, indent, print_json, print_text, shorten
from midthought.api.entry_text import entry_lines, whose
from midthought.api.opening import open_memory_to_read
from midthought.memory.errors import BadInput
from midthought.memory.records.entry import Procedure, StoredEntry, readable_key
from midthought.memory.records.entry_json import stored_to_dict
from midthought.memory.records.step import Step
from midthought.memory.records.trajectory import Trajectory

if TYPE_CHECKING:
    from midthought.api.python.client import Client
    from midthought.api.python.memory import Memory

_SHOWN_FIELDS = {
    "kind",
    *("subquestion", "subroutine", "applicability"),
    *("name", "description", "cues", "implementation"),
    *("situation", "suggestion"),
    *("goal", "passage"),
}
"""Fields that the first lines of an entry show: its kind, its key and its body. The others follow by their names."""


def get(
    context: click.Context,
    item_id: Annotated[str, Argument(metavar="ID", help="An id as list and recall print it.")],
    steps: Annotated[bool, Option(help="Of a trajectory, show the steps it was split into.")] = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """Show one entry with the passages it was learnt from and seen in, or one trajectory."""
    from midthought.api.operations.shapes import STEP, TRAJECTORY

    settings = read_settings(context)
    if steps and not item_id.startswith("t-"):
        raise BadInput(f"--steps is for a trajectory, whose id begins with t-, got {item_id!r}")
    with open_memory_to_read(settings) as memory:
        if item_id.startswith("t-"):
            trajectory = memory.get_trajectory(item_id, namespace=settings.namespace)
            record, text = TRAJECTORY.write((item_id, trajectory)), describe_trajectory(item_id, trajectory)
            if steps:
                split = memory.get_steps(item_id, namespace=settings.namespace)
                record, text = record | {"steps": [STEP.write(one) for one in split]}, describe_steps(trajectory, split)
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
        f"{stored.entry.kind} {stored.id} version {stored.version}, {whose(stored)}",
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
    if stored.seen and stored.seen.traces:
        lines += [stored.seen.describe(), *_describe_links(memory, stored.id, namespace)]
    return "\n".join(lines)


_MAX_LINKS = 5
"""Passages shown: an entry may be recognised in thousands."""


def _describe_links(memory: "Memory | Client", entry_id: str, namespace: str) -> Iterator[str]:
    for link in memory.links(entry_id, limit=_MAX_LINKS, namespace=namespace):
        span = link.span
        why = f", by {link.evidence}" if link.evidence else ""
        where = f"{link.trajectory_id}, {span.part} {span.start}-{span.end}"
        yield f"seen in {where}, similarity {link.similarity:.2f}{why}"
        yield indent(memory.get_trajectory(link.trajectory_id, namespace=namespace).text(span), "  > ")


def describe_steps(trajectory: Trajectory, steps: Sequence[Step]) -> str:
    """Return the steps of a trajectory for people: kind, place and goal of each, with the beginning of its passage."""
    if not steps:
        return "no steps are stored: this trajectory was stored by an earlier version, or without being split"
    lines: list[str] = []
    for number, step in enumerate(steps, start=1):
        margin, span = "  " * step.depth, step.span
        goal = f": {step.goal}" if step.goal else ""
        lines.append(f"{margin}{number} {step.kind}, {span.part} {span.start}-{span.end}{goal}")
        lines.append(indent(shorten(trajectory.text(span)), f"{margin}  > "))
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
