"""Finding which techniques a trace carries out, and where."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from midthought.ingest.extraction.paragraphs import Page
from midthought.ingest.extraction.techniques.technique import Technique
from midthought.memory.trajectory import Span

WINDOW = 3  # paragraphs after the cue in which the work must show
HITS = 6  # mentions of one cue that are looked at
_DOUBT = re.compile(
    r"not sure|complicated|messy|doesn't (?:help|seem|apply)|does not (?:help|apply)|might not|may not|isn't (?:help|need)"
    r"|not necessary|don't need|no need|can't use|cannot use|not applicable|not helpful|unlikely|too (?:hard|long)|tedious"
)


@dataclass(frozen=True, slots=True)
class Found:
    """A technique carried out in a trace: where, in reading order, and how often it is named."""

    technique: Technique
    spans: tuple[Span, ...]
    mentions: int


def find_techniques(pages: tuple[Page, ...], techniques: tuple[Technique, ...]) -> tuple[Found, ...]:
    """Return the techniques that the pages carry out, in the order in which each is first carried out."""
    found = [f for technique in techniques if (f := find_technique(pages, technique)) is not None]
    return tuple(sorted(found, key=lambda f: f.spans[0]))


def find_technique(pages: tuple[Page, ...], technique: Technique) -> Found | None:
    """Return where a technique is carried out: its first passage on each page."""
    spans: list[Span] = []
    mentions = 0
    for page in pages:
        hits = list(_find_cues(page, technique))
        mentions += len(hits)
        passage = next((p for at in hits if (p := _find_passage(page, at, technique)) is not None), None)
        spans += [passage] if passage is not None else []
    return Found(technique, tuple(spans), mentions) if spans else None


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
    """Return the paragraphs from a cue up to the work that follows it, or nothing where there is none."""
    first = bisect_right(page.starts, at) - 1
    if _DOUBT.search(page.lower, page.starts[first], page.ends[first]):
        return None
    for last in range(first, min(first + WINDOW, len(page.starts) - 1) + 1):
        span = page.bounds(first, last)
        if technique.is_carried_out(page.lower[span.start : span.end]):
            return span
    return None
