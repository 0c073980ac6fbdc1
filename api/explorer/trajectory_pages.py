"""The pages of trajectories: all of a namespace, and one with its steps and the passages that an entry has in it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from midthought.api.explorer.page import Page
from midthought.api.explorer.passages import PassageMark, TextPiece, TextWindow, cut_text, window_at
from midthought.api.explorer.visit import Visit
from midthought.api.operations.entries import GetEntry, ListLinks
from midthought.api.operations.trajectories import GetSteps, GetTrajectory, ListTrajectories
from midthought.memory.records.step import Step
from midthought.memory.records.trajectory import Part, Span, Trajectory

PAGE = 25
"""Trajectories of a page of the list: each is read as a whole, and may be long."""
MAX_MARKS = 200
"""Passages that are marked in one part of a text."""


def list_trajectories(visit: Visit) -> Page:
    """Show the trajectories, page by page."""
    found = visit.send(ListTrajectories(after=visit.text("after"), limit=PAGE))
    return Page("trajectories.html", {"items": found.items, "next": found.next})


@dataclass(frozen=True, slots=True)
class StepBlock:
    """What is shown of a step, or of the text between two: its pieces, and its number in the trajectory."""

    pieces: tuple[TextPiece, ...]
    step: Step | None = None
    number: int = 0


@dataclass(frozen=True, slots=True)
class ShownPart:
    """The part of a thought or of an answer that a page shows.

    Attributes:
        name: which of both; `parameter` is that of the address that says where the shown part begins.
        first: the character at which the address `#passage` leads into the text; None if no passage is shown in it.
    """

    name: Part
    parameter: str
    window: TextWindow
    blocks: tuple[StepBlock, ...]
    first: int | None


def show_trajectory(visit: Visit) -> Page:
    """Show one trajectory; with the parameter `entry`, marked where that was learnt or recognised."""
    trajectory_id, trajectory = visit.send(GetTrajectory(trajectory_id=visit.part("trajectory_id")))
    steps = visit.send(GetSteps(trajectory_id=trajectory_id))
    spans = list(_passages(visit, trajectory_id))
    parts = _anchor_once([_part(visit, trajectory, part, steps, spans) for part in Part], visit)
    shown = {"id": trajectory_id, "trajectory": trajectory, "parts": parts, "steps": steps}
    return Page("trajectory.html", {**shown, "entry_id": visit.text("entry"), "passages": spans})


Passage = tuple[Span, str, str]
"""Where it stands, its kind for the style, and the same for people."""


def _passages(visit: Visit, trajectory_id: str) -> Iterator[Passage]:
    """Yield where the entry of the address was learnt in the trajectory, and where it was recognised."""
    if not visit.text("entry"):
        return
    stored = visit.send(GetEntry(entry_id=visit.text("entry")))
    for place in stored.provenance:
        if place.trajectory_id == trajectory_id and place.span:
            yield place.span, "source", "learnt from here"
    for link in visit.send(ListLinks(entry_id=stored.id, limit=1000)):
        if link.trajectory_id == trajectory_id:
            yield link.span, "link", f"recognised here, similarity {link.similarity:.3f}"


def _part(
    visit: Visit, trajectory: Trajectory, part: Part, steps: Sequence[Step], passages: Sequence[Passage]
) -> ShownPart:
    text = trajectory.thought if part is Part.THOUGHT else trajectory.answer
    marks = tuple(PassageMark(span.start, span.end, *told) for span, *told in passages if span.part is part)
    parameter = "at" if part is Part.THOUGHT else "answer_at"
    first = min((one.start for one in marks), default=0)
    place = visit.number(parameter, first)
    window = window_at(len(text), place)
    near = [one for one in marks if one.start < window.end and one.end > window.start][:MAX_MARKS]
    numbered = [(number, one) for number, one in enumerate(steps, start=1) if one.span.part is part]
    starts = [max(one.start, window.start) for one in near]
    anchor = place if place in starts else min(starts, default=None)
    return ShownPart(part, parameter, window, tuple(_blocks(text, window, numbered, near)), anchor)


def _anchor_once(parts: Sequence[ShownPart], visit: Visit) -> list[ShownPart]:
    """Let the address of the passage lead into one part alone: that which was asked for, or the first."""
    marked = [one for one in parts if one.first is not None]
    asked = [one for one in marked if visit.text(one.parameter)]
    chosen = (asked or marked)[:1]
    return [one if one in chosen else replace(one, first=None) for one in parts]


def _blocks(
    text: str, window: TextWindow, steps: Sequence[tuple[int, Step]], marks: Sequence[PassageMark]
) -> Iterator[StepBlock]:
    """Yield what is shown, step by step; a part that was not split is one block."""
    for number, step in steps:
        start, end = max(step.span.start, window.start), min(step.span.end, window.end)
        if start < end:
            yield StepBlock(tuple(cut_text(text, marks, start=start, end=end)), step, number)
    if not steps and window.total:
        yield StepBlock(tuple(cut_text(text, marks, start=window.start, end=window.end)))
