"""What one trace adds to a technique: the step that followed, and the check that was made."""

import re
from bisect import bisect_left

from midthought.ingest.extraction.evidence import Found
from midthought.ingest.extraction.paragraphs import Page
from midthought.memory.trajectory import Span

REACH = 1200  # characters after a passage in which its check is looked for

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
            r"(?:same (?:result|answer|value)|matches (?:what|the|my|our)|consistent with (?:my|our|the) (?:earlier|previous))",
            "To check, I reach the same quantity by another route and compare.",
        ),
        (
            r"(?:test|check|try|verify)\w* (?:\w+ ){0,3}(?:small|smaller|simple|specific) (?:case|value|number|example)",
            "To check, I try the rule on a small example that can be worked out by hand.",
        ),
        (
            r"(?:seems|sounds|is) (?:reasonable|plausible)|makes sense because",
            "To check, I ask whether the size and sign of the result are plausible.",
        ),
    )
)


def find_check(page: Page, span: Span) -> str:
    """Return the sentence for the first check made in or soon after a passage, or an empty text."""
    end = min(span.end + REACH, len(page.lower))
    hits = [(m.start(), sentence) for pattern, sentence in _CHECKS if (m := pattern.search(page.lower, span.start, end))]
    return min(hits)[1] if hits else ""


def find_next(found: Found, ordered: tuple[Found, ...]) -> str:
    """Return a sentence about the step that came next in the same text, or an empty text."""
    span = found.spans[-1]
    later = [(f.spans[-1], f) for f in ordered if f.spans[-1].part is span.part and f.technique.rank > 1]
    later.sort(key=lambda pair: pair[0])
    at = bisect_left([s.start for s, _ in later], span.end)
    if at == len(later):
        return ""
    return f"In the solution this comes from, a later step was to {later[at][1].technique.step}."
