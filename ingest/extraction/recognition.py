"""Recognising known procedures and concepts in the steps of a trace: links to entries, never new entries.

A passage is linked with an entry if a cue of the entry stands in it, the evidence that it was carried out stands near,
the trace does not take the idea back there, and the passage is near to the entry in meaning.
"""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from midthought.ingest.extraction.cues import CueIndex, CueRow, index_cues, shipped_cues
from midthought.ingest.ingestion import Ingestion
from midthought.ingest.lexicon import load_lexicon
from midthought.memory.records.entry import Concept, Entry, Procedure
from midthought.memory.records.link import RecognisedLink
from midthought.memory.records.step import Step, StepKind
from midthought.memory.records.trajectory import Part, Span, Trajectory
from midthought.memory.store_searcher import SearchScope

RECOGNISER = "links-1"
MIN_SIMILARITY = 0.3
"""Minimum cosine of a passage and the nearest key of the entry."""
MAX_LINKS = 6
"""Links of one trace, the nearest in meaning."""
_BEFORE, _AFTER = 300, 700
"""Characters around a cue in which the evidence must stand, in its step or beside: a formula and the numbers put into
it are often two steps. Beyond the step, 143 right answers to science questions gave 52 links, and 34 within it."""
_UNUSED = frozenset({StepKind.RESTATEMENT, StepKind.PLAN, StepKind.TALK})
"""Steps that carry nothing out."""
_ASKS = re.compile(
    r"\b(?:i need to find|(?:this|the) (?:problem|question)|(?:supposed|asked) to|look(?:ing)? (?:it|that|this) up)\b"
)
"""A sentence that repeats the question names a method without using it: *I need to find its Laplace transform*."""
_SENTENCE_END = re.compile(r"[.?!:](?=\s)|\n")

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
    texts = {part: _lower(trajectory.text(Span(part, 0, sys.maxsize))) for part in Part}
    for step in steps:
        if step.kind in _UNUSED:
            continue
        span, text = step.span, texts[step.span.part]
        for row, start, end in cues.find(text[span.start : span.end]):
            start, end = span.start + start, span.start + end
            if row.entry not in seen and _is_shown(text, row, start, end):
                seen.add(row.entry)
                cue, around = (replace(span, start=a, end=b) for a, b in ((start, end), _around(start, end)))
                whole = _with_evidence(text, row, span, around)
                yield Shown(row, trajectory, whole, trajectory.text(cue), trajectory.text(around))


def _lower(text: str) -> str:
    lower = text.lower()
    return lower if len(lower) == len(text) else text  # some letters have two in lower case: offsets would shift


def _around(start: int, end: int) -> tuple[int, int]:
    return max(0, start - _BEFORE), end + _AFTER


def _is_shown(text: str, row: CueRow, start: int, end: int) -> bool:
    near = text[slice(*_around(start, end))]
    return all(pattern.search(near) for pattern in row.evidence) and not _is_doubted(text, start, end)


def _with_evidence(text: str, row: CueRow, span: Span, around: Span) -> Span:
    """Return the span of a step or, if its own text does not hold the evidence, with what follows up to there."""
    own = text[max(span.start, around.start) : min(span.end, around.end)]
    if all(pattern.search(own) for pattern in row.evidence):
        return span
    return replace(span, end=max(span.end, min(_end_of_sentence(text, around.end), len(text))))


def _is_doubted(text: str, start: int, end: int) -> bool:
    """Whether the sentence of a cue asks for something, or it or one of the two after it takes the idea back."""
    opened = max((match.end() for match in _SENTENCE_END.finditer(text, max(0, start - 500), start)), default=0)
    closed = _end_of_sentence(text, end)
    if _ASKS.search(text, opened, closed):
        return True
    # The doubt often comes after the formula that follows the cue.
    return _doubts().search(text, opened, _end_of_sentence(text, _end_of_sentence(text, closed))) is not None


def _end_of_sentence(text: str, start: int) -> int:
    match = _SENTENCE_END.search(text, start)
    return match.end() if match else min(len(text), start + 300)


@cache
def _doubts() -> re.Pattern[str]:
    phrases = sorted(load_lexicon().doubts, key=len, reverse=True)
    return re.compile("|".join(rf"(?<![^\W_]){re.escape(phrase)}(?![^\W_])" for phrase in phrases))


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
