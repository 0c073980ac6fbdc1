"""The pages of entries: all of a namespace, and one with its sources, wordings, links and effect."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

from midthought.api.explorer.page import Page
from midthought.api.explorer.passages import PassageMark, TextPiece, cut_text, window_at
from midthought.api.explorer.scales import Axis, utility_rows
from midthought.api.explorer.visit import Visit
from midthought.api.explorer.wordings import WordChange, changed_words
from midthought.api.operations.entries import GetEntry, GetHistory, ListEntries, ListLinks
from midthought.api.operations.trajectories import GetTrajectory
from midthought.api.operations.utility import ListUtility
from midthought.api.recall_arguments import read_choice
from midthought.memory.errors import NotFound
from midthought.memory.records.entry import (
    Entry,
    EntryKind,
    EntryVersion,
    Origin,
    Parameter,
    Provenance,
    StoredEntry,
    WorkedCheck,
)
from midthought.memory.records.link import Sightings
from midthought.memory.records.trajectory import Part, Span, Trajectory

PAGE = 50
FIELD = 6_000
"""Characters of a field on the page of an entry; a longer one has a page for itself."""
AROUND = 240
"""Characters before and after a passage that is quoted from its trajectory."""
QUOTED = 3
"""Trajectories that are quoted on the page of an entry: each is read as a whole."""


def list_entries(visit: Visit) -> Page:
    """Show the entries, page by page."""
    kind = read_choice("kind", visit.text("kind"), EntryKind) if visit.text("kind") else None
    origin = read_choice("origin", visit.text("origin") or Origin.OWN, Origin)
    found = visit.send(ListEntries(after=visit.text("after"), limit=PAGE, kind=kind, origin=origin))
    values = {"items": found.items, "next": found.next, "kind": kind, "origin": origin}
    return Page("entries.html", {**values, "kinds": list(EntryKind), "origins": list(Origin)})


def show_entry(visit: Visit) -> Page:
    """Show one entry, or with the parameter `field` a part of one long field."""
    stored = visit.send(GetEntry(entry_id=visit.part("entry_id")))
    if visit.text("field"):
        return _show_field(visit, stored)
    history = visit.send(GetHistory(entry_id=stored.id))
    return Page(
        "entry.html",
        {
            "stored": stored,
            "sightings": told_sightings(stored),
            "rows": list(entry_rows(stored.entry)),
            "limit": FIELD,
            "sources": _sources(visit, stored.provenance),
            "links": visit.send(ListLinks(entry_id=stored.id, limit=PAGE)),
            "history": list(zip(history, _changes(history), strict=True))[-PAGE:],
            "versions": len(history),
            **_effect(visit, stored.id),
        },
    )


def told_sightings(stored: StoredEntry) -> str:
    """Return in words where an entry comes from, and in how many other traces it was recognised."""
    traces = len({one.trajectory_id for one in stored.provenance if one.trajectory_id})
    begun = f"learnt from {_traces(traces)}" if traces else "not learnt from a trace that is kept here"
    other, seen = "other " if traces else "", stored.seen or Sightings()
    if not seen.traces:
        return f"{begun}, and so far recognised in no {other}trace"
    return f"{begun}, and recognised in {_traces(seen.traces, other)}, {seen.right:,} of them right"


def _traces(number: int, other: str = "") -> str:
    return f"{number:,} {other}trace{'' if number == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field of an entry that is not empty: its name and its texts; a list has several."""

    name: str
    texts: tuple[str, ...]
    is_code: bool = False

    @property
    def is_short(self) -> bool:
        """Whether it fits on a line beside its name."""
        return len(self.texts) == 1 and len(self.texts[0]) <= 60 and "\n" not in self.texts[0] and not self.is_code


def entry_rows(entry: Entry) -> Iterator[FieldRow]:
    """Yield what an entry says, field by field."""
    for one in fields(entry):
        value = getattr(entry, one.name)
        if isinstance(value, WorkedCheck):
            yield FieldRow("check", (value.example,))
            yield FieldRow("check_code", (value.code,), is_code=True)
            yield FieldRow("check_result", (value.result,))
        elif value and isinstance(value, tuple):
            yield FieldRow(one.name, tuple(_in_words(item) for item in value))
        elif value:
            yield FieldRow(one.name, (str(value),))


def _in_words(item: object) -> str:
    if isinstance(item, Parameter):
        typed = f"{item.name}: {item.typing}" if item.typing else item.name
        return f"{typed} - {item.description}" if item.description else typed
    return str(item)


def _show_field(visit: Visit, stored: StoredEntry) -> Page:
    row = next((one for one in entry_rows(stored.entry) if one.name == visit.text("field")), None)
    if row is None:
        raise NotFound(f"entry {stored.id} has no field {visit.text('field')[:40]!r}")
    text = "\n\n".join(row.texts)
    window = window_at(len(text), visit.number("at", 0))
    shown = text[window.start : window.end]
    return Page("field.html", {"stored": stored, "row": row, "window": window, "words": shown})


@dataclass(frozen=True, slots=True)
class QuotedSource:
    """Where an entry was learnt: the passage with what stands around it; no pieces if that is not quoted."""

    place: Provenance
    question: str = ""
    pieces: tuple[TextPiece, ...] = ()


def _sources(visit: Visit, places: Sequence[Provenance]) -> list[QuotedSource]:
    read: dict[str, Trajectory] = {}
    for one in places:
        if one.trajectory_id and one.trajectory_id not in read and len(read) < QUOTED:
            read[one.trajectory_id] = visit.send(GetTrajectory(trajectory_id=one.trajectory_id))[1]
    return [_source(one, read.get(one.trajectory_id or "")) for one in places[:PAGE]]


def _source(place: Provenance, trajectory: Trajectory | None) -> QuotedSource:
    if trajectory is None:
        return QuotedSource(place)
    pieces = tuple(_quote(trajectory, place.span)) if place.span else ()
    return QuotedSource(place, trajectory.question, pieces)


def _quote(trajectory: Trajectory, span: Span) -> list[TextPiece]:
    text = trajectory.thought if span.part is Part.THOUGHT else trajectory.answer
    end = min(span.end, span.start + FIELD)
    mark = PassageMark(span.start, end, "source", "learnt from here")
    return cut_text(text, [mark], start=max(0, span.start - AROUND), end=min(len(text), end + AROUND))


def _changes(history: Sequence[EntryVersion]) -> list[WordChange | None]:
    texts = ["\n".join(text for row in entry_rows(one.entry) for text in row.texts) for one in history]
    return [None, *map(changed_words, texts, texts[1:])][: len(texts)]


def _effect(visit: Visit, entry_id: str) -> dict[str, object]:
    """Return what runs say of the entry, if it is among the first thousand."""
    found = [one for one in visit.send(ListUtility(limit=1000)) if one.entry_id == entry_id]
    axis = Axis(-1.0, 1.0)
    return {"effects": found, "axis": axis, "effect_rows": utility_rows(found, axis)}
