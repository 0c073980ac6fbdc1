"""Putting a trajectory together from what a format's reader found.

A trajectory needs a thought, or an answer that shows how its result was reached: a record with neither teaches nothing,
and is more often a mistake (a misspelt field, a lost thought) than meant. So a format that promises a thought refuses
an empty one, and a format of solutions refuses a bare result.
"""

from collections.abc import Mapping

from midthought.ingest.formats.fields import Fields
from midthought.ingest.formats.labels import Labels
from midthought.ingest.formats.markers import MarkedText
from midthought.memory.records.trajectory import Trajectory

MAX_RESULT_WORDS = 4
MAX_RESULT_CHARACTERS = 40
"""An answer of at most so many words and characters is a bare result: "x = \\frac{3}{4}", "The answer is 42."."""


def is_bare_result(answer: str) -> bool:
    """Return whether an answer states a result without the way to it."""
    text = answer.strip()
    return len(text) <= MAX_RESULT_CHARACTERS and len(text.split()) <= MAX_RESULT_WORDS


def assemble_solution(
    fields: Fields, question: str, *, solution: str, labels: Labels, found: Mapping[str, object] | None = None
) -> Trajectory:
    """Return the trajectory of a solution without a thought, which becomes the answer.

    Raises `BadInput` if the question is empty or the solution is a bare result.
    """
    if is_bare_result(solution):
        raise fields.bad(f"no thought, and the answer {solution.strip()!a} is a bare result: nothing can be learnt")
    return _assemble(fields, question, marked=MarkedText("", solution.strip()), labels=labels, found=found or {})


def assemble(
    fields: Fields, question: str, *, marked: MarkedText, labels: Labels, found: Mapping[str, object]
) -> Trajectory:
    """Return the trajectory; untaken fields, what was `found` and text before the thought become metadata.

    If the record does not say whether the thought finished: it did if it was closed.
    Raises `BadInput` if question or thought is empty.
    """
    if question.strip() and not marked.thought.strip():
        raise fields.bad("the thought is empty")
    return _assemble(fields, question, marked=marked, labels=labels, found=found)


def _assemble(
    fields: Fields, question: str, *, marked: MarkedText, labels: Labels, found: Mapping[str, object]
) -> Trajectory:
    if not question.strip():
        raise fields.bad("the question is empty")
    before = {"before_thought": marked.before} if marked.before else {}
    return Trajectory(
        question=question,
        thought=marked.thought,
        answer=marked.answer,
        gold=labels.gold,
        outcome=labels.outcome,
        finished=marked.closed if labels.finished is None else labels.finished,
        source=labels.source,
        model=labels.model,
        metadata=fields.metadata({**before, **found}),
    )
