"""What one trace adds to a technique: what it stated in general, the step that followed, the check it made."""

import re

from midthought.ingest.extraction.evidence import Found
from midthought.ingest.extraction.paragraphs import Page
from midthought.ingest.extraction.statements import find_statement
from midthought.ingest.extraction.techniques.technique import Technique
from midthought.memory.trajectory import Part, Span

REACH = 1200  # characters after a passage in which its check and its next step are looked for
TOOLS = frozenset({"algebra", "arithmetic", "measurement"})  # fields whose techniques serve all the others

_CHECKS = tuple(
    (re.compile(pattern), sentence)
    for pattern, sentence in (
        (
            r"(?:plug|substitut)\w* (?:\w+ ){0,3}back into the original|satisf(?:y|ies) (?:both|all|the original)",
            "To check, I insert the result into the original conditions and see that all of them hold.",
        ),
        (
            r"(?:let me|let's|i'll|i will|to) (?:double[- ]check|verify|check)[^.\n]{0,60}\bunits?\b",
            "To check, I follow the units through the calculation.",
        ),
        (
            r"(?:add|adds|adding) up to (?:1\b|one\b|the total)|sum (?:is|to) 1\b",
            "To check, I add up all the parts and compare with the whole.",
        ),
        (
            r"same (?:result|answer|value)|matches (?:what|the|my|our)|consistent with (?:my|our|the) (?:earlier|prev)",
            "To check, I reach the same quantity by another route and compare.",
        ),
        (
            r"(?:test|check|try|verify)\w* (?:\w+ ){0,3}(?:small|smaller|simple) (?:case|value|number|example)",
            "To check, I try the rule on a small example that can be worked out by hand.",
        ),
        (
            r"(?:seems|sounds|is) (?:reasonable|plausible)|makes sense because",
            "To check, I ask whether the size and sign of the result are plausible.",
        ),
    )
)


def write_notes(found: Found, ordered: tuple[Found, ...], pages: tuple[Page, Page], question: str) -> tuple[str, ...]:
    """Return what a trace adds to a technique: a general statement it made, the step after it, and a check."""
    span = found.spans[-1]
    page = pages[span.part is Part.ANSWER]
    passages = (pages[s.part is Part.ANSWER].original[s.start : s.end] for s in found.spans)
    stated = next((s for passage in passages if (s := find_statement(passage, question))), "")
    said = f"As this solution stated it: {stated[0].lower()}{stated[1:]}" if stated else ""
    return tuple(note for note in (said, find_next(found, ordered), find_check(page, span)) if note)


def find_check(page: Page, span: Span) -> str:
    """Return the sentence for the first check made in or soon after a passage, or an empty text."""
    end = min(span.end + REACH, len(page.lower))
    hits = [
        (m.start(), sentence) for pattern, sentence in _CHECKS if (m := pattern.search(page.lower, span.start, end))
    ]
    return min(hits)[1] if hits else ""


def find_next(found: Found, ordered: tuple[Found, ...]) -> str:
    """Return a sentence about the step that followed soon after in the written-out solution, or an empty text."""
    span = found.spans[-1]
    if span.part is not Part.ANSWER:
        return ""
    later = [f for f in ordered if is_after(span, f.spans[-1]) and fit_together(found.technique, f.technique)]
    if not later:
        return ""
    step = min(later, key=lambda f: f.spans[-1]).technique.step
    return f"In the solution this comes from, the step after that was to {step}."


def is_after(span: Span, other: Span) -> bool:
    """Say whether a passage follows another one closely in the same text."""
    return other.part is span.part and span.end <= other.start <= span.end + REACH


def fit_together(technique: Technique, other: Technique) -> bool:
    """Say whether techniques belong to one line of work: the same field, or a tool that every field uses."""
    return other.rank > 1 and (other.domain == technique.domain or other.domain in TOOLS)
