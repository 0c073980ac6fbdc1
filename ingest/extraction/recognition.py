"""Recognising known procedures and concepts in the steps of a trace: links to entries, never new entries.

A passage is linked with an entry if a cue of the entry stands in it, the evidence that it was carried out stands near,
the work ends in it with a result that the trace does not take back, and the entry is one of the nearest in meaning to
the passage or its goal: a word that two tasks share is not enough.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from midthought.ingest.extraction.carried_out import AFTER, BEFORE, find_passage
from midthought.ingest.extraction.cues import CueIndex, CueRow, index_cues, shipped_cues
from midthought.ingest.extraction.work_run import end_of_run
from midthought.ingest.ingestion import Ingestion
from midthought.ingest.steps.phrases import plain
from midthought.memory.records.entry import Concept, Entry, EntryKind, Procedure
from midthought.memory.records.filter import Filter
from midthought.memory.records.link import RecognisedLink
from midthought.memory.records.step import Step, StepKind
from midthought.memory.records.trajectory import Part, Span, Trajectory
from midthought.memory.store_searcher import SearchScope

RECOGNISER = "links-2"
MIN_SIMILARITY = 0.3
"""Minimum cosine of a passage and the nearest key of the entry."""
NEAREST = 10
"""An entry must be among so many procedures and concepts that are nearest to a passage or its goal. Rows
whose words belonged to another task stood at 38 to 700 of about 900; a smaller number costs right links."""
MAX_LINKS = 6
"""Links of one trace, the nearest in meaning."""
_UNUSED = frozenset({StepKind.RESTATEMENT, StepKind.PLAN, StepKind.TALK})
"""Steps that carry nothing out."""

_METHODS = Filter(kinds=frozenset({EntryKind.PROCEDURE, EntryKind.CONCEPT}))

Attempt = tuple[Trajectory, Sequence[Step]]


@dataclass(frozen=True, slots=True)
class Shown:
    """A cue with its evidence in a trace.

    Attributes:
        row: the cue's.
        trajectory: the trace.
        span: the step in which it stands, with what follows if the evidence stands there.
        cue: as the trace writes it.
        around: the text around it.
        passage: the text of the span.
        goal: of the step in which the cue stands.
    """

    row: CueRow
    trajectory: Trajectory
    span: Span
    cue: str
    around: str
    passage: str
    goal: str

    @property
    def tasks(self) -> tuple[str, ...]:
        """What says which task it is; the question does not, which has many parts."""
        return tuple(text for text in (self.passage, self.goal) if text)


def find_links(ingestion: Ingestion, attempts: Sequence[Attempt], rows: Sequence[CueRow]) -> list[RecognisedLink]:
    """Return the links of some traces, at most one per trace and entry; `rows` are cues beside those that ship."""
    cues = _index((*shipped_cues(), *rows))
    shown = [one for trajectory, steps in attempts for one in find_shown(trajectory, steps, cues)]
    known = _Known(ingestion, {one.row.entry for one in shown})
    shown = [one for one in shown if one.row.entry in known.entries]
    around = ingestion.encode([one.around for one in shown])
    links: dict[str, list[RecognisedLink]] = {}
    for one, vector, vectors in zip(shown, around, _encode_tasks(ingestion, shown), strict=True):
        entry_id, similarity = known.compare(one.row.entry, vector)
        if similarity >= MIN_SIMILARITY and known.is_near(one.row.entry, vectors):
            link = RecognisedLink(entry_id, one.trajectory.id, one.span, similarity, one.cue, RECOGNISER)
            links.setdefault(one.trajectory.id, []).append(link)
    return [link for found in links.values() for link in sorted(found, key=_nearest_first)[:MAX_LINKS]]


def _encode_tasks(ingestion: Ingestion, shown: Sequence[Shown]) -> list[list[NDArray[np.float32]]]:
    rows = iter(ingestion.encode([text for one in shown for text in one.tasks]))
    return [list(islice(rows, len(one.tasks))) for one in shown]


def compared_texts(trajectory: Trajectory, steps: Sequence[Step], rows: Sequence[CueRow]) -> list[str]:
    """Return the texts of a trace that `find_links` compares with entries."""
    shown = find_shown(trajectory, steps, _index((*shipped_cues(), *rows)))
    return [text for one in shown for text in (one.around, *one.tasks)]


def find_shown(trajectory: Trajectory, steps: Sequence[Step], cues: CueIndex) -> Iterator[Shown]:
    """Yield, for each row of cues, the first place where it is shown that its entry was carried out."""
    seen: set[str] = set()
    texts = {part: plain(trajectory.text(Span(part, 0, sys.maxsize))) for part in Part}
    for number, step in enumerate(steps):
        if step.kind in _UNUSED:
            continue
        text, run = texts[step.span.part], end_of_run(steps, number)
        for row, start, end in cues.find(text[step.span.start : step.span.end]):
            cue = (step.span.start + start, step.span.start + end)
            if row.entry in seen:
                continue
            place = find_passage(text, row.evidence, first=step.span.start, cue=cue, run=run)
            if place is not None:
                seen.add(row.entry)
                yield _show(trajectory, row, Span(step.span.part, *place), cue, goal=step.goal)


def _show(trajectory: Trajectory, row: CueRow, span: Span, cue: tuple[int, int], *, goal: str) -> Shown:
    start, end = cue
    spans = (replace(span, start=start, end=end), replace(span, start=max(0, start - BEFORE), end=end + AFTER), span)
    words, around, passage = (trajectory.text(one) for one in spans)
    return Shown(row, trajectory, span, words, around, passage, goal)


@cache
def _index(rows: tuple[CueRow, ...]) -> CueIndex:
    return index_cues(rows)


def _nearest_first(link: RecognisedLink) -> tuple[float, Span]:
    return -link.similarity, link.span


class _Known:
    """The entries that a namespace sees, of those that cues name."""

    def __init__(self, ingestion: Ingestion, names: set[str]) -> None:
        self._searcher, self._identity = ingestion.store.searcher, ingestion.encoder.identity
        scopes = self._searcher.scopes(ingestion.namespace, _METHODS)
        self.entries: Mapping[str, tuple[SearchScope, int, str]] = {
            name: place for name in names if (place := self._find(scopes, name)) is not None
        }

    def _find(self, scopes: Sequence[SearchScope], name: str) -> tuple[SearchScope, int, str] | None:
        """Return (scope, number, id) of the entry with this subquestion or name; the namespace's own comes first."""
        for scope in scopes:
            hits = self._searcher.search_words(scope.namespace, name, 5, within=scope.within)
            stored = self._searcher.entries_by_seq(scope.namespace, [seq for seq, _ in hits])
            for seq, one in stored.items():
                if _name(one.entry) == name:
                    return scope, seq, one.id
        return None

    def is_near(self, name: str, vectors: Sequence[NDArray[np.float32]]) -> bool:
        """Whether an entry is one of the `NEAREST` to one of the vectors, of the methods of its scope."""
        scope, seq, _ = self.entries[name]
        return any(
            seq == found
            for vector in vectors
            for found, _ in self._searcher.search_vectors(scope.namespace, vector, NEAREST, within=scope.within)
        )

    def compare(self, name: str, vector: NDArray[np.float32]) -> tuple[str, float]:
        """Return the id of an entry, and the cosine of its nearest key."""
        scope, seq, entry_id = self.entries[name]
        near = self._searcher.key_similarities(scope.namespace, vector, [seq])
        return entry_id, max(near.get(seq, {}).values(), default=0.0)


def _name(entry: Entry) -> str:
    match entry:
        case Procedure():
            return entry.subquestion
        case Concept():
            return entry.name
        case _:
            return ""
