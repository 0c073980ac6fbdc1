"""A trace that teaches nothing has exactly one reason, of a closed list that the documentation describes."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from midthought.ingest.extraction.extractor import extract
from midthought.memory.records.no_yield import NoYield
from midthought.memory.records.trajectory import Outcome, Trajectory

REPLY = (
    "I lay them out side by side on the table in a column, look at each of them once from the left to the right, and"
    " put those that are alike onto the same heap."
)
PLAIN = " The sun was out and the birds were singing in the old tree by the river all morning long, as ever." * 2
EXAMPLES = [
    (Trajectory("q", PLAIN, finished=False, outcome=Outcome.CORRECT), NoYield.UNFINISHED, ""),
    (Trajectory("q", PLAIN, finished=False), NoYield.UNFINISHED, ""),
    (Trajectory("q", PLAIN, outcome=Outcome.WRONG), NoYield.WRONG, ""),
    (Trajectory("q", PLAIN), NoYield.UNJUDGED, ""),
    (Trajectory("q", "So it is two.", outcome=Outcome.CORRECT), NoYield.TOO_SHORT, "words: 4"),
    (Trajectory("q", PLAIN, outcome=Outcome.CORRECT), NoYield.NOTHING_GENERAL, ""),
    (
        Trajectory("q", "Perhaps the quadratic formula helps." + PLAIN, outcome=Outcome.CORRECT),
        NoYield.NOTHING_GENERAL,
        "techniques named but not carried out: 1",
    ),
    (
        Trajectory("q", f"How can I split 15? {REPLY} How do I add a list? 3 + 4 = 7.", outcome=Outcome.CORRECT),
        NoYield.PARTICULAR,
        "no reply in general words follows: 1; the question names particulars: 1",
    ),
    (
        Trajectory("q", "How do I add a list of prices? I add them one by one.", outcome=Outcome.CORRECT),
        NoYield.PARTICULAR,
        "the general reply is too short: 1",
    ),
    (
        Trajectory("q", f"How do I add all of the other prices then? {REPLY}", outcome=Outcome.CORRECT),
        NoYield.PARTICULAR,
        "the question leans on what went before: 1",
    ),
    (
        Trajectory("Let Column add.", f"How do I sort long lists of prices? {REPLY}", outcome=Outcome.CORRECT),
        NoYield.REFUSED,
        "holds a name of the question: 1",
    ),
]
OF_EXTRACTION = set(NoYield) - {NoYield.KNOWN, NoYield.UNREADABLE, NoYield.UNRECORDED}
PIECES = st.sampled_from([REPLY, "How do I add a list?", "How can I split 15?", "by vieta, x = 3", "\n\n", PLAIN, "so"])


@pytest.mark.parametrize(("trajectory", "reason", "detail"), EXAMPLES)
def test_each_reason_is_told_for_what_it_means(trajectory: Trajectory, reason: NoYield, detail: str) -> None:
    """The reason and the counts behind it are those of the trace."""
    extraction = extract(trajectory)
    assert (extraction.entries, extraction.reason, extraction.detail) == ((), reason, detail)


def test_every_reason_has_an_example() -> None:
    """None of the list can never be told."""
    assert {reason for _, reason, _ in EXAMPLES} == OF_EXTRACTION


@pytest.mark.slow
@settings(max_examples=50)
@given(st.lists(PIECES).map(" ".join), st.sampled_from(Outcome), st.booleans())
def test_a_trace_teaches_or_has_one_reason(thought: str, outcome: Outcome, finished: bool) -> None:
    """There are procedures, or a reason of the list; what was drafted and refused has that reason exactly."""
    extraction = extract(Trajectory("q", thought, outcome=outcome, finished=finished))
    assert (extraction.reason in OF_EXTRACTION) == (not extraction.entries)
    if not extraction.entries:
        assert (extraction.reason is NoYield.REFUSED) == bool(extraction.refused)


def test_the_documentation_has_the_list(root: Path) -> None:
    """docs/extraction.md has a row for each reason, in this order, with its meaning and what to do."""
    text = (root / "docs" / "extraction.md").read_text().partition("## When a trace teaches nothing")[2]
    rows = [line for line in text.splitlines() if line.startswith("| **")]
    assert rows == [f"| **{one}** | {one.meaning} | {one.advice} |" for one in NoYield]
