"""Recognising known procedures and concepts in the steps of a trace: links to entries, never new entries.

A passage is linked with an entry if a cue of the entry stands in it, the evidence that it was carried out stands near,
the trace does not take the idea back there, and the passage is near to the entry in meaning.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from midthought.ingest.extraction.carried_out import AFTER, BEFORE, find_passage
from midthought.ingest.extraction.cues import CueIndex, CueRow, index_cues, shipped_cues
from midthought.ingest.ingestion import Ingestion
from midthought.ingest.steps.phrases import plain
from midthought.memory.records.entry import Concept, Entry, Procedure
from midthought.memory.records.link import RecognisedLink
from midthought.memory.records.step import Step, StepKind
from midthought.memory.records.trajectory import Part, Span, Trajectory
from midthought.memory.store_searcher import SearchScope

RECOGNISER = "links-2"
MIN_SIMILARITY = 0.3
"""Minimum cosine of a passage and the nearest key of the entry."""
MAX_LINKS = 6
"""Links of one trace, the nearest in meaning."""
_UNUSED = frozenset({StepKind.RESTATEMENT, StepKind.PLAN, StepKind.TALK})
"""Steps that carry nothing out."""

Attempt = tuple[Trajectory, Sequence[Step]]


@dataclass(frozen=True, slots=True)
class Shown:
    """A cue with its evidence in a trace.

    Attributes:
        row: the cue's.
        trajectory: the trace.
        span: the step in which it stands, with what follows if the evidence stands there.
        cue: as the trace writes it.
        passage: the text around it.
    """

    row: CueRow
    trajectory: Trajectory
    span: Span
    cue: str
    passage: str


def find_links(ingestion: Ingestion, attempts: Sequence[Attempt], rows: Sequence[CueRow]) -> list[RecognisedLink]:
    """Return the links of some traces, at most one per trace and entry; `rows` are cues beside those that ship."""
    cues = _index((*shipped_cues(), *rows))
    shown = [one for trajectory, steps in attempts for one in find_shown(trajectory, steps, cues)]
    known = _Known(ingestion, {one.row.entry for one in shown})
    shown = [one for one in shown if one.row.entry in known.entries]
    vectors = ingestion.encode([one.passage for one in shown])
    links: dict[str, list[RecognisedLink]] = {}
    for one, vector in zip(shown, vectors, strict=True):
        entry_id, similarity = known.compare(one.row.entry, vector)
        if similarity >= MIN_SIMILARITY:
            link = RecognisedLink(entry_id, one.trajectory.id, one.span, similarity, one.cue, RECOGNISER)
            links.setdefault(one.trajectory.id, []).append(link)
    return [link for found in links.values() for link in sorted(found, key=_nearest_first)[:MAX_LINKS]]


def find_shown(trajectory: Trajectory, steps: Sequence[Step], cues: CueIndex) -> Iterator[Shown]:
    """Yield, for each row of cues, the first place where it is shown that its entry was carried out."""
    seen: set[str] = set()
    texts = {part: plain(trajectory.text(Span(part, 0, sys.maxsize))) for part in Part}
    for step in steps:
        if step.kind in _UNUSED:
            continue
        text = texts[step.span.part]
        for row, start, end in cues.find(text[step.span.start : step.span.end]):
            cue = (step.span.start + start, step.span.start + end)
            if row.entry in seen:
                continue
            place = find_passage(text, row.evidence, first=step.span.start, cue=cue)
            if place is not None:
                seen.add(row.entry)
                yield _show(trajectory, row, Span(step.span.part, *place), cue)


def _show(trajectory: Trajectory, row: CueRow, span: Span, cue: tuple[int, int]) -> Shown:
    start, end = cue
    around = replace(span, start=max(0, start - BEFORE), end=end + AFTER)
    return Shown(row, trajectory, span, trajectory.text(replace(span, start=start, end=end)), trajectory.text(around))


@cache
def _index(rows: tuple[CueRow, ...]) -> CueIndex:
    return index_cues(rows)


def _nearest_first(link: RecognisedLink) -> tuple[float, Span]:
    return -link.similarity, link.span


class _Known:
    """The entries that a namespace sees, of those that cues name."""

    def __init__(self, ingestion: Ingestion, names: set[str]) -> None:
        self._searcher, self._identity = ingestion.store.searcher, ingestion.encoder.identity
        scopes = self._searcher.scopes(ingestion.namespace)
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
