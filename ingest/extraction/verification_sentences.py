"""The check that a trace made of its work, in general words."""

import re

from midthought.ingest.extraction.paragraphs import Page
from midthought.memory.records.trajectory import Span

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
            r"(?:test|check|try|verify)\w* (?:\w+ ){0,3}(?:small|smaller|simple) (?:case|value|number|example)",
            "To check, I try the rule on a small example that can be worked out by hand.",
        ),
        (
            r"(?:seems|sounds|is) (?:reasonable|plausible)|makes sense because",
            "To check, I ask whether the size and sign of the result are plausible.",
        ),
    )
)


def find_verification_sentence(page: Page, span: Span) -> str:
    """Return the sentence for the first check made in or soon after a passage, or an empty text."""
    end = min(span.end + REACH, len(page.lower))
    hits = [
        (m.start(), sentence) for pattern, sentence in _CHECKS if (m := pattern.search(page.lower, span.start, end))
    ]
    return min(hits)[1] if hits else ""
