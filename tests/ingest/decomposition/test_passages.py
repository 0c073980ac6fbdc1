"""Passages are searched in the trace, however they are quoted."""

import pytest

from midthought.ingest.decomposition.passages import TraceSearch
from midthought.memory.records.trajectory import Part, Span, Trajectory

THOUGHT = (
    "We want the area.  The base is twelve metres long,\nand the height is half of it.\n\n"
    "So A = (1/2)·b·h, which is what a triangle has. Then the base is twelve again, so we multiply.\n"
)
TRACE = Trajectory("How large is it?", THOUGHT, "The area follows from base and height alone, as shown.")


@pytest.mark.parametrize(
    ("quote", "text"),
    [
        (
            "The base is twelve metres long, and the height is half",
            "The base is twelve metres long,\nand the height is half",
        ),
        ("the BASE is twelve metres long", "The base is twelve metres long"),
        ("A = (1/2) · b · h", "A = (1/2)·b·h"),
        (
            "The base is 12 metres long, and the height is half of it",
            "The base is twelve metres long,\nand the height is half of it",
        ),
        ("The area follows from base and height alone", "The area follows from base and height alone"),
    ],
)
def test_a_quote_is_found(quote: str, text: str) -> None:
    """With other blanks, other capitals, a changed word, or in the answer: the characters of the trace."""
    (span,) = TraceSearch(TRACE).find([quote])
    assert TRACE.text(span) == text


@pytest.mark.parametrize(
    "quote",
    ["", "the base", "We multiply the base by the square of its height and add one", "a b c d e f g", "?!, ..."],
)
def test_what_is_not_there_is_not_found(quote: str) -> None:
    """Words of the trace in another order, too few of them, or none."""
    assert TraceSearch(TRACE).find([quote]) == ()


def test_an_ellipsis_divides_and_spans_are_in_reading_order() -> None:
    """Two parts of a quote are two passages; the same passage comes once."""
    quotes = ["which is what a triangle has", "We want the area. ... which is what a triangle has"]
    spans = TraceSearch(TRACE).find(quotes)
    assert [TRACE.text(span) for span in spans] == ["We want the area.", "which is what a triangle has"]
    assert all(isinstance(span, Span) and span.part is Part.THOUGHT for span in spans)
