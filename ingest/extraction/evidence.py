"""Finding which techniques a trace carries out, and where."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from midthought.ingest.extraction.paragraphs import Page, reading_order
from midthought.ingest.extraction.techniques import Technique
from midthought.memory.records.trajectory import Part, Span

WINDOW = 3  # paragraphs after the cue in which the work must show
HITS = 8  # mentions of one cue that are looked at
RESTATED = 2  # opening paragraphs of a thought, which restate the problem
_DOUBT = re.compile(
    r"not sure|complicated|messy|doesn't (?:help|seem|apply)|does not (?:help|apply)|n't need|can't use|cannot use"
    r"|unlikely|not (?:necessary|applicable|helpful|relevant|needed)|no need|too (?:hard|long)|tedious"
    r"|maybe|perhaps|\bcould\b|might|or something|wonder|not familiar|if i (?:can|could)|i'm thinking"
    r"|another (?:idea|thought)|would be|can also|\bor (?:by|use|using)\b|similar to how|some kind of"
)
_SENTENCE_END = re.compile(r"[.?!:](?=\s)|\n")


@dataclass(frozen=True, slots=True)
class TechniqueMatch:
    """A technique carried out in a trace: where, in reading order, and how often it is named."""

    technique: Technique
    spans: tuple[Span, ...]
    mentions: int


def find_techniques(pages: tuple[Page, ...], techniques: tuple[Technique, ...]) -> tuple[TechniqueMatch, ...]:
    """Return the techniques that the pages carry out, in the order in which each is first carried out."""
    found = [f for technique in techniques if (f := find_technique(pages, technique)) is not None]
    return tuple(sorted(found, key=lambda f: reading_order(f.spans[0])))


def find_technique(pages: tuple[Page, ...], technique: Technique) -> TechniqueMatch | None:
    """Return where a technique is carried out: its first passage on each page."""
    spans: list[Span] = []
    mentions = 0
    for page in pages:
        hits = sorted(set(_find_cues(page, technique)))
        mentions += len(hits)
        passage = next((p for at in hits if (p := _find_passage(page, at, technique)) is not None), None)
        spans += [passage] if passage is not None else []
    return TechniqueMatch(technique, tuple(spans), mentions) if spans else None


def is_named(pages: tuple[Page, ...], technique: Technique) -> bool:
    """Whether a cue of a technique occurs anywhere, with or without the work after it."""
    return any(cue in page.lower for page in pages for cue in technique.cues)


def _find_cues(page: Page, technique: Technique) -> Iterator[int]:
    """Yield where the cues stand, the first few of each."""
    for cue in technique.cues:
        at = page.lower.find(cue)
        for _ in range(HITS):
            if at < 0:
                break
            yield at
            at = page.lower.find(cue, at + len(cue))


def _find_passage(page: Page, at: int, technique: Technique) -> Span | None:
    """Return the paragraphs from a cue up to the work that follows it, or nothing if there is none."""
    first = bisect_right(page.starts, at) - 1
    if _is_restatement(page, first) or _is_doubted(page, at, page.starts[first], page.ends[first]):
        return None
    for last in range(first, min(first + WINDOW, len(page.starts) - 1) + 1):
        span = page.bounds(first, last)
        if technique.is_carried_out(page.lower[span.start : span.end]):
            return span
    return None


def _is_restatement(page: Page, paragraph: int) -> bool:
    """Whether a paragraph belongs to the opening of a long thought."""
    return page.part is Part.THOUGHT and paragraph < RESTATED and len(page.starts) > 4 * RESTATED


def _is_doubted(page: Page, at: int, start: int, end: int) -> bool:
    """Whether the sentence around a cue, or the one after it, takes the idea back."""
    opened = max((m.end() for m in _SENTENCE_END.finditer(page.lower, start, at)), default=start)
    closed = _SENTENCE_END.search(page.lower, at, end)
    return _DOUBT.search(page.lower, opened, closed.end() if closed else end) is not None
