"""From a trace to its procedures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midthought.ingest.extraction.extracted import Extraction
from midthought.ingest.extraction.extractor import EXTRACTOR, extract
from midthought.ingest.extraction.paragraphs import reading_order
from midthought.memory.records.no_yield import NoYield
from midthought.memory.records.trajectory import Outcome, Trajectory

QUESTION = "Find the largest root of $x^2 - 5x + 6 = 0$ that Ann can use."
ANSWER = """To solve the equation we use the quadratic formula:

\\[ x = \\frac{5 \\pm \\sqrt{25 - 24}}{2} \\]

The discriminant is 1, so the solutions are 3 and 2. By Vieta, the sum of the roots is minus the coefficient, 5 = 5.

\\boxed{3}"""
SOLVED = Trajectory(QUESTION, "Let me solve it.", ANSWER, "3", Outcome.CORRECT)
PIECES = st.sampled_from(
    [*ANSWER.split(), "\n\n", "\u0130", "modulo", "Case 1:", "\\(", "How do I add a number?", "\x00"]
)
TEXTS = st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=80).map(" ".join))


def names(extraction: Extraction) -> list[str]:
    return [p.entry.tags[0] for p in extraction.entries]


def test_techniques_of_a_solution_are_found() -> None:
    """The quadratic formula and Vieta's relations are recognised where they are used, in reading order."""
    assert names(extract(SOLVED)) == ["quadratic-formula", "vieta"]


def test_spans_point_at_the_passage() -> None:
    """A span's text is the passage that shows the technique."""
    extracted = extract(SOLVED).entries[0]
    passage = SOLVED.text(extracted.spans[0])
    assert passage.startswith("To solve the equation")
    assert "\\pm" in passage


def test_wrong_and_unfinished_traces_yield_nothing() -> None:
    """Only finished right traces teach, unless wrong ones are asked for."""
    wrong = Trajectory(QUESTION, "", ANSWER, "3", Outcome.WRONG)
    unfinished = Trajectory(QUESTION, "", ANSWER, "3", Outcome.CORRECT, finished=False)
    assert extract(wrong) == Extraction((), (), NoYield.WRONG)
    assert extract(unfinished) == Extraction((), (), NoYield.UNFINISHED)
    assert names(extract(wrong, include_wrong=True)) == names(extract(SOLVED))


def test_leaking_draft_is_refused_with_its_reason() -> None:
    """A general answer that says a name of the question is refused, and the reason is told."""
    thought = (
        "How do I add long lists of prices safely? I write them below each other, penny below penny, and add every"
        " column from the right, carrying what exceeds a digit into the next column to the left of it."
    )
    plain = Trajectory("Add the prices.", thought, "", "3", Outcome.CORRECT)
    named = Trajectory("Let Penny add the prices.", thought, "", "3", Outcome.CORRECT)
    assert [r.reason for r in extract(plain).refused] == []
    assert [r.reason for r in extract(named).refused] == ["holds a name of the question"]


def test_outline_of_the_solution_is_told() -> None:
    """Headings that say in plain words what was done follow the method of the technique they belong to."""
    headed = (
        "**Identifying the leading coefficient**\n\nIt is 1.\n\n**Dividing by the leading coefficient:**\n\nAll stay."
        "\n\n**Finding the product of the roots**\n\nBy Vieta, the product of the roots is the coefficient, 6 = 6."
    )
    told = extract(Trajectory(QUESTION, "", headed, "3", Outcome.CORRECT)).entries
    outline = "identify the leading coefficient; divide by the leading coefficient; find the product of the roots."
    assert [p.entry.tags[0] for p in told if p.entry.subroutine.endswith(outline)] == ["vieta"]


def test_self_question_becomes_a_procedure() -> None:
    """A question the trace asks itself and answers in general words is kept in its own words."""
    thought = (
        "How do I count arrangements with repeated letters? I take the factorial of the number of letters and divide"
        " by the factorial of each repetition, because swapping equal letters changes nothing. 3!/2! = 3."
    )
    extracted = extract(Trajectory("Arrange EER.", thought, "", "3", Outcome.CORRECT)).entries
    own = next(p for p in extracted if "self-ask" in p.entry.tags)
    assert own.entry.subquestion == "How do I count arrangements with repeated letters?"
    assert own.entry.subroutine.endswith("swapping equal letters changes nothing.")


def test_extractor_is_named() -> None:
    """Every procedure says which extractor made it."""
    assert {p.entry.extractor for p in extract(SOLVED).entries} == {EXTRACTOR}


@pytest.mark.slow
@given(TEXTS, TEXTS, TEXTS)
def test_any_text_is_survived(question: str, thought: str, answer: str) -> None:
    """Extraction never raises, is deterministic, and its spans lie inside the texts."""
    trajectory = Trajectory(question, thought, answer, "3", Outcome.CORRECT)
    extraction = extract(trajectory)
    assert extraction == extract(trajectory)
    assert (extraction.reason is None) == bool(extraction.entries)
    for extracted in extraction.entries:
        assert extracted.spans
        assert list(extracted.spans) == sorted(extracted.spans, key=reading_order)
        assert all(trajectory.text(s) and s.end - s.start == len(trajectory.text(s)) for s in extracted.spans)
